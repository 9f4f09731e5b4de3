using Ledger.Service.Settings;

namespace Ledger.Service.Spend;

/// <summary>The stretch a report covers, from what people write.</summary>
/// <remarks>
/// Days, weeks and months are those of a zone, and so is a time without an offset. Times are cut to whole hours, UTC: <c>since</c> is floored,
/// <c>until</c> ceiled. A number of days begins at a midnight. A bare date in <c>until</c> covers that day. Without <c>since</c> it is this
/// month; without <c>until</c> it reaches to the end of today, or of what is over that <c>since</c> names (yesterday, last-week, last-month).
/// </remarks>
public static class ReportWindow
{
    private const string utc = "UTC";
    private static readonly TimeSpan longest = TimeSpan.FromDays(3660);

    public static Interval Of(string? since, string? until, DateTimeOffset now, string zone = utc)
    {
        var named = Named(since ?? "month", "since", now, zone);
        var start = named.Start;
        var end = until is not null ? Named(until, "until", now, zone).End : Over(since) ? named.End : Named("today", "until", now, zone).End;
        if (end <= start) throw new Refused("range.invalid", $"The range {start.ToText()} to {end.ToText()} is empty.", "until", until);
        return end - start <= longest ? new(start, end) : throw new Refused("range.invalid", "The range is longer than ten years.", "since", since);
    }

    /// <summary>Where a stretch begins, from the same words.</summary>
    public static DateTimeOffset Since(string since, DateTimeOffset now, string zone = utc) => Named(since, "since", now, zone).Start;

    private static bool Over(string? since) => since?.Trim().ToLowerInvariant() is "yesterday" or "last-week" or "last-month";

    /// <summary>What a word stands for: where it begins, and where it ends when it is the end of a range.</summary>
    private static Interval Named(string text, string field, DateTimeOffset now, string zone)
    {
        var word = text.Trim().ToLowerInvariant();
        var today = Calendar.DateOf(now, zone);
        // A day is not cut to hours of UTC: where its midnight is inside one, that hour belongs to the day before, and only to it.
        if (DayWords.Read(word, today) is { } days) return Calendar.Days(days.First, days.Next, zone);
        // A stretch reaches back, with a dash before it or without.
        if (Durations.TryParse(word.StartsWith('-') ? word[1..] : word, out var back) && back <= longest)
            return word[^1] is 'd' or 'w' && today.AddDays(-(int)back.TotalDays) is var day ? Calendar.Days(day, day, zone) : Hours(now - back);
        if (word == "now") return Hours(now);
        return Instants.TryParse(text.Trim(), zone, out var at)
            ? Hours(at)
            : throw new Refused("time.invalid", $"{field} is a time, a date (2026-11-16 or 20261116), a length back such as 7d, 2w, 24h or 90m, or one of today, yesterday, week, last-week, month, last-month.", field, text);
    }

    private static Interval Hours(DateTimeOffset at) => new(at.FloorToHour(), at.AddTicks(TimeSpan.TicksPerHour - 1).FloorToHour());
}
