using Ledger.Money;

namespace Ledger.Forecasts;

/// <summary>Whether an agent spends unlike itself.</summary>
public static class Anomalies
{
    /// <summary>So many times what is usual is unusual.</summary>
    public const int Times = 2;

    /// <summary>Less than this in an hour is never worth a word.</summary>
    public static readonly Usd Floor = Usd.FromCents(100);

    /// <summary>So many days are a past that says what is usual.</summary>
    public const int Days = 7;

    /// <summary>On so many of them something must have been spent: who works once a week has no usual hour.</summary>
    private const int daysWithSpendMin = 5;

    /// <summary>
    /// Holds an hour against the same hour of the last seven days and of the same weekday of the last four weeks; the higher of both means
    /// is what is usual. Null with less than a week of past, or with spend on fewer than five of its days: nobody knows what is usual yet.
    /// </summary>
    /// <param name="spent">Spent in the hour so far.</param>
    /// <param name="hour">Start of the hour.</param>
    /// <param name="sameHours">The same hour of day on earlier days, those with spend; older than 28 days count for nothing.</param>
    /// <param name="first">Start of the agent's first bucket ever.</param>
    /// <param name="daysWithSpend">On how many of the seven days before that of the hour the agent spent anything.</param>
    public static (Usd Usual, bool IsAnomalous)? Judge(Usd spent, DateTimeOffset hour, IReadOnlyList<HourSpend> sameHours, DateTimeOffset? first, int daysWithSpend)
    {
        if (first is not { } begun || hour - begun < TimeSpan.FromDays(Days) || daysWithSpend < daysWithSpendMin) return null;
        Int128 week = 0, weekday = 0;
        foreach (var (start, billed) in sameHours)
        {
            var days = (hour - start).Days;
            if (days is >= 1 and <= 7) week += billed.Ticks;
            if (days is >= 7 and <= 28 && days % 7 == 0) weekday += billed.Ticks;
        }
        var weeks = Math.Min(4, (hour - begun).Days / 7);
        var usual = new Usd((long)Int128.Max(week / 7, weekday / weeks));
        return (usual, spent >= Floor && (Int128)spent.Ticks >= (Int128)usual.Ticks * Times);
    }

    /// <summary>Once a day for an agent.</summary>
    public static string KeyOf(string agent, DateTimeOffset hour) => $"anomaly:{agent}:{hour.UtcDateTime:yyyy-MM-dd}";
}
