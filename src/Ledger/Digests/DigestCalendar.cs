using System.Globalization;

namespace Ledger.Digests;

/// <summary>Weeks and mailing times in a time zone.</summary>
public static class DigestCalendar
{
    /// <summary>The ISO week an instant lies in, and its window, Monday to Monday.</summary>
    public static (string Week, Interval Window) WeekOf(DateTimeOffset at, TimeZoneInfo zone)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        return (NameOf(monday), WindowOf(monday, zone));
    }

    /// <summary>Reads <c>2026-W47</c>.</summary>
    public static bool TryWeek(string? text, TimeZoneInfo zone, out Interval window)
    {
        window = default;
        if (text is not { Length: 8 } || text[4] != '-' || text[5] is not ('W' or 'w')
            || !int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year) || year is < 2015 or >= 2100
            || !int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var week) || week < 1 || week > ISOWeek.GetWeeksInYear(year))
            return false;
        window = WindowOf(DateOnly.FromDateTime(ISOWeek.ToDateTime(year, week, DayOfWeek.Monday)), zone);
        return true;
    }

    /// <summary>
    /// The first time after an instant that it is that hour of that weekday there. An hour that the clock skips is the first instant after
    /// the gap; one that comes twice counts the first time.
    /// </summary>
    public static DateTimeOffset Next(DateTimeOffset after, DayOfWeek day, TimeOnly hour, TimeZoneInfo zone)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(after, zone).DateTime);
        var date = today.AddDays((((int)day - (int)today.DayOfWeek + 7) % 7) - 7);
        while (true)
        {
            var at = Calendar.InstantOf(date.ToDateTime(hour), zone);
            if (at > after) return at;
            date = date.AddDays(7);
        }
    }

    private static Interval WindowOf(DateOnly monday, TimeZoneInfo zone) =>
        new(Calendar.InstantOf(monday.ToDateTime(TimeOnly.MinValue), zone), Calendar.InstantOf(monday.AddDays(7).ToDateTime(TimeOnly.MinValue), zone));

    private static string NameOf(DateOnly monday)
    {
        var day = monday.ToDateTime(TimeOnly.MinValue);
        return string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(day):0000}-W{ISOWeek.GetWeekOfYear(day):00}");
    }
}
