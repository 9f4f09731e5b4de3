using Ledger.Budgets;
using Ledger.Forecasts;

namespace Ledger.Service.Budgets;

/// <summary>Where a period of a budget stands.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Period">As the budget writes it.</param>
/// <param name="Window">The window it is in; null: it has none.</param>
/// <param name="At">The instant it is judged at: now, or the last instant of a window that is just over.</param>
/// <param name="State">Where it stands; null: not known.</param>
/// <param name="Series">How its scope spent lately; empty when nobody asked for a forecast.</param>
/// <param name="Why">Why it is not known where it stands.</param>
public sealed record BudgetStanding(Budget Budget, string Period, Interval? Window, DateTimeOffset At, BudgetState? State, SpendSeries Series, string? Why);

/// <summary>
/// Where budgets stand: what was spent in their windows, and where that leads. The one answer for alerts, lists, guard, metrics and digest;
/// a backtest reaches the same states while it replays (<see cref="BudgetReplay"/>). There are as many questions as there are different
/// windows and dimensions, not as there are budgets, and no standing is kept from one time to the next.
/// </summary>
public static class BudgetStandings
{
    private static readonly Forecast notAskedFor = new(null, null, null, null, null, "not asked for");

    /// <summary>Every period of some budgets, in its window at an instant; those that have none, or whose figures are not known, say why.</summary>
    public static Task<IReadOnlyList<BudgetStanding>> At(IReadOnlyCollection<Budget> budgets, IBooks books, DateTimeOffset now, CancellationToken ct) =>
        Of(
            [
                .. from budget in budgets
                   from limit in budget.Limits
                   let window = BudgetWindows.At(budget.Scope, limit.Period, budget.Zone, budget.WeekStart, books.Mission, now)
                   select new Place(budget, limit.Period, window, window is { } w ? BudgetWindows.Counted(limit.Period, w) : null, now, Forecast: true),
            ], books, now, ct);

    /// <summary>Budgets in windows that are watched. Only those that have a threshold on the forecast get one.</summary>
    public static Task<IReadOnlyList<BudgetStanding>> In(IReadOnlyCollection<BudgetWindow> windows, IBooks books, DateTimeOffset now, CancellationToken ct) =>
        Of([.. windows.Select(w => new Place(w.Budget, w.Period, w.Window, w.Counted, w.At, w.Budget.Thresholds.Any(t => t.Basis == Basis.Forecast)))], books, now, ct);

    private static async Task<IReadOnlyList<BudgetStanding>> Of(IReadOnlyList<Place> places, IBooks books, DateTimeOffset now, CancellationToken ct)
    {
        if (places.Count == 0) return [];
        var sums = await books.Sums([.. places.Where(p => p.Counted is not null).Select(p => (p.Budget.Scope, p.Counted!.Value))], ct);
        var series = await books.Series(places.Where(p => p.Forecast).Select(p => p.Budget.Scope), now, ct);
        return [.. places.Select(Stand)];

        BudgetStanding Stand(Place at)
        {
            var scope = at.Budget.Scope;
            var recent = series.GetValueOrDefault(scope) ?? SpendSeries.Empty;
            var sum = at.Counted is { } counted ? sums.GetValueOrDefault((scope, counted)) : default;
            // What was spent is known even when another account was never read; that nothing was spent is not.
            var why = at.Window is null ? BudgetWindows.WhyNone(at.Budget, at.Period) : sum == default ? books.Reach(scope).Why : null;
            if (why is not null || at.Window is not { } window || at.Budget.LimitAt(at.Period, at.At) is not { } limit)
                return new(at.Budget, at.Period, at.Window, at.At, null, recent, why);
            var forecast = at.Forecast ? Forecasting.Of(recent, window, sum.Spent, limit) : notAskedFor;
            return new(at.Budget, at.Period, window, at.At, new(at.Budget, at.Period, window, limit, sum.Spent, sum.History, forecast), recent, null);
        }
    }

    /// <param name="Budget">The budget.</param>
    /// <param name="Period">As the budget writes it.</param>
    /// <param name="Window">The window people are told; null: there is none.</param>
    /// <param name="Counted">The buckets that are added up.</param>
    /// <param name="At">The instant it is judged at.</param>
    /// <param name="Forecast">Whether somebody wants to know where it leads.</param>
    private readonly record struct Place(Budget Budget, string Period, Interval? Window, Interval? Counted, DateTimeOffset At, bool Forecast);
}
