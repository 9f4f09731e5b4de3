using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Missions;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>Missions that are open and that nobody seems to work on: they go on taking their agents' spend.</summary>
public static class MissionAlerts
{
    /// <summary>Open this long, it is asked about whatever it spends.</summary>
    public static readonly TimeSpan AtTheLatest = TimeSpan.FromDays(7);

    private static readonly TimeSpan atTheSoonest = TimeSpan.FromHours(24);
    private static readonly TimeSpan quiet = TimeSpan.FromHours(12);
    private const int missionsMax = 1_000;

    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Find(WatchContext context, CancellationToken ct)
    {
        var open = (await OpenSince(context.Session, context.Now - atTheSoonest, ct)).Take(missionsMax).ToArray();
        var told = await context.Session.KnownKeys(open.Select(KeyOf), ct);
        open = [.. open.Where(m => !told.Contains(KeyOf(m)))];
        if (open.Length == 0) return [];
        var last = await context.Spend.LastSpend(ScopeKind.Mission, [.. open.Select(m => m.Id)], ct);
        // Quiet is what the data says; where there is none, nobody knows.
        var through = context.Through(Scope.Everything);
        var left = open.Where(m => context.Now - m.Windows[^1].Start >= AtTheLatest
            || (through is { } end && end - m.Windows[^1].Start >= quiet && (!last.TryGetValue(m.Id, out var start) || end - start.AddHours(1) >= quiet))).ToArray();
        if (left.Length == 0) return [];
        var figures = await context.Spend.Figures([.. left.Select(m => m.Id)], ct);
        return
        [
            .. left.Select(m => (IReadOnlyList<Finding>)
            [
                new(new MissionLeftOpen(
                    Alert.IdOf(KeyOf(m)), KeyOf(m), Severity.Warning, m.Id, m.Title, m.Ref, m.Agents, m.Windows[^1].Start,
                    figures[m.Id].Billed, context.Now.ToMicroseconds())),
            ]),
        ];
    }

    /// <summary>Missions whose open window began at an instant or before, the oldest first.</summary>
    public static async Task<IEnumerable<Mission>> OpenSince(IQuerySession session, DateTimeOffset since, CancellationToken ct) =>
        (await session.Query<Mission>().Where(m => m.IsOpen).Take(Storage.Known.Max).ToListAsync(ct)).Where(m => m.Windows[^1].Start <= since).OrderBy(m => m.Windows[^1].Start);

    /// <summary>Once per window: a mission that was reopened can be forgotten again.</summary>
    private static string KeyOf(Mission mission) => $"left-open:{mission.Id}:{mission.Windows[^1].Start.ToText()}";
}
