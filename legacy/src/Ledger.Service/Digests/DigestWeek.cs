using Ledger.Digests;
using Ledger.Service.Http;

namespace Ledger.Service.Digests;

/// <summary>Which week is meant: as it is named, else the last one that is over.</summary>
internal static class DigestWeek
{
    public static (string Week, Interval Window) Of(string? text, TimeZoneInfo zone, DateTimeOffset now)
    {
        if (text is null) return DigestCalendar.WeekOf(DigestCalendar.WeekOf(now, zone).Window.Start.AddMicroseconds(-1), zone);
        if (!DigestCalendar.TryWeek(text, zone, out var window))
            throw new Refused("digest.week", $"'{Names.Printable(text)}' is no ISO week such as 2026-W47.", "week", text);
        return window.Start <= now
            ? DigestCalendar.WeekOf(window.Start, zone)
            : throw new Refused("digest.week", $"Week {Names.Printable(text)} begins {window.Start.ToText()}; nothing can be told of it yet.", "week", text);
    }
}
