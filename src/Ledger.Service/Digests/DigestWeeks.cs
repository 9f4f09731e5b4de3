using System.Globalization;
using Ledger.Digests;

namespace Ledger.Service.Digests;

/// <summary>Which week is meant, and those before it.</summary>
public static class DigestWeeks
{
    /// <summary>The week as it is named, else the last one that is over.</summary>
    public static (string Week, Interval Window) Meant(string? text, string zone, DateTimeOffset now)
    {
        if (text is null) return Before(now, zone);
        if (!DigestCalendar.TryWeek(text, zone, out var window))
            throw new Refused("digest.week", $"'{Names.Printable(text)}' is no ISO week such as 2026-W47.", "week", text);
        return window.Start <= now
            ? DigestCalendar.WeekOf(window.Start, zone)
            : throw new Refused("digest.week", $"Week {Names.Printable(text)} begins {window.Start.ToText()}; nothing can be told of it yet.", "week", text);
    }

    /// <summary>The last week that is over at an instant.</summary>
    public static (string Week, Interval Window) Before(DateTimeOffset at, string zone) => DigestCalendar.WeekOf(DigestCalendar.WeekOf(at, zone).Window.Start.AddMicroseconds(-1), zone);

    /// <summary>Names of the weeks before one, the latest first.</summary>
    public static IEnumerable<string> Earlier(string week, string zone, int count)
    {
        if (!DigestCalendar.TryWeek(week, zone, out var window)) yield break;
        // The middle of a week is in it, whatever the clocks did.
        var middle = window.Start.AddDays(3.5);
        for (var i = 1; i <= count; i++) yield return DigestCalendar.WeekOf(middle.AddDays(-7 * i), zone).Week;
    }

    /// <summary>The stream of a digest: a week that is not over may be told of any number of times, and that is not its digest.</summary>
    public static string StreamOf(string team, Digest digest) => DigestComposed.StreamOf(
        team, digest.At >= digest.Window.End ? digest.Week : string.Create(CultureInfo.InvariantCulture, $"{digest.Week}-so-far-{digest.AsOf}"));
}
