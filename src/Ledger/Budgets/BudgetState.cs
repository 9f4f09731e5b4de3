using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Budgets;

/// <summary>Where one period of a budget stands.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Period">Its period, as the budget writes it.</param>
/// <param name="Window">The window looked at.</param>
/// <param name="Limit">The limit that counts now.</param>
/// <param name="Spent">Spent in the window.</param>
/// <param name="History">The part of it from before its accounts were connected: nobody is alerted of that.</param>
/// <param name="Forecast">At the window's end.</param>
public sealed record BudgetState(Budget Budget, string Period, Interval Window, Usd Limit, Usd Spent, Usd History, Forecast Forecast)
{
    /// <summary>Spent of the limit, in thousandths, rounded down: 999 is not yet all of it.</summary>
    public long Permille => (long)((Int128)Spent.Ticks * 1000 / Limit.Ticks);

    /// <summary><c>ok</c>; <c>warn</c> when a threshold is crossed; <c>over</c> at the limit.</summary>
    public string State => Spent >= Limit ? "over" : Budget.Thresholds.Any(t => this.IsCrossed(t)) ? "warn" : "ok";
}

/// <summary>A threshold that is crossed, and the key it is told of under, once.</summary>
/// <param name="Key">Budget, period, window, arming, basis and threshold.</param>
/// <param name="Threshold">The threshold.</param>
/// <param name="Severity">How much it matters.</param>
public sealed record Crossing(string Key, Threshold Threshold, Severity Severity);

/// <summary>When a budget says something.</summary>
public static class BudgetWatch
{
    /// <summary>Back on the safe side means below by this part of the limit, so that a cent to and fro is no news.</summary>
    public const int ClearPercent = 5;

    /// <summary>All thresholds that are crossed now and were not crossed by history alone, in rising order of what they mean.</summary>
    public static IReadOnlyList<Crossing> Crossed(BudgetState state, DateTimeOffset now) =>
    [
        .. state.Budget.Thresholds
            .Where(t => IsCrossed(state, t) && state.History < t.Under(state.Limit))
            .OrderBy(t => t.Basis == Basis.Forecast ? 0 : 1).ThenBy(t => t.Under(state.Limit))
            .Select(t => new Crossing(KeyOf(state, t, now), t, SeverityOf(state, t))),
    ];

    /// <summary>Clear of a threshold that was crossed.</summary>
    public static bool Clear(BudgetState state, Threshold threshold)
    {
        var edge = threshold.Under(state.Limit) - new Usd((long)((Int128)state.Limit.Ticks * ClearPercent / 100));
        return Value(state, threshold) is { } value && value < edge;
    }

    /// <summary>Whether what the threshold is held against has reached it.</summary>
    public static bool IsCrossed(BudgetState state, Threshold threshold) => Value(state, threshold) is { } value && value >= threshold.Under(state.Limit);

    /// <summary>What makes a crossing this one: armed anew by period, raise or edit.</summary>
    public static string KeyOf(BudgetState state, Threshold threshold, DateTimeOffset now) =>
        $"budget:{state.Budget.Id}:{state.Period}:{WindowOf(state.Period, state.Window)}:{state.Budget.ArmingAt(state.Period, now)}:{(threshold.Basis == Basis.Forecast ? "forecast" : "actual")}:{(threshold.Percent is { } p ? $"{p}%" : $"${threshold.Amount}")}";

    /// <summary>Which window of its period it is. A mission has one life, also after its start was corrected.</summary>
    public static string WindowOf(string period, Interval window) => period == "life" ? "life" : window.Start.ToText();

    private static Usd? Value(BudgetState state, Threshold threshold) => threshold.Basis == Basis.Actual ? state.Spent : state.Forecast.Expected;

    private static Severity SeverityOf(BudgetState state, Threshold threshold)
    {
        if (threshold.Basis == Basis.Forecast) return Severity.Warning;
        var permille = (Int128)threshold.Under(state.Limit).Ticks * 1000 / state.Limit.Ticks;
        return permille >= 1000 ? Severity.Critical : permille >= 800 ? Severity.Warning : Severity.Info;
    }
}
