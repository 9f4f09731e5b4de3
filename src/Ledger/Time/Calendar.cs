namespace Ledger.Budgets;

/// <summary>Windows of periods in a time zone: half-open, in UTC, each beginning where the last one ended.</summary>
public static class Calendar
{
    /// <summary>The window of a period that an instant lies in. Null for a mission's life, which the mission knows.</summary>
    /// <remarks>A custom period is its one window whenever it is asked.</remarks>
    public static Interval? WindowAt(Period period, TimeZoneInfo zone, DayOfWeek weekStart, DateTimeOffset at)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
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

    /// <summary>
    /// The instant of a local time. One that the clock skips is the first instant after the gap; of one that comes twice it is the first.
    /// </summary>
    /// <remarks>Asks the zone for the offsets of instants only: what it says of local times at a change is wrong for some zones.</remarks>
    public static DateTimeOffset InstantOf(DateTime local, TimeZoneInfo zone)
    {
        var written = new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), TimeSpan.Zero);
        var (before, after) = (zone.GetUtcOffset(written.AddDays(-1)), zone.GetUtcOffset(written.AddDays(1)));
        var (first, second) = (written - before, written - after);
        if (zone.GetUtcOffset(first) == before) return first;
        if (zone.GetUtcOffset(second) == after) return second;
        // Skipped: the change lies between the two readings.
        var (low, high) = (second.UtcTicks, first.UtcTicks);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (zone.GetUtcOffset(new DateTimeOffset(middle, TimeSpan.Zero)) == after) high = middle;
            else low = middle;
        }
        return new(high, TimeSpan.Zero);
    }

    private static Interval Days(DateOnly first, DateOnly next, TimeZoneInfo zone) =>
        new(InstantOf(first.ToDateTime(TimeOnly.MinValue), zone), InstantOf(next.ToDateTime(TimeOnly.MinValue), zone));
}
