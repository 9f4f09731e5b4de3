using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Budgets;

namespace Ledger.Service.Digests;

/// <summary>The budgets that a digest shows.</summary>
public static class DigestBudgets
{
    /// <summary>Most of them.</summary>
    public const int Max = 30;

    /// <summary>The worst: over, past a warning, unknown, fine; within each by how much of the limit is spent.</summary>
    /// <param name="standings">Where budgets stood.</param>
    /// <param name="nameOf">The name of an id; null: it is called by its id.</param>
    public static IReadOnlyList<DigestBudget> Worst(IEnumerable<BudgetStanding> standings, Func<Scope, string?> nameOf) =>
    [
        .. standings.Where(Runs)
            .OrderByDescending(s => s.State?.Permille ?? 0).ThenBy(s => s.Budget.Name, StringComparer.Ordinal).Take(Max)
            // Stable: within a state they stay in that order.
            .OrderBy(s => s.State?.State switch { "over" => 0, "warn" => 1, null => 2, _ => 3 })
            .Select(s => Shown(s, nameOf)),
    ];

    /// <summary>A stretch of time that is over, or has not begun, is no news.</summary>
    private static bool Runs(BudgetStanding standing) => standing.Window is { } window && (standing.Period == "life" || window.Contains(standing.At));

    private static DigestBudget Shown(BudgetStanding s, Func<Scope, string?> nameOf) => new(
        s.Budget.Name, Wording.Scope(s.Budget.Scope.ToString(), nameOf), s.Period, s.Window!.Value, s.Budget.LimitAt(s.Period, s.At) ?? Usd.Zero, s.State?.Spent,
        s.State?.Forecast ?? new Forecast(null, null, null, null, null, s.Why), s.State?.State ?? "unknown");
}
