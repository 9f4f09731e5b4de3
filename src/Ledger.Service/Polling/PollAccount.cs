using Ledger.Accounts;
using Ledger.Missions;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Marten;
using Wolverine;
using Wolverine.Attributes;
using Wolverine.ErrorHandling;
using Wolverine.Runtime.Handlers;

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

    /// <summary>It was connected: 90 days, the newest first.</summary>
    Connect,

    /// <summary>Old hours with edges are read more finely.</summary>
    Refine,

    /// <summary>The monthly reading of all that connecting reads.</summary>
    Monthly,
}

/// <summary>Reads one stretch of an account, and goes on with another one if more is to be read. Messages of one account are handled one at a time, on any node.</summary>
/// <param name="Account">Account id.</param>
/// <param name="Reason">Why.</param>
/// <param name="Sent">When it was asked for. What was read since then is not read again.</param>
/// <param name="Bookmark">The bookmark's own instant, where one asks: the reading counts as taken there when it is answered soon enough.</param>
/// <param name="HoursMax">Longest stretch to ask for at once, after an answer was cut off; null: as usual.</param>
/// <param name="Since">From where a sync reads; null: 35 days.</param>
/// <param name="ReadTo">Back to where such a sync has read. What was read longer ago than is remembered would be asked for without end.</param>
[MessageIdentity("poll-account.v1")]
public sealed record PollAccount(
    string Account, PollReason Reason, DateTimeOffset Sent, DateTimeOffset? Bookmark = null, int? HoursMax = null, DateTimeOffset? Since = null, DateTimeOffset? ReadTo = null);

public static class PollAccountHandler
{
    private const int executionSecondsMax = 50;

    /// <summary>For so long a sync that reads far back goes on by itself after the provider could not be reached.</summary>
    private static readonly TimeSpan goesOnFor = TimeSpan.FromDays(1);

    /// <summary>A poll that fails is noted at its account and comes again when the sweep says so. Only one that lost a race is made again at once.</summary>
    public static void Configure(HandlerChain chain)
    {
        chain.ExecutionTimeoutInSeconds = executionSecondsMax;
        chain.OnException<Exception>(DatabaseErrors.IsConflict).RetryOnce().Then.Discard();
        chain.OnAnyException().Discard();
    }

    public static async Task<OutgoingMessages> Handle(PollAccount message, IDocumentSession session, AccountReader reader, EdgeReader edges, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (await session.LoadAsync<Account>(Account.StreamOf(message.Account), ct) is not { Removed: false, Credential: not null } account) return [];
        var source = await session.SourceOf(account.Id, ct);
        if (PollPlan.Next(message, account, source, options.BackfillDays, clock.GetUtcNow()) is not { } stretch) return [];

        AccountReadings read;
        try
        {
            read = await reader.Read(session, account, source, message, stretch, ct);
        }
        catch (ProviderException e)
        {
            return await Failed(e);
        }
        if (read.Readings.Count == 0) return [message with { HoursMax = read.HoursAtOnce }];
        if (read.IsTooLarge && PollPlan.Shorter(stretch) is { } shorter) return [message with { HoursMax = shorter }];

        var isNewest = PollPlan.Reaches(stretch, read.Asked);
        var counted = isNewest && message.Reason != PollReason.Connect
            ? BookmarkReading.CountsAt(await session.Edges(message, read.Answered - options.BookmarkReach, ct), read.Asked, read.Answered, source.CountedBefore(read.Asked), options.BookmarkReach)
            : null;
        var now = clock.GetUtcNow();
        RecordedReading? recorded;
        try
        {
            recorded = await session.Record(source, read, new(message, counted), edges, now.ToMicroseconds(), ct);
        }
        catch (ProviderException e)
        {
            return await Failed(e);
        }
        if (recorded is not var (after, left)) return [];
        if (message.Since is not null) message = message with { ReadTo = read.Readings.Min(r => r.Covers.Start) };
        var isDone = PollPlan.Next(message, account, after, options.BackfillDays, now) is null;
        // Once after each connection, and once after a version that did not split anything.
        var looksForEdges = isDone && after.EdgesLookedFor != account.ConnectedAt && account.FinestSeconds < account.BucketSeconds;
        session.Store((looksForEdges ? after with { EdgesLookedFor = account.ConnectedAt } : after).Read(read, message, account, isNewest, isDone, options, now));
        var messages = new OutgoingMessages();
        if (!isDone) messages.Add(message with { HoursMax = read.HoursAtOnce ?? PollPlan.Longer(message.HoursMax) });
        if (looksForEdges) messages.Add(new RefineEdges(account.Id, now.AddDays(-RefineEdges.DaysMax).FloorToHour(), now));
        else if (left is { } hours && message.Reason != PollReason.Connect) messages.Add(new RefineEdges(account.Id, hours.Start, hours.End));
        return messages;

        async Task<OutgoingMessages> Failed(ProviderException e)
        {
            var now = clock.GetUtcNow();
            var failed = await session.Failed(source, e, options.PollEvery, now, ct);
            var later = new OutgoingMessages();
            if (message.Since is not null && e.Kind is (FailureKind.Unreachable or FailureKind.RateLimited) && now - message.Sent < goesOnFor) later.Schedule(message, failed.NextDue!.Value);
            return later;
        }
    }

    /// <summary>The edges that a reading may count at: that of the bookmark that asked for it, and those that missions have had since.</summary>
    private static async Task<IReadOnlyList<DateTimeOffset>> Edges(this IQuerySession session, PollAccount message, DateTimeOffset since, CancellationToken ct)
    {
        const int missionsMax = 1_000;
        var missions = await session.Query<Mission>().Where(m => m.LastEdge >= since && !m.Cancelled).OrderByDescending(m => m.LastEdge).Take(missionsMax).ToListAsync(ct);
        var edges = missions.SelectMany(m => m.Windows).SelectMany(w => w.End is { } end ? new[] { w.Start, end } : [w.Start]);
        return [.. message.Bookmark is { } bookmark ? edges.Append(bookmark) : edges];
    }

    /// <summary>When the last reading of the running hour, or of the one before, counts as asked.</summary>
    private static DateTimeOffset? CountedBefore(this Source source, DateTimeOffset asked)
    {
        var recent = new Interval(asked.FloorToHour().AddHours(-1), asked.FloorToHour().AddHours(1));
        return source.Covered.Of(recent).Select(c => (DateTimeOffset?)c.Asked).Max();
    }
}
