using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Storage;
using Wolverine;

namespace Ledger.Service.Missions;

/// <summary>The instant at which an edge of a mission is set, and the readings that it asks for.</summary>
/// <param name="At">Where the edge lies.</param>
/// <param name="Now">When it was said.</param>
/// <param name="IsLive">It lies at the moment in which it was said: a reading that is answered soon counts as taken there.</param>
public readonly record struct Bookmark(DateTimeOffset At, DateTimeOffset Now, bool IsLive)
{
    /// <summary>At the instant asked for, else at the one at which the client put it into its spool, else now.</summary>
    public static Bookmark Of(string? at, Caller caller, TimeProvider clock)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var given = at.ToInstant() ?? caller.BookmarkAt?.ToMicroseconds();
        return new(given ?? now, now, given is null);
    }

    /// <summary>One request for each connected account.</summary>
    public OutgoingMessages Polls(Known known)
    {
        var polls = new OutgoingMessages();
        foreach (var account in known.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Id, StringComparer.Ordinal))
            polls.Add(new PollAccount(account.Id, PollReason.Bookmark, Now, IsLive ? At : null));
        return polls;
    }
}
