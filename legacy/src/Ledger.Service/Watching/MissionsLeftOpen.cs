using Ledger.Budgets;
using Ledger.Missions;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Missions that are open and that nobody seems to work on: they go on taking their agents' spend.</summary>
internal static class MissionsLeftOpen
{
    /// <summary>Open this long, it is asked about whatever it spends.</summary>
    public static readonly TimeSpan AtTheLatest = TimeSpan.FromDays(7);

    private static readonly TimeSpan atTheSoonest = TimeSpan.FromHours(24);
    private static readonly TimeSpan quiet = TimeSpan.FromHours(12);
    private const int missionsMax = 1_000;

    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Of(Look look, CancellationToken ct)
    {
        var open = look.Books.Ask(d => d.Missions.Values.Where(m => m.State == MissionState.Open && look.Now - m.Windows[^1].Start >= atTheSoonest)
            .OrderBy(m => m.Windows[^1].Start).Take(missionsMax).Select(m => (Mission: m, Known: d.OwnedAnyKey(m))).ToArray());
        if (open.Length == 0) return [];
        var told = await look.Views.KnownKeys([.. open.Select(o => KeyOf(o.Mission))], ct);
        open = [.. open.Where(o => !told.Contains(KeyOf(o.Mission)))];
        if (open.Length == 0) return [];
        var ids = open.Select(o => o.Mission.Id).ToArray();
        var last = await look.Views.LastSpend(ScopeKind.Mission, ids, ct);
        // Quiet is what the data says; where there is none, nobody knows.
        var through = look.Through(ScopeKind.Everything, "");
        var left = open.Where(o => look.Now - o.Mission.Windows[^1].Start >= AtTheLatest
            || (through is { } end && end - o.Mission.Windows[^1].Start >= quiet && (!last.TryGetValue(o.Mission.Id, out var start) || end - start.AddHours(1) >= quiet))).ToArray();
        if (left.Length == 0) return [];
        var billed = await look.Views.Sums(ScopeKind.Mission, [.. left.Select(o => o.Mission.Id)], Interval.Always, look.Connected, ct);
        return
        [
            .. left.Select(o => (IReadOnlyList<Finding>)
            [
                new(new MissionLeftOpen(
                    Alert.IdOf(KeyOf(o.Mission)), KeyOf(o.Mission), Severity.Warning, o.Mission.Id, o.Mission.Title, o.Mission.Ref, o.Mission.Agents, o.Mission.Windows[^1].Start,
                    o.Known ? billed.GetValueOrDefault(o.Mission.Id).Spent : null, look.Now.ToMicroseconds())),
            ]),
        ];
    }

    /// <summary>Once per window: a mission that was reopened can be forgotten again.</summary>
    private static string KeyOf(Mission mission) => $"left-open:{mission.Id}:{mission.Windows[^1].Start.ToText()}";
}
