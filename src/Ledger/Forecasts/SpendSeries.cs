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

    /// <summary>What its last day comes to in an hour; with less than an hour of spend, what that hour came to.</summary>
    public Usd PerHour
    {
        get
        {
            var over = Observed < TimeSpan.FromDays(1) ? Observed : TimeSpan.FromDays(1);
            return over < TimeSpan.FromHours(1) ? Last(TimeSpan.FromHours(1)) : new((long)((Int128)Last(over).Ticks * TimeSpan.TicksPerHour / over.Ticks));
        }
    }
}

/// <summary>Adds up the recent spend of a scope, bucket by bucket: hours of the days a series looks back, nothing older.</summary>
/// <param name="firstEver">Start of the scope's first bucket ever, where that is known.</param>
/// <param name="from">Buckets from here on are added; the first bucket ever is only told where it lies before.</param>
public sealed class SpendSeriesBuilder(DateTimeOffset? firstEver, DateTimeOffset from)
{
    /// <summary>Days a series looks back; the day the data ends in is not one of them.</summary>
    public const int DaysBack = 35;

    private readonly SortedDictionary<DateTimeOffset, long> hours = [];
    private DateTimeOffset? first = firstEver < from ? firstEver : null;

    /// <summary>Adds a bucket; a negative amount takes back.</summary>
    public void Add(DateTimeOffset start, Usd billed)
    {
        var hour = start.FloorToHour();
        var sum = hours.GetValueOrDefault(hour) + billed.Ticks;
        if (sum == 0) hours.Remove(hour);
        else hours[hour] = sum;
        if (first is null || start < first) first = start;
    }

    /// <summary>The series of data that reaches so far. What is too old for it is forgotten.</summary>
    public SpendSeries At(DateTimeOffset through)
    {
        var today = new DateTimeOffset(through.UtcDateTime.Date, TimeSpan.Zero);
        var (week, past) = (through.AddDays(-7).FloorToHour(), today.AddDays(-DaysBack));
        while (hours.Count > 0 && hours.First().Key is var oldest && oldest < past) hours.Remove(oldest);
        var days = new List<DaySpend>();
        foreach (var (hour, ticks) in hours)
        {
            if (hour >= today) break;
            var day = DateOnly.FromDateTime(hour.UtcDateTime);
            if (days.Count > 0 && days[^1].Day == day) days[^1] = new(day, days[^1].Billed + new Usd(ticks));
            else days.Add(new(day, new(ticks)));
        }
        return new([.. hours.Where(h => h.Key >= week).Select(h => new HourSpend(h.Key, new(h.Value)))], [.. days.Where(d => d.Billed != Usd.Zero)], first, through);
    }
}
