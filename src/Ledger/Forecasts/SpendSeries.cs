using Ledger.Money;

namespace Ledger.Forecasts;

/// <summary>Spend of buckets that start in one UTC hour.</summary>
/// <param name="Start">The hour.</param>
/// <param name="Billed">Billed in it so far.</param>
public readonly record struct HourSpend(DateTimeOffset Start, Usd Billed);

/// <summary>Spend of one UTC day.</summary>
/// <param name="Day">The day.</param>
/// <param name="Billed">Billed in it.</param>
public readonly record struct DaySpend(DateOnly Day, Usd Billed);

/// <summary>The recent spend of a scope.</summary>
/// <param name="Hours">Hours of the last seven days that hold spend, ascending.</param>
/// <param name="Days">Of the last 35 whole UTC days before the day of <paramref name="Through"/>, those that hold spend, ascending.</param>
/// <param name="First">Start of its first bucket ever; null: none.</param>
/// <param name="Through">How far the data reaches; null: nothing was read.</param>
public sealed record SpendSeries(IReadOnlyList<HourSpend> Hours, IReadOnlyList<DaySpend> Days, DateTimeOffset? First, DateTimeOffset? Through)
{
    /// <summary>Nothing known.</summary>
    public static SpendSeries Empty { get; } = new([], [], null, null);

    /// <summary>
    /// Spent in the stretch of that length that ends where the data ends. An hour that the stretch begins in counts by the part of it that
    /// lies inside; the hour the data ends in is as long as it has been.
    /// </summary>
    public Usd Last(TimeSpan back)
    {
        if (Through is not { } through) return Usd.Zero;
        var stretch = new Interval(through - back, through);
        Int128 ticks = 0;
        foreach (var (start, billed) in Hours)
        {
            var hour = new Interval(start, start.AddHours(1) < through ? start.AddHours(1) : through);
            var inside = hour.And(stretch);
            if (!inside.IsEmpty) ticks += (Int128)billed.Ticks * inside.Length.Ticks / hour.Length.Ticks;
        }
        return new(checked((long)ticks));
    }

    /// <summary>How long it has been spending, as far as the data reaches.</summary>
    public TimeSpan Observed => First is { } first && Through is { } through && through > first ? through - first : TimeSpan.Zero;
}
