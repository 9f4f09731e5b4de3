using System.Globalization;

namespace Ledger;

/// <summary>Instants and lengths of time as people read them in a sentence.</summary>
public static class Moments
{
    /// <summary><c>Tue 25 Nov 14:00 UTC</c>; in another zone without its name, which the reader is told once.</summary>
    public static string Of(DateTimeOffset at, string? zone = null) =>
        zone is null || Calendar.IsUtc(zone)
            ? at.UtcDateTime.ToString("ddd d MMM HH:mm 'UTC'", CultureInfo.InvariantCulture)
            : Calendar.LocalOf(at, zone).ToString("ddd d MMM HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The days a stretch covers: <c>16–22 Nov 2026</c>, <c>30 Nov – 6 Dec 2026</c>.</summary>
    public static string Days(Interval stretch, string? zone = null)
    {
        var first = In(stretch.Start, zone);
        var last = In(stretch.End > stretch.Start ? stretch.End.AddTicks(-1) : stretch.End, zone);
        if (first.Date == last.Date) return Text(first, "d MMM yyyy");
        if (first.Year != last.Year) return $"{Text(first, "d MMM yyyy")} – {Text(last, "d MMM yyyy")}";
        return first.Month == last.Month ? $"{first.Day}–{Text(last, "d MMM yyyy")}" : $"{Text(first, "d MMM")} – {Text(last, "d MMM yyyy")}";
    }

    /// <summary>About how long, in one unit where that is near enough: <c>25 min</c>, <c>9 h</c>, <c>3 d</c>.</summary>
    public static string About(TimeSpan length) => length.Duration() switch
    {
        { TotalMinutes: < 2 } => "2 min",
        { TotalMinutes: < 100 } and var l => Text(l.TotalMinutes, "min"),
        { TotalHours: < 48 } and var l => Text(l.TotalHours, "h"),
        var l => Text(l.TotalDays, "d"),
    };

    private static string Text(DateTimeOffset at, string form) => at.ToString(form, CultureInfo.InvariantCulture);

    private static string Text(IFormattable count, string unit) => count.ToString("0", CultureInfo.InvariantCulture) + " " + unit;

    private static DateTimeOffset In(DateTimeOffset at, string? zone) => zone is null ? at.ToUniversalTime() : Calendar.LocalOf(at, zone);
}
