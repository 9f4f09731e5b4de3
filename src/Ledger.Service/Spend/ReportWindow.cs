using System.Globalization;
using Ledger.Service.Hosting;
using Ledger.Service.Http;

namespace Ledger.Service.Spend;

/// <summary>The stretch a report covers, from what people write.</summary>
/// <remarks>
/// Whole hours, UTC: <c>since</c> is floored, <c>until</c> ceiled. A number of days begins at a midnight. A bare date in <c>until</c> covers
/// that day. Without <c>since</c> it is this month; without <c>until</c> it reaches to the end of today, or of what <c>since</c> names.
/// </remarks>
internal static class ReportWindow
{
    private static readonly TimeSpan longest = TimeSpan.FromDays(3660);

    public static Span Of(string? since, string? until, DateTimeOffset now)
    {
        var named = Named(since ?? "month", "since", now);
        var start = Floor(named.Start);
        var end = until is not null ? Ceil(Named(until, "until", now).End) : since is "last-week" or "yesterday" ? named.End : Midnight(now).AddDays(1);
        if (end <= start) throw new RefusedException("range.invalid", $"The range {start.ToText()} to {end.ToText()} is empty.", "until", until);
        return end - start <= longest ? new(start, end) : throw new RefusedException("range.invalid", "The range is longer than ten years.", "since", since);
    }

    /// <summary>What a word stands for: where it begins, and where it ends when it is the end of a range.</summary>
    private static Span Named(string text, string field, DateTimeOffset now)
    {
        var today = Midnight(now);
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        var month = new DateTimeOffset(today.Year, today.Month, 1, 0, 0, 0, TimeSpan.Zero);
        switch (text)
        {
            case "now": return new(now, now);
            case "today": return new(today, today.AddDays(1));
            case "yesterday": return new(today.AddDays(-1), today);
            case "week": return new(monday, monday.AddDays(7));
            case "last-week": return new(monday.AddDays(-7), monday);
            case "month": return new(month, month.AddMonths(1));
            case "last-month": return new(month.AddMonths(-1), month);
        }
        if (Date(text) is { } date) return new(date, date.AddDays(1));
        if (Durations.TryParse(text, out var back) && back <= longest)
        {
            var from = text[^1] == 'd' ? today - back : now - back;
            return new(from, from);
        }
        return Instants.TryParse(text, out var at)
            ? new(at, at)
            : throw new RefusedException("time.invalid", $"{field} is a time, a date (2026-11-16 or 20261116), a length such as 7d or 24h, or one of today, yesterday, week, last-week, month, last-month.", field, text);
    }

    private static DateTimeOffset? Date(string text) =>
        DateTime.TryParseExact(text, ["yyyy-MM-dd", "yyyyMMdd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && date.Year is >= 2015 and < 2100
            ? new(date, TimeSpan.Zero)
            : null;

    private static DateTimeOffset Midnight(DateTimeOffset at) => new(at.UtcDateTime.Date, TimeSpan.Zero);

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    private static DateTimeOffset Ceil(DateTimeOffset at) => Floor(at.AddTicks(TimeSpan.TicksPerHour - 1));
}
