using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Missions;
using Ledger.Service.Accounts;
using Ledger.Service.Missions;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using JasperFx.Events;
using Marten;
using Marten.Events;

namespace Ledger.Service.Digests;

/// <summary>
/// What there was at a position, besides money. At the position of the views it is what the snapshots say; the past is folded from the log,
/// so that a digest as of then says what it said then.
/// </summary>
public sealed class DigestPast
{
    private const int eventsPerPage = 1_000;
    private const int alertsMax = 1_000;
    private const int statesMax = 10_000;
    private const int balancesMax = 2_000;

    private static readonly Type[] budgetEvents = [typeof(BudgetSet), typeof(BudgetRaised), typeof(BudgetClosed)];

    /// <summary>Events after which a snapshot is no longer what it was.</summary>
    private static readonly Type[] changing =
    [
        .. budgetEvents, .. EventNames.All.Keys.Where(t => t.IsAssignableTo(typeof(IMissionEvent)) || t.IsAssignableTo(typeof(IAlert)) || t.IsAssignableTo(typeof(IRecovery))), typeof(BalanceObserved),
    ];

    private readonly IQuerySession session;
    private readonly long position;
    private readonly bool isCurrent;

    private DigestPast(IQuerySession session, long position, bool isCurrent) => (this.session, this.position, this.isCurrent) = (session, position, isCurrent);

    public static async Task<DigestPast> At(IQuerySession session, long position, CancellationToken ct) =>
        new(session, position, !await session.Events.QueryAllRawEvents().Where(e => e.Sequence > position && e.EventTypesAre(changing)).AnyAsync(ct));

    /// <summary>Budgets that were not closed.</summary>
    public async Task<IReadOnlyList<Budget>> Budgets(CancellationToken ct)
    {
        if (isCurrent) return await session.Query<Budget>().Where(b => !b.Closed).Take(Known.Max).ToListAsync(ct);
        var stood = new Dictionary<string, Budget>(StringComparer.Ordinal);
        await foreach (var e in Events(budgetEvents, 0, ct))
            if (Budget.Fold(stood.GetValueOrDefault(e.StreamKey!), (ILedgerEvent)e.Data) is { } budget) stood[e.StreamKey!] = budget;
        return [.. stood.Values.Where(b => !b.Closed)];
    }

    /// <summary>The missions that scopes name.</summary>
    public async Task<IReadOnlyDictionary<string, Mission>> MissionsOf(IEnumerable<Scope> scopes, CancellationToken ct)
    {
        if (isCurrent) return await session.MissionsOf(scopes, ct);
        var streams = scopes.Where(s => s.Kind == ScopeKind.Mission).Select(s => Mission.StreamOf(s.Value)).Distinct(StringComparer.Ordinal).ToArray();
        var stood = streams.Length == 0 ? [] : await session.MissionsAt(position, streams, ct);
        return stood.ToDictionary(m => m.Id, StringComparer.Ordinal);
    }

    /// <summary>How many missions ended in a stretch and were not open again, and how many are open.</summary>
    public async Task<(int Ended, int Open)> Missions(Interval stretch, CancellationToken ct)
    {
        var stood = isCurrent ? await session.Query<Mission>().Where(m => !m.Cancelled).Take(Known.Max).ToListAsync(ct) : await session.MissionsAt(position, null, ct);
        return (stood.Count(m => m.State == MissionState.Ended && stretch.Contains(m.Windows[^1].End!.Value)), stood.Count(m => m is { IsOpen: true, Cancelled: false } && m.Windows[0].Start < stretch.End));
    }

    /// <summary>What was left of accounts' prepaid credit. The heartbeat is not in the log, so of the past it is what the balance last said, less what readings after it added.</summary>
    public async Task<IReadOnlyDictionary<string, CreditNow>> Credits(IReadOnlyCollection<Account> accounts, SpendView view, DataAges ages, CancellationToken ct)
    {
        if (isCurrent) return await ages.Credits(accounts, view, ct);
        var credits = new Dictionary<string, CreditNow>(StringComparer.Ordinal);
        foreach (var account in accounts)
        {
            var stream = Account.StreamOf(account.Id);
            var said = await session.Events.QueryAllRawEvents().Where(e => e.StreamKey == stream && e.Sequence <= position && e.EventTypesAre(typeof(BalanceObserved)))
                .OrderByDescending(e => e.Sequence).Take(balancesMax).ToListAsync(ct);
            if (said.Reverse().Select(e => (BalanceObserved)e.Data).Aggregate(default(Credit), Credit.After) is not { } credit) continue;
            var last = said.First(e => e.Data is BalanceObserved { PrepaidLeft: not null });
            var read = ((BalanceObserved)last.Data).Answered;
            credits[account.Id] = CreditNow.From(credit, read, await view.BilledBetween(account.Id, read, last.Sequence, position, ct));
        }
        return credits;
    }

    /// <summary>Alerts that were told of in a stretch, the latest first.</summary>
    public async Task<IReadOnlyList<Alert>> Alerts(Interval stretch, CancellationToken ct)
    {
        var (start, end) = (stretch.Start, stretch.End);
        var raised = await session.Query<Alert>().Where(a => a.At >= start && a.At < end && a.ToldBy == null).OrderByDescending(a => a.At).Take(alertsMax).ToListAsync(ct);
        if (isCurrent || raised.Count == 0) return raised;
        var streams = raised.Select(a => a.Stream).ToArray();
        var stood = new Dictionary<string, Alert>(StringComparer.Ordinal);
        foreach (var e in await session.Events.QueryAllRawEvents().Where(e => e.StreamKey.IsOneOf(streams) && e.Sequence <= position).OrderBy(e => e.Sequence).ToListAsync(ct))
            if (Alert.Fold(stood.GetValueOrDefault(e.StreamKey!), (ILedgerEvent)e.Data) is { } alert) stood[e.StreamKey!] = alert;
        return [.. raised.Select(a => stood.GetValueOrDefault(a.Stream)).OfType<Alert>()];
    }

    /// <summary>Failures and recoveries of sources after a position, by account, in order.</summary>
    public async Task<ILookup<string, ILedgerEvent>> SourceStates(long after, CancellationToken ct)
    {
        var states = new List<(string Account, ILedgerEvent State)>();
        await foreach (var e in Events([typeof(PollFailed), typeof(PollRecovered)], after, ct))
        {
            states.Add(e.Data is PollFailed failed ? (failed.Account, failed) : (((PollRecovered)e.Data).Account, (ILedgerEvent)e.Data));
            if (states.Count == statesMax) break;
        }
        return states.ToLookup(s => s.Account, s => s.State, StringComparer.Ordinal);
    }

    /// <summary>Digests of weeks that were composed, by their streams.</summary>
    public static async Task<IReadOnlyDictionary<string, (DigestComposed Composed, long Position)>> Composed(IQuerySession session, string[] streams, long upTo, CancellationToken ct)
    {
        var events = await session.Events.QueryAllRawEvents().Where(e => e.StreamKey.IsOneOf(streams) && e.Version == 1 && e.Sequence <= upTo).ToListAsync(ct);
        return events.ToDictionary(e => e.StreamKey!, e => ((DigestComposed)e.Data, e.Sequence), StringComparer.Ordinal);
    }

    private async IAsyncEnumerable<IEvent> Events(Type[] types, long after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        for (var read = after; ;)
        {
            var page = await session.Events.QueryAllRawEvents().Where(e => e.Sequence > read && e.Sequence <= position && e.EventTypesAre(types)).OrderBy(e => e.Sequence).Take(eventsPerPage).ToListAsync(ct);
            foreach (var e in page)
            {
                read = e.Sequence;
                yield return e;
            }
            if (page.Count < eventsPerPage) yield break;
        }
    }
}
