using System.Globalization;
using NodaTime;
using NodaTime.Calendars;

namespace Ledger.Digests;

/// <summary>Weeks and mailing times in a time zone, by its IANA name.</summary>
public static class DigestCalendar
{
    /// <summary>The ISO week an instant lies in, and its window, Monday to Monday.</summary>
    public static (string Week, Interval Window) WeekOf(DateTimeOffset at, string zone)
    {
        var today = LocalDate.FromDateOnly(Calendar.DateOf(at, zone));
        var (year, week) = (WeekYearRules.Iso.GetWeekYear(today), WeekYearRules.Iso.GetWeekOfWeekYear(today));
        return (string.Create(CultureInfo.InvariantCulture, $"{year:0000}-W{week:00}"), WindowOf(year, week, zone));
    }

    /// <summary>Reads <c>2026-W47</c>.</summary>
    public static bool TryWeek(string? text, string zone, out Interval window)
    {
        window = default;
        if (text is not { Length: 8 } || text[4] != '-' || text[5] is not ('W' or 'w')
            || !int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year) || year is < 2015 or >= 2100
            || !int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var week) || week < 1 || week > WeekYearRules.Iso.GetWeeksInWeekYear(year))
            return false;
        window = WindowOf(year, week, zone);
        return true;
    }

    /// <summary>
    /// The first time after an instant that it is that hour of that weekday there. An hour that the clock skips is the first instant after
    /// the gap; one that comes twice counts the first time.
    /// </summary>
    public static DateTimeOffset Next(DateTimeOffset after, DayOfWeek day, TimeOnly hour, string zone)
    {
        var today = Calendar.DateOf(after, zone);
        var date = today.AddDays((((int)day - (int)today.DayOfWeek + 7) % 7) - 7);
        while (true)
        {
            var at = Calendar.InstantOf(date.ToDateTime(hour), zone);
            if (at > after) return at;
            date = date.AddDays(7);
        }
    }

    private static Interval WindowOf(int year, int week, string zone)
    {
        var monday = WeekYearRules.Iso.GetLocalDate(year, week, IsoDayOfWeek.Monday).ToDateOnly();
        return Calendar.Days(monday, monday.AddDays(7), zone);
    }
}
