using Ledger.Alerts;
using Ledger.Forecasts;
using Ledger.Money;

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
    /// <summary>Back on the safe side means below by this part of the limit, so that a cent to and fro is no news.</summary>
    public const int ClearPercent = 5;

    /// <summary>Spent of the limit, in thousandths, rounded down: 999 is not yet all of it.</summary>
    public long Permille => (long)((Int128)Spent.Ticks * 1000 / Limit.Ticks);

    /// <summary><c>over</c> from the limit on; <c>warn</c> from 80 % of it or when the forecast passes it; else <c>ok</c>. Whatever its thresholds.</summary>
    public string State => Spent >= Limit ? "over" : IsNearLimit || Forecast.Expected > Limit ? "warn" : "ok";

    /// <summary>Four fifths of the limit are spent.</summary>
    public bool IsNearLimit => (Int128)Spent.Ticks * 10 >= (Int128)Limit.Ticks * 8;

    /// <summary>All thresholds that are crossed now and were not crossed by history alone, in rising order of what they mean.</summary>
    /// <param name="now">Now.</param>
    /// <param name="isNews">Whether history that passed a threshold came in after it was summed up; null: it never did.</param>
    public IReadOnlyList<Crossing> Crossed(DateTimeOffset now, Func<Threshold, bool>? isNews = null) =>
    [
        .. Budget.Thresholds
            .Where(t => IsCrossed(t) && (History < t.Under(Limit) || isNews?.Invoke(t) == true))
            .OrderBy(t => t.Basis == Basis.Forecast ? 0 : 1).ThenBy(t => t.Under(Limit))
            .Select(t => new Crossing(KeyOf(t, now), t, SeverityOf(t))),
    ];

    /// <summary>Clear of a threshold that was crossed.</summary>
    public bool IsClearOf(Threshold threshold)
    {
        var edge = threshold.Under(Limit) - new Usd((long)((Int128)Limit.Ticks * ClearPercent / 100));
        return Held(threshold) is { } value && value < edge;
    }

    /// <summary>Whether what the threshold is held against has reached it.</summary>
    public bool IsCrossed(Threshold threshold) => Held(threshold) is { } value && value >= threshold.Under(Limit);

    /// <summary>What makes a crossing this one: armed anew by period, raise or edit.</summary>
    public string KeyOf(Threshold threshold, DateTimeOffset now) =>
        $"budget:{Budget.Id}:{Period}:{WindowOf(Period, Window)}:{Budget.ArmingAt(Period, now)}:{(threshold.Basis == Basis.Forecast ? "forecast" : "actual")}:{(threshold.Percent is { } p ? $"{p}%" : $"${threshold.Amount}")}";

    /// <summary>Which window of its period it is. A mission has one life, also after its start was corrected.</summary>
    public static string WindowOf(string period, Interval window) => period == "life" ? "life" : window.Start.ToText();

    private Usd? Held(Threshold threshold) => threshold.Basis == Basis.Actual ? Spent : Forecast.Expected;

    private Severity SeverityOf(Threshold threshold)
    {
        if (threshold.Basis == Basis.Forecast) return Severity.Warning;
        var permille = (Int128)threshold.Under(Limit).Ticks * 1000 / Limit.Ticks;
        return permille >= 1000 ? Severity.Critical : permille >= 800 ? Severity.Warning : Severity.Info;
    }
}
