using Wolverine.Attributes;

namespace Ledger.Service.Polling;

/// <summary>Why an account is read; how much is read follows from it.</summary>
public enum PollReason
{
    /// <summary>Its turn has come.</summary>
    Due,

    /// <summary>The daily reading of 35 days.</summary>
    Reread,

    /// <summary>A bookmark asks for a reading at its edge.</summary>
    Bookmark,

    /// <summary>Somebody asked for it.</summary>
    Sync,
}

/// <summary>Reads one stretch of an account. Messages of one account are handled one at a time, on any node.</summary>
/// <param name="Account">Account id.</param>
/// <param name="Reason">Why.</param>
/// <param name="Sent">When it was asked for.</param>
/// <param name="Bookmark">The bookmark's own instant, where one asks: the reading counts as taken there when it is answered soon enough.</param>
[MessageIdentity("poll-account.v1")]
public sealed record PollAccount(string Account, PollReason Reason, DateTimeOffset Sent, DateTimeOffset? Bookmark = null);
