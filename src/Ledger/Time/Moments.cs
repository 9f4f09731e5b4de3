using System.Globalization;

namespace Ledger;

/// <summary>Instants and lengths of time as people read them in a sentence.</summary>
public static class Moments
{
    /// <summary>So far from now a date carries its year and no time of day.</summary>
    private static readonly TimeSpan far = TimeSpan.FromDays(300);

    /// <summary>So near an estimate has a time of day.</summary>
    private static readonly TimeSpan near = TimeSpan.FromDays(2);

    /// <summary><c>Tue 25 Nov 15:00 CET</c>; with its year where that is another one; where it is far away, the day alone: <c>Sun 28 Jan 2029</c>.</summary>
    /// <param name="at">The instant.</param>
    /// <param name="zone">IANA name.</param>
    /// <param name="now">When it is read.</param>
    public static string Of(DateTimeOffset at, string zone, DateTimeOffset now) => IsFar(at, now) ? Bare(at, zone, now) : $"{Bare(at, zone, now)} {Calendar.Abbreviation(at, zone)}";

    /// <summary>The same without the zone, for pages that name it once.</summary>
    public static string Bare(DateTimeOffset at, string zone, DateTimeOffset now)
    {
        var local = Calendar.LocalOf(at, zone);
        return Text(local, IsFar(at, now) ? "ddd d MMM yyyy" : local.Year != Calendar.LocalOf(now, zone).Year ? "ddd d MMM yyyy HH:mm" : "ddd d MMM HH:mm");
    }

    /// <summary>In a few letters: <c>15:00</c> today, <c>Tue 15:00</c> within a week, <c>25 Nov</c> within the year, else <c>25 Nov 2029</c>.</summary>
    public static string Brief(DateTimeOffset at, string zone, DateTimeOffset now)
    {
        var (local, here) = (Calendar.LocalOf(at, zone), Calendar.LocalOf(now, zone));
        return Text(local, local.Date == here.Date ? "HH:mm" : (local.Date - here.Date).Duration() < TimeSpan.FromDays(7) ? "ddd HH:mm" : local.Year == here.Year ? "d MMM" : "d MMM yyyy");
    }

    /// <summary>
    /// An instant that is estimated: within two days rounded down to ten minutes, <c>17:20</c> today or <c>Mon 17:20</c>; beyond that the day, <c>Sat 11 Apr</c>,
    /// with its year where that is another one. It is not rounded into the past.
    /// </summary>
    public static string Rough(DateTimeOffset at, string zone, DateTimeOffset now) => Rough(at, zone, now, IsNear(at, now));

    /// <summary>The same with or without its time of day, whatever lies between: beside another instant that has one or has none.</summary>
    /// <param name="at">The instant.</param>
    /// <param name="zone">IANA name.</param>
    /// <param name="now">When it is read.</param>
    /// <param name="withTime">With its time of day.</param>
    public static string Rough(DateTimeOffset at, string zone, DateTimeOffset now, bool withTime)
    {
        var local = Calendar.LocalOf(at, zone);
        if (!withTime) return Text(local, local.Year == Calendar.LocalOf(now, zone).Year ? "ddd d MMM" : "ddd d MMM yyyy");
        var rounded = at.AddMinutes(-(local.Minute % 10));
        return Brief(at >= now && rounded < now ? at : rounded, zone, now);
    }

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

    /// <summary>So near that an estimate has a time of day.</summary>
    public static bool IsNear(DateTimeOffset at, DateTimeOffset now) => (at - now).Duration() <= near;

    private static bool IsFar(DateTimeOffset at, DateTimeOffset now) => (at - now).Duration() > far;

    private static string Text(DateTimeOffset at, string form) => at.ToString(form, CultureInfo.InvariantCulture);

    private static string Text(IFormattable count, string unit) => count.ToString("0", CultureInfo.InvariantCulture) + " " + unit;

    private static DateTimeOffset In(DateTimeOffset at, string? zone) => zone is null ? at.ToUniversalTime() : Calendar.LocalOf(at, zone);
}
