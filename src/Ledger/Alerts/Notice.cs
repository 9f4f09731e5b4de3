using Ledger.Budgets;

namespace Ledger.Alerts;

/// <summary>What people are told of as one thing: an alert, and those that say less of the same budget and period, or of the same credit.</summary>
/// <param name="Alert">The worst.</param>
/// <param name="Also">The others, worst first.</param>
public sealed record Notice(IAlert Alert, IReadOnlyList<IAlert> Also)
{
    /// <summary>All its alerts.</summary>
    public IEnumerable<IAlert> All => [Alert, .. Also];

    /// <summary>Alerts of one pass as notices, worst first.</summary>
    public static IReadOnlyList<Notice> Of(IEnumerable<IAlert> alerts) =>
    [
        .. alerts.GroupBy(Subject, StringComparer.Ordinal)
            .Select(g => g.OrderByDescending(a => a.Severity).ThenByDescending(Reach).ThenBy(a => a.Key, StringComparer.Ordinal).ToArray())
            .Select(g => new Notice(g[0], g[1..]))
            .OrderByDescending(n => n.Alert.Severity).ThenBy(n => Rank(n.Alert)).ThenByDescending(n => Reach(n.Alert)).ThenBy(n => n.Alert.Key, StringComparer.Ordinal),
    ];

    /// <summary>The alerts and recoveries among events.</summary>
    public static (IReadOnlyList<Notice> Notices, IReadOnlyList<IRecovery> Recoveries) Among(IEnumerable<ILedgerEvent> raised)
    {
        var all = raised as IReadOnlyCollection<ILedgerEvent> ?? [.. raised];
        return (Of(all.OfType<IAlert>()), [.. all.OfType<IRecovery>().OrderBy(r => r.Alert, StringComparer.Ordinal)]);
    }

    private static string Subject(IAlert alert) => alert switch
    {
        BudgetThresholdCrossed e => $"budget:{e.Budget}:{e.Period}:{e.Window.Start.ToText()}",
        RunwayShort e => $"runway:{e.Account}",
        _ => alert.Key,
    };

    /// <summary>Among equally bad ones: what stops everybody first.</summary>
    private static int Rank(IAlert alert) => alert switch
    {
        RunwayShort => 0,
        BudgetThresholdCrossed => 1,
        SourceStale => 2,
        SpendAnomalous => 3,
        LargeRestatement => 4,
        KeyShared => 5,
        MissionLeftOpen => 6,
        _ => 7,
    };

    /// <summary>Among equals of a kind: how far gone. What was spent tells more than what is forecast.</summary>
    private static long Reach(IAlert alert) => alert switch
    {
        BudgetThresholdCrossed e => (e.Threshold.Basis == Basis.Actual ? 1_000_000_000 : 0) + (e.Limit.Ticks > 0 ? (long)Int128.Min((Int128)e.Threshold.Under(e.Limit).Ticks * 1000 / e.Limit.Ticks, 999_999_999) : 0),
        RunwayShort { Circumstances.Runway.RunsOut: { } end } => -end.UtcTicks,
        SpendAnomalous e => e.Spent.Ticks,
        LargeRestatement e => e.Moved.Ticks == long.MinValue ? long.MaxValue : Math.Abs(e.Moved.Ticks),
        KeyShared e => e.Shared.Amount.Ticks,
        _ => 0,
    };
}
