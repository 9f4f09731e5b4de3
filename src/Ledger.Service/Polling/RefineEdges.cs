using Ledger.Accounts;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Marten;
using Wolverine;
using Wolverine.Attributes;
using Wolverine.ErrorHandling;
using Wolverine.Runtime.Handlers;

namespace Ledger.Service.Polling;

/// <summary>Reads hours with edges that regular readings don't reach any more, the newest first, some at a time, until each was answered once.</summary>
/// <param name="Account">Account id.</param>
/// <param name="From">Edges from here on.</param>
/// <param name="Until">Edges before this.</param>
/// <param name="Turn">How often it went on.</param>
/// <param name="HoursMax">Most hours at once, after answers were cut off; null: as usual.</param>
[MessageIdentity("refine-edges.v1")]
public sealed record RefineEdges(string Account, DateTimeOffset From, DateTimeOffset Until, int Turn = 0, int? HoursMax = null)
{
    /// <summary>How far back edges are read more finely: as far as connecting reads.</summary>
    public const int DaysMax = 90;

    /// <summary>What regular readings don't see of the edges that events made.</summary>
    public static Interval? Missed(IEnumerable<object> events, DateTimeOffset now)
    {
        var regular = PollPlan.RegularDays(now).Start;
        DateTimeOffset[] edges = [.. events.SelectMany(EdgesOf).Where(e => e < regular)];
        return edges.Length == 0 ? null : new(edges.Min().FloorToHour(), edges.Max().FloorToHour().AddHours(1));

        // Who works on a mission changes its edges wherever they are.
        IEnumerable<DateTimeOffset> EdgesOf(object happened) => happened switch
        {
            MissionStarted e => [e.Start],
            MissionEnded e => [e.End],
            MissionReopened e => [e.Start],
            MissionWindowCorrected e => new[] { e.Start, e.End }.OfType<DateTimeOffset>(),
            MissionEdited { Agents: not null } => [now.AddDays(-DaysMax), regular.AddTicks(-TimeSpan.TicksPerMicrosecond)],
            KeyAssigned { From: { } from } => [from],
            _ => [],
        };
    }
}

public static class RefineEdgesHandler
{
    private const int executionSecondsMax = 50;
    private const int hoursAtOnce = 20;
    private const int turnsMax = 1_000;

    private static readonly TimeSpan atOnce = TimeSpan.FromDays(7);

    public static void Configure(HandlerChain chain)
    {
        chain.ExecutionTimeoutInSeconds = executionSecondsMax;
        chain.OnException<Exception>(DatabaseErrors.IsConflict).RetryOnce().Then.Requeue(5);
    }

    public static async Task<OutgoingMessages> Handle(RefineEdges message, IDocumentSession session, AccountReader reader, EdgeReader edges, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var messages = new OutgoingMessages();
        if (message.Turn > turnsMax || await session.LoadAsync<Account>(Account.StreamOf(message.Account), ct) is not { Removed: false, Credential: not null } account || account.FinestSeconds >= account.BucketSeconds) return messages;
        var source = await session.SourceOf(account.Id, ct);
        var now = clock.GetUtcNow();
        if (source.IsBackingOff(now))
        {
            messages.Schedule(message, source.NextDue!.Value);
            return messages;
        }
        if (await session.HoursToRefine(account, source, message, now, ct) is not { Count: > 0 } hours) return messages;
        var again = message with { Until = hours.Max().AddHours(1), Turn = message.Turn + 1 };
        try
        {
            var poll = new PollAccount(account.Id, PollReason.Refine, now);
            var read = await reader.Read(session, account, source, poll, new(hours.Min(), hours.Max().AddHours(1)), ct);
            if (read.Readings.Count == 0) return [Fewer()];
            if (await session.Record(source, read, new(poll, null), edges, now.ToMicroseconds(), ct) is not { } recorded) return [];
            session.Store(recorded.Source);
            messages.Add(again);
        }
        catch (ProviderException e) when (e.Kind == FailureKind.Contract)
        {
            // What is said of an old hour is no trouble of the account.
            messages.Add(Fewer());
        }
        catch (ProviderException e)
        {
            messages.Schedule(again, (await session.Failed(source, e, options.PollEvery, now, ct)).NextDue!.Value);
        }
        return messages;

        // Even the hours are cut off: one alone, and what can't be read so is left.
        RefineEdges Fewer() => hours.Count > 1 ? again with { HoursMax = 1 } : again with { Until = hours[0] };
    }

    /// <summary>Hours with an edge that are held whole, or with a minute that is, and that may be asked for; the newest of them, within a week.</summary>
    private static async Task<IReadOnlyList<DateTimeOffset>> HoursToRefine(this IDocumentSession session, Account account, Source source, RefineEdges message, DateTimeOffset now, CancellationToken ct)
    {
        var (missions, keys) = await session.EdgeMakers(account.Id, message.From, ct);
        var edges = Edges.Of(missions, keys, new(message.From, message.Until < now ? message.Until : now)).Where(e => e != e.FloorToHour()).OrderDescending().ToList();
        while (edges.Count > 0)
        {
            var week = edges.TakeWhile(e => edges[0] - e < atOnce).ToList();
            edges.RemoveRange(0, week.Count);
            var days = await session.LoadManyAsync<HeldDay>(ct, [.. week.Select(e => HeldDay.IdOf(account.Id, HeldDay.DayOf(e))).Distinct(StringComparer.Ordinal)]);
            var held = days.SelectMany(d => d.Lines()).Where(l => l.Total != Usd.Zero).ToLookup(l => l.Name.Start.FloorToHour());
            DateTimeOffset[] hours = [.. week.Where(e => Lacks(held[e.FloorToHour()], e)).Select(e => e.FloorToHour()).Distinct().Take(message.HoursMax ?? hoursAtOnce)];
            if (hours.Length > 0) return hours;
        }
        return [];

        bool Lacks(IEnumerable<HeldLine> hour, DateTimeOffset edge)
        {
            var lines = hour.ToArray();
            if (lines.Any(l => l.Name.Seconds == account.BucketSeconds)) return source.MayAsk(account, edge.FloorToHour(), 60, now) || source.MayAsk(account, edge.FloorToHour(), 900, now);
            return edge != edge.FloorToMinute() && lines.Any(l => l.Name.Seconds == 60 && l.Name.Start == edge.FloorToMinute()) && source.MayAsk(account, edge.FloorToMinute(), 1, now);
        }
    }
}
