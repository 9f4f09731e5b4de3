using Ledger.Budgets;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Budgets;

/// <summary>A budget as it is answered, each of its periods with where it stands.</summary>
internal sealed record BudgetBody(
    string Id, string Name, string Scope, string ScopeName, string Zone, string WeekStart, IReadOnlyList<string> Thresholds, IReadOnlyList<string> Recipients, IReadOnlyList<string> Channels,
    bool Closed, DateTimeOffset SetAt, IReadOnlyList<PeriodBody> Periods);

/// <summary>A period of a budget.</summary>
/// <param name="Period">As the budget writes it.</param>
/// <param name="Window">The window it is in; null: it has none now.</param>
/// <param name="Limit">The limit that counts now.</param>
/// <param name="SetLimit">The limit as it was set.</param>
/// <param name="RaisedUntil">While it is raised: until when.</param>
/// <param name="Spent">Null: not known.</param>
/// <param name="Percent">Spent of the limit; null: not known.</param>
/// <param name="Forecast">At the window's end.</param>
/// <param name="RunsOut">When the limit is reached at this pace; null: not in this window, or not known.</param>
/// <param name="Resets">When the next window begins; null: there is none.</param>
/// <param name="State"><c>ok</c>, <c>warn</c>, <c>over</c>, <c>unknown</c>.</param>
/// <param name="Passed">Thresholds that are passed now.</param>
internal sealed record PeriodBody(
    string Period, Interval? Window, Usd Limit, Usd SetLimit, DateTimeOffset? RaisedUntil, Usd? Spent, decimal? Percent, Forecast Forecast, DateTimeOffset? RunsOut, DateTimeOffset? Resets, string State,
    IReadOnlyList<string> Passed)
{
    /// <param name="of">Its limit as set.</param>
    /// <param name="budget">The budget.</param>
    /// <param name="window">Its window now.</param>
    /// <param name="state">Where it stands; null: not known.</param>
    /// <param name="why">Why it is not known.</param>
    /// <param name="now">Now.</param>
    public static PeriodBody Of(PeriodLimit of, Budget budget, Interval? window, BudgetState? state, string? why, DateTimeOffset now)
    {
        // Only what begins again has a reset; a stretch of its own and a mission's life don't.
        var resets = Ledger.Budgets.Period.TryParse(of.Period, out var period) && period.Kind is not (PeriodKind.Custom or PeriodKind.Life) ? window?.End : null;
        return new(
            of.Period, window, budget.LimitAt(of.Period, now) ?? of.Limit, of.Limit, budget.RaiseAt(of.Period, now)?.Until, state?.Spent, state is null ? null : state.Permille / 10m,
            state?.Forecast ?? new(null, null, null, null, null, why), state?.Forecast.Exceeds, resets, state?.State ?? "unknown",
            state is null ? [] : [.. budget.Thresholds.Where(t => state.IsCrossed(t)).Select(t => t.ToString())]);
    }
}

/// <summary>What a write to a budget answers. <c>change</c> is <c>set</c>, <c>changed</c>, <c>unchanged</c>, <c>raised</c> or <c>closed</c>.</summary>
internal sealed record BudgetAnswer(BudgetBody Budget, string Change, long? Position);
