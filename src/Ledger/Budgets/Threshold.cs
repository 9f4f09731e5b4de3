using Ledger.Money;

namespace Ledger.Budgets;

/// <summary>What a threshold is held against.</summary>
public enum Basis
{
    /// <summary>What was spent.</summary>
    Actual,

    /// <summary>What will have been spent at the period's end.</summary>
    Forecast,
}

/// <summary>A line that spend must not cross unseen: in percent of the limit, or in dollars.</summary>
/// <param name="Basis">Spend, or forecast.</param>
/// <param name="Percent">1 to 1,000; null when it is in dollars.</param>
/// <param name="Amount">Dollars; null when it is in percent.</param>
public sealed record Threshold(Basis Basis, int? Percent, Usd? Amount)
{
    /// <summary>Spend at 50, 80 and 100 %, forecast at 100 %.</summary>
    public static IReadOnlyList<Threshold> Defaults { get; } = [new(Basis.Actual, 50, null), new(Basis.Actual, 80, null), new(Basis.Actual, 100, null), new(Basis.Forecast, 100, null)];

    /// <summary>
    /// In dollars under a limit; a percentage is rounded up to a tick, so that it is never crossed early. A raised limit may take it beyond
    /// what this program counts: nothing is ever spent that reaches that.
    /// </summary>
    public Usd Under(Usd limit) => Amount ?? new((long)Int128.Min(long.MaxValue, (((Int128)limit.Ticks * Percent!.Value) + 99) / 100));

    /// <summary><c>80%</c>, <c>$25.00</c>, <c>forecast 100%</c>.</summary>
    public override string ToString() => (Basis == Basis.Forecast ? "forecast " : "") + (Percent is { } p ? $"{p}%" : $"${Amount}");
}
