using NodaTime;

namespace Ledger.Service.Spend;

/// <summary>The time zone whose days spend is added up by.</summary>
/// <param name="Name">An IANA name.</param>
public sealed record TeamZone(string Name)
{
    /// <summary>Where nobody said which.</summary>
    public static TeamZone Utc { get; } = new("UTC");

    private readonly DateTimeZone zone = DateTimeZoneProviders.Tzdb[Name];

    public DateOnly DayOf(DateTimeOffset at) => Instant.FromDateTimeOffset(at).InZone(zone).Date.ToDateOnly();

    /// <summary>The day's first instant.</summary>
    public DateTimeOffset StartOf(DateOnly day) => zone.AtStartOfDay(LocalDate.FromDateOnly(day)).ToInstant().ToDateTimeOffset();

    /// <summary>Whether days are those of UTC.</summary>
    public bool IsUtc { get; } = DateTimeZoneProviders.Tzdb[Name] is { MinOffset: var least, MaxOffset: var most } && least == Offset.Zero && most == Offset.Zero;

    /// <summary>Whether another zone's days are these.</summary>
    public bool HasDaysOf(TeamZone other) => other.Name == Name || (other.IsUtc && IsUtc);

    /// <summary>How far the hours of its clock are from those of UTC in a window, at most; zero where they begin together.</summary>
    public TimeSpan OffTheHour(Interval window)
    {
        const int hour = 3600;
        var most = zone.GetZoneIntervals(Instant.FromDateTimeOffset(window.Start), Instant.FromDateTimeOffset(window.End))
            .Select(i => Math.Abs(i.WallOffset.Seconds) % hour).Select(s => Math.Min(s, hour - s)).DefaultIfEmpty(0).Max();
        return TimeSpan.FromSeconds(most);
    }

    /// <summary>The whole days of a window, and what lies before and after them.</summary>
    public ((DateOnly From, DateOnly Until) Days, Interval Before, Interval After) Cut(Interval window)
    {
        var first = DayOf(window.Start);
        if (StartOf(first) < window.Start) first = first.AddDays(1);
        var last = DayOf(window.End);
        return last < first
            ? ((first, first), window, new(window.End, window.End)) // inside one day
            : ((first, last), new(window.Start, StartOf(first)), new(StartOf(last), window.End));
    }
}
