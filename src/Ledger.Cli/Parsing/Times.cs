using System.Globalization;

namespace Ledger.Cli.Parsing;

/// <summary>Times as people write them. Without a zone they are in that of the run.</summary>
internal static class Times
{
    /// <summary>What every refusal of a time ends with.</summary>
    public const string Forms = "write RFC 3339 (2026-11-16T10:15:00Z), 2026-11-16, 20261116, 2w, 7d, 24h, -10m, today, yesterday, week, last-week, month or last-month";

    /// <summary>The longest length of time, as in the service.</summary>
    private const long LongestDays = 3660;

    /// <summary>An instant: RFC 3339, a date (its start), or a stretch back from now.</summary>
    /// <remarks><c>zoneless</c>: it named no zone, so that it is worth repeating how it was read.</remarks>
    public static bool TryInstant(string text, DateTimeOffset now, string zone, out DateTimeOffset at, out bool zoneless)
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
        if (DayWords.Read(word, WallClock.DateOf(now, zone)) is { } days)
        {
            zoneless = true;
            at = WallClock.StartOf(days.First, zone);
            return at >= Instants.Min && at < Instants.Max;
        }
        // Dates first, digits all along: nothing that a lenient parser would take for some other order.
        if (word.Length < 16 || !IsDate(word.AsSpan(0, 10)) || word[10] is not ('T' or 't' or ' ') || word[13] != ':') return false;
        zoneless = !Instants.NamesZone(word);
        return zone == WallClock.Utc ? Instants.TryParse(word, out at) : Instants.TryParse(word, zone, out at);
    }

    /// <summary>An edge of a report, as the service reads it: what depends on a zone stays what it is, and so do lengths, because the service floors and ceils.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="now">Now.</param>
    public static string? Edge(string text, DateTimeOffset now)
    {
        var word = text.Trim().ToLowerInvariant();
        if (!TryInstant(word, now, WallClock.Utc, out var at, out var zoneless)) return null;
        if (word == "now" || DayWords.Read(word, WallClock.DateOf(now, WallClock.Utc)) is not null) return word;
        var length = word.StartsWith('-') ? word[1..] : word;
        return TryDuration(length, out _) ? length : zoneless ? text.Trim() : at.ToText();
    }

    /// <summary>Whether an edge is another instant in another zone. A number of days begins at a midnight.</summary>
    public static bool DependsOnZone(string edge, DateTimeOffset now) =>
        TryDuration(edge, out _) ? edge[^1] is 'd' or 'w' : TryInstant(edge, now, WallClock.Utc, out _, out var zoneless) && zoneless;

    /// <summary>The instant of an edge in a zone; of a day that ends a range, its end.</summary>
    public static DateTimeOffset? Cut(string edge, DateTimeOffset now, string zone, bool isEnd)
    {
        var today = WallClock.DateOf(now, zone);
        if (DayWords.Read(edge, today) is { } days) return WallClock.StartOf(isEnd ? days.Next : days.First, zone);
        if (TryDuration(edge, out var back)) return WallClock.StartOf(today.AddDays(-(int)back.TotalDays), zone);
        return TryInstant(edge, now, zone, out var at, out _) ? at : null;
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

    private static bool IsDate(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < 10; i++)
            if (i is 4 or 7 ? text[i] != '-' : !char.IsAsciiDigit(text[i])) return false;
        return true;
    }
}
