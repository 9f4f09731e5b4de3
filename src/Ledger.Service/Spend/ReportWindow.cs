using System.Globalization;
using Ledger.Service.Settings;

namespace Ledger.Service.Spend;

/// <summary>The stretch a report covers, from what people write.</summary>
/// <remarks>
/// Whole hours, UTC: <c>since</c> is floored, <c>until</c> ceiled. A number of days begins at a midnight. A bare date in <c>until</c> covers
/// that day. Without <c>since</c> it is this month; without <c>until</c> it reaches to the end of today, or of what is over that <c>since</c>
/// names (yesterday, last-week, last-month). The command line reads the same words (<c>Times</c> there).
/// </remarks>
public static class ReportWindow
{
    private static readonly TimeSpan longest = TimeSpan.FromDays(3660);

    public static Interval Of(string? since, string? until, DateTimeOffset now)
    {
        var named = Named(since ?? "month", "since", now);
        var start = named.Start.FloorToHour();
        var end = until is not null ? Ceil(Named(until, "until", now).End) : Over(since) ? named.End : Midnight(now).AddDays(1);
        if (end <= start) throw new Refused("range.invalid", $"The range {start.ToText()} to {end.ToText()} is empty.", "until", until);
        return end - start <= longest ? new(start, end) : throw new Refused("range.invalid", "The range is longer than ten years.", "since", since);
    }

    /// <summary>Where a stretch begins, from the same words.</summary>
    public static DateTimeOffset Since(string since, DateTimeOffset now) => Named(since, "since", now).Start.FloorToHour();

    private static bool Over(string? since) => since?.Trim().ToLowerInvariant() is "yesterday" or "last-week" or "last-month";

    /// <summary>What a word stands for: where it begins, and where it ends when it is the end of a range.</summary>
    private static Interval Named(string text, string field, DateTimeOffset now)
    {
        var today = Midnight(now);
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        var month = new DateTimeOffset(today.Year, today.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var word = text.Trim().ToLowerInvariant();
        switch (word)
        {
            case "now": return new(now, now);
            case "today": return new(today, today.AddDays(1));
            case "yesterday": return new(today.AddDays(-1), today);
            case "week": return new(monday, monday.AddDays(7));
            case "last-week": return new(monday.AddDays(-7), monday);
            case "month": return new(month, month.AddMonths(1));
            case "last-month": return new(month.AddMonths(-1), month);
        }
        if (Date(word) is { } date) return new(date, date.AddDays(1));
        // A stretch reaches back, with a dash before it or without.
        if (Durations.TryParse(word.StartsWith('-') ? word[1..] : word, out var back) && back <= longest)
        {
            var from = word[^1] is 'd' or 'w' ? today - back : now - back;
            return new(from, from);
        }
        return Instants.TryParse(text.Trim(), out var at)
            ? new(at, at)
            : throw new Refused("time.invalid", $"{field} is a time, a date (2026-11-16 or 20261116), a length back such as 7d, 2w, 24h or 90m, or one of today, yesterday, week, last-week, month, last-month.", field, text);
    }

    private static DateTimeOffset? Date(string text) =>
        DateTime.TryParseExact(text, ["yyyy-MM-dd", "yyyyMMdd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && date.Year is >= 2015 and < 2100
            ? new(date, TimeSpan.Zero)
            : null;

    private static DateTimeOffset Midnight(DateTimeOffset at) => new(at.UtcDateTime.Date, TimeSpan.Zero);

    private static DateTimeOffset Ceil(DateTimeOffset at) => at.AddTicks(TimeSpan.TicksPerHour - 1).FloorToHour();
}
