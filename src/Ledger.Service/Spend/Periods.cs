using System.Globalization;

namespace Ledger.Service.Spend;

/// <summary>
/// The days, weeks or months of a zone that a window reaches over. The program's own zone data cuts them, never the database's: the same books give the same
/// days on every server.
/// </summary>
public sealed class Periods
{
    private const string dayFormat = "yyyy-MM-dd";
    private const string monthFormat = "yyyy-MM";

    private readonly DateOnly[] firsts;
    private readonly DateTimeOffset[] starts;
    private readonly string[] names;

    /// <param name="zone">Whose days.</param>
    /// <param name="unit">Day, week or month.</param>
    /// <param name="window">Spend is told apart in it.</param>
    public Periods(TeamZone zone, Dimension unit, Interval window)
    {
        var days = new List<DateOnly>();
        for (var first = FirstOf(unit, zone.DayOf(window.Start)); days.Count == 0 || zone.StartOf(first) < window.End; first = After(unit, first)) days.Add(first);
        (firsts, starts, names) = ([.. days], [.. days.Select(zone.StartOf)], [.. days.Select(d => NameOf(unit, d))]);
    }

    /// <summary>Where each begins, in order.</summary>
    public DateTimeOffset[] Starts => starts;

    /// <summary>Days, weeks and months, which a zone cuts.</summary>
    public static bool IsPeriod(Dimension dimension) => dimension is Dimension.Day or Dimension.Week or Dimension.Month;

    /// <summary>The name of the nth, from 1 on, as <c>width_bucket</c> counts.</summary>
    public string NameOf(int number) => names[number - 1];

    /// <summary>The name of what the nth lies in: of a day also its week or month.</summary>
    public string NameOf(Dimension unit, int number) => NameOf(unit, FirstOf(unit, firsts[number - 1]));

    /// <summary>The name of the one that an instant lies in.</summary>
    public string NameAt(DateTimeOffset at)
    {
        var found = Array.BinarySearch(starts, at);
        return NameOf(found >= 0 ? found + 1 : ~found);
    }

    /// <summary>Which one has a name; 0: none.</summary>
    public int Numbered(string name) => Array.IndexOf(names, name) + 1;

    /// <summary><c>2026-11-16</c>, <c>2026-W47</c> (from Monday on), <c>2026-11</c>.</summary>
    public static string NameOf(Dimension unit, DateOnly first) => unit switch
    {
        Dimension.Week when first.ToDateTime(TimeOnly.MinValue) is var day => string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(day):0000}-W{ISOWeek.GetWeekOfYear(day):00}"),
        Dimension.Month => first.ToString(monthFormat, CultureInfo.InvariantCulture),
        _ => first.ToString(dayFormat, CultureInfo.InvariantCulture),
    };

    /// <summary>The first day of the one that has a name; null: it is no name of one.</summary>
    public static DateOnly? FirstOf(Dimension unit, string name)
    {
        if (unit != Dimension.Week) return DateOnly.TryParseExact(name, unit == Dimension.Month ? monthFormat : dayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
        return name is [_, _, _, _, '-', 'W', ..] && int.TryParse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year) && year is >= 2000 and < 2200
            && int.TryParse(name.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var week) && week >= 1 && week <= ISOWeek.GetWeeksInYear(year)
            ? DateOnly.FromDateTime(ISOWeek.ToDateTime(year, week, DayOfWeek.Monday))
            : null;
    }

    /// <summary>The first day of the one that a day lies in.</summary>
    public static DateOnly FirstOf(Dimension unit, DateOnly day) => unit switch
    {
        Dimension.Week => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
        Dimension.Month => new(day.Year, day.Month, 1),
        _ => day,
    };

    private static DateOnly After(Dimension unit, DateOnly first) => unit switch
    {
        Dimension.Week => first.AddDays(7),
        Dimension.Month => first.AddMonths(1),
        _ => first.AddDays(1),
    };
}
