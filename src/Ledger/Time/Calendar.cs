using Ledger.Budgets;
using NodaTime;
using NodaTime.TimeZones;
using Period = Ledger.Budgets.Period;

namespace Ledger;

/// <summary>Windows of periods in a time zone: half-open, in UTC, each beginning where the last one ended.</summary>
/// <remarks>Zones are those of the IANA database that NodaTime carries: the same on every machine.</remarks>
public static class Calendar
{
    private static readonly ZoneLocalMappingResolver resolver = Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <summary>Whether a text is the IANA name of a time zone.</summary>
    public static bool IsZone(string? name) => name is not null && TzdbDateTimeZoneSource.Default.CanonicalIdMap.ContainsKey(name);

    /// <summary>A zone whose clocks always show UTC: such as <c>UTC</c>, <c>Etc/UTC</c>, <c>Etc/GMT</c>.</summary>
    public static bool IsUtc(string zone) => DateTimeZoneProviders.Tzdb[zone] is var known && known.MinOffset == Offset.Zero && known.MaxOffset == Offset.Zero;

    /// <summary>The window of a period that an instant lies in. Null for a mission's life, which the mission knows, and in a zone that nobody knows.</summary>
    /// <remarks>A custom period is its one window whenever it is asked.</remarks>
    public static Interval? WindowAt(Period period, string zone, DayOfWeek weekStart, DateTimeOffset at)
    {
        if (!IsZone(zone)) return null;
        var today = DateOf(at, zone);
        var month = new DateOnly(today.Year, today.Month, 1);
        switch (period.Kind)
        {
            case PeriodKind.Day:
                return Days(today, today.AddDays(1), zone);
            case PeriodKind.Week:
                var first = today.AddDays(-(((int)today.DayOfWeek - (int)weekStart + 7) % 7));
                return Days(first, first.AddDays(7), zone);
            case PeriodKind.Month:
                return Days(month, month.AddMonths(1), zone);
            case PeriodKind.Quarter:
                var quarter = month.AddMonths(-((month.Month - 1) % 3));
                return Days(quarter, quarter.AddMonths(3), zone);
            case PeriodKind.Custom:
                return period.Custom;
            default:
                return null;
        }
    }

    /// <summary>The local date of an instant.</summary>
    public static DateOnly DateOf(DateTimeOffset at, string zone) => In(at, zone).Date.ToDateOnly();

    /// <summary>What the zone's clocks are called at an instant: <c>CET</c>, <c>CEST</c>, <c>UTC</c>, <c>+0530</c>.</summary>
    public static string Abbreviation(DateTimeOffset at, string zone) => IsUtc(zone) ? "UTC" : DateTimeZoneProviders.Tzdb[zone].GetZoneInterval(Instant.FromDateTimeOffset(at)).Name;

    /// <summary>An instant with the zone's offset.</summary>
    public static DateTimeOffset LocalOf(DateTimeOffset at, string zone) => In(at, zone).ToDateTimeOffset();

    /// <summary>
    /// The instant of a local time. One that the clock skips is the first instant after the gap; of one that comes twice it is the first.
    /// </summary>
    public static DateTimeOffset InstantOf(DateTime local, string zone) =>
        LocalDateTime.FromDateTime(local).InZone(DateTimeZoneProviders.Tzdb[zone], resolver).ToInstant().ToDateTimeOffset();

    /// <summary>From one local midnight to another.</summary>
    public static Interval Days(DateOnly first, DateOnly next, string zone) =>
        new(InstantOf(first.ToDateTime(TimeOnly.MinValue), zone), InstantOf(next.ToDateTime(TimeOnly.MinValue), zone));

    private static ZonedDateTime In(DateTimeOffset at, string zone) => Instant.FromDateTimeOffset(at).InZone(DateTimeZoneProviders.Tzdb[zone]);
}
