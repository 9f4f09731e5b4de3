using System.Globalization;

namespace Ledger;

/// <summary>Words and dates that stand for whole days, as people write them on the command line and over HTTP.</summary>
public static class DayWords
{
    /// <summary>
    /// The days that <c>today</c>, <c>yesterday</c>, <c>week</c>, <c>last-week</c>, <c>month</c>, <c>last-month</c>, <c>2026-11-16</c> or <c>20261116</c> stand
    /// for, from the first to the one after the last; null: the text is none of these. Weeks begin on Monday.
    /// </summary>
    public static (DateOnly First, DateOnly Next)? Read(string text, DateOnly today)
    {
        var word = text.Trim().ToLowerInvariant();
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        var month = new DateOnly(today.Year, today.Month, 1);
        return word switch
        {
            "today" => (today, today.AddDays(1)),
            "yesterday" => (today.AddDays(-1), today),
            "week" => (monday, monday.AddDays(7)),
            "last-week" => (monday.AddDays(-7), monday),
            "month" => (month, month.AddMonths(1)),
            "last-month" => (month.AddMonths(-1), month),
            _ => DateOnly.TryParseExact(word, ["yyyy-MM-dd", "yyyyMMdd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && date.Year is >= 2015 and < 2100
                ? (date, date.AddDays(1))
                : null,
        };
    }
}
