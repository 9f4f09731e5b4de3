using System.Globalization;

namespace Ledger.Cli.Parsing;

/// <summary>Times as people write them. Without a zone they are UTC.</summary>
internal static class Times
{
    /// <summary>What every refusal of a time ends with.</summary>
    public const string Forms = "write RFC 3339 (2026-11-16T10:15:00Z), 2026-11-16, 20261116, 2w, 7d, 24h, -10m, today, yesterday, week, last-week, month or last-month";

    /// <summary>The longest length of time, as in the service.</summary>
    private const long LongestDays = 3660;

    /// <summary>An instant: RFC 3339, a date (its start), or a stretch back from now.</summary>
    /// <remarks><c>zoneless</c>: it named no zone, so that it is worth repeating how it was read.</remarks>
    public static bool TryInstant(string text, DateTimeOffset now, out DateTimeOffset at, out bool zoneless)
    {
        zoneless = false;
        at = default;
        var word = text.Trim();
        if (word.Equals("now", StringComparison.OrdinalIgnoreCase))
        {
            at = now.ToMicroseconds();
            return true;
        }
        if (TryDuration(word.StartsWith('-') ? word[1..] : word, out var back))
        {
            if (back > now - Instants.Min) return false;
            at = (now - back).ToMicroseconds();
            return true;
        }
        if (TryDay(word, now, out at))
        {
            zoneless = true;
            return at >= Instants.Min && at < Instants.Max;
        }
        // Dates first, digits all along: nothing that a lenient parser would take for some other order.
        if (word.Length < 16 || !IsDate(word.AsSpan(0, 10)) || word[10] is not ('T' or 't' or ' ') || word[13] != ':') return false;
        zoneless = !HasZone(word);
        return Instants.TryParse(word, out at);
    }

    /// <summary>An edge of a report, as the service reads it: words, dates and lengths stay what they are, because it floors and ceils them.</summary>
    public static string? Edge(string text, DateTimeOffset now)
    {
        var word = text.Trim().ToLowerInvariant();
        if (!TryInstant(word, now, out var at, out _)) return null;
        if (word == "now" || TryDay(word, now, out _)) return word;
        var length = word.StartsWith('-') ? word[1..] : word;
        return TryDuration(length, out _) ? length : at.ToText();
    }

    /// <summary><c>90s</c>, <c>10m</c>, <c>24h</c>, <c>7d</c>, <c>2w</c>; ten years at most.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return false;
        var seconds = text[^1] switch { 's' => 1L, 'm' => 60L, 'h' => 3600L, 'd' => 86_400L, 'w' => 7 * 86_400L, _ => 0L };
        if (seconds == 0 || count > LongestDays * 86_400 / seconds) return false;
        duration = TimeSpan.FromSeconds(count * seconds);
        return true;
    }

    private static bool TryDay(string word, DateTimeOffset now, out DateTimeOffset at)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        var month = today.AddDays(1 - today.Day);
        at = word.ToLowerInvariant() switch
        {
            "today" => today,
            "yesterday" => today.AddDays(-1),
            "week" => monday,
            "last-week" => monday.AddDays(-7),
            "month" => month,
            "last-month" => month.AddMonths(-1),
            _ => default,
        };
        if (at != default) return true;
        if (!DateTime.TryParseExact(word, word.Length == 8 ? "yyyyMMdd" : "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return false;
        at = new(date, TimeSpan.Zero);
        return true;
    }

    private static bool IsDate(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < 10; i++)
            if (i is 4 or 7 ? text[i] != '-' : !char.IsAsciiDigit(text[i])) return false;
        return true;
    }

    private static bool HasZone(string text) =>
        text[^1] is 'Z' or 'z' || text.AsSpan(16).IndexOfAny('+', '-') >= 0;
}
