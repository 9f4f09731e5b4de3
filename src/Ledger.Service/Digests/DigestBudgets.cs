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

    /// <summary>The worst: over, past a warning, unknown, fine; within each by how much of the limit is spent. A budget of days is told by its worst day.</summary>
    /// <param name="standings">Where budgets stood.</param>
    /// <param name="days">Where budgets of days stood at the ends of the week's days.</param>
    /// <param name="nameOf">The name of an id; null: it is called by its id.</param>
    public static IReadOnlyList<DigestBudget> Worst(IEnumerable<BudgetStanding> standings, IEnumerable<BudgetStanding> days, Func<Scope, string?> nameOf)
    {
        var ofWeek = days.ToLookup(d => (d.Budget.Id, d.Period));
        return
        [
            .. standings.Where(Runs).Select(s => (Last: s, Days: ofWeek[(s.Budget.Id, s.Period)].Where(d => d.Window != s.Window).Append(s).ToArray()))
                .Select(s => (Standing: s.Days.MaxBy(d => d.State?.Permille ?? -1)!, Over: s.Days.Length > 1 ? s.Days.Count(d => d.State?.State == "over") : default(int?)))
                .OrderByDescending(s => s.Standing.State?.Permille ?? 0).ThenBy(s => s.Standing.Budget.Name, StringComparer.Ordinal).Take(Max)
                // Stable: within a state they stay in that order.
                .OrderBy(s => s.Standing.State?.State switch { "over" => 0, "warn" => 1, null => 2, _ => 3 })
                .Select(s => Shown(s.Standing, s.Over, nameOf)),
        ];
    }

    /// <summary>A stretch of time that is over, or has not begun, is no news.</summary>
    private static bool Runs(BudgetStanding standing) => standing.Window is { } window && (standing.Period == "life" || window.Contains(standing.At));

    private static DigestBudget Shown(BudgetStanding s, int? daysOver, Func<Scope, string?> nameOf) => new(
        s.Budget.Name, Wording.Scope(s.Budget.Scope.ToString(), nameOf), s.Period, s.Window!.Value, s.Budget.LimitAt(s.Period, s.At) ?? Usd.Zero, s.State?.Spent,
        s.State?.Forecast ?? new Forecast(null, null, null, null, null, s.Why), s.State?.State ?? "unknown", daysOver, s.Budget.Zone);
}
