using Ledger.Missions;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Alerts whose cause is gone although nobody had to say so: what they are about has changed since.</summary>
internal static class Moot
{
    /// <summary>The mission has ended, the key has one owner, the budget is closed, the account is no longer read.</summary>
    public static bool Is(AttributionContext now, IAlert alert) => alert switch
    {
        MissionLeftOpen e => !(now.Missions.TryGetValue(e.Mission, out var mission) && mission.State == MissionState.Open && mission.Windows[^1].Start == e.Since),
        KeyShared e => now.Keys.TryGetValue((e.Account, e.Shared.Key), out var key) && (key.Assignments.Count == 0 || key.Assignments[^1].Owners.Count < 2),
        BudgetThresholdCrossed e => now.Budgets.TryGetValue(e.Budget, out var budget) && (budget.Closed || IsCancelled(now, budget.Scope)),
        RunwayShort e => IsRemoved(now, e.Account),
        SourceStale e => IsRemoved(now, e.Account),
        _ => false,
    };

    private static bool IsRemoved(AttributionContext now, string account) => now.Accounts.TryGetValue(account, out var known) && known.Removed;

    private static bool IsCancelled(AttributionContext now, Ledger.Budgets.Scope scope) =>
        scope.Kind == Ledger.Budgets.ScopeKind.Mission && now.Missions.TryGetValue(scope.Value, out var mission) && mission.Cancelled;
}
