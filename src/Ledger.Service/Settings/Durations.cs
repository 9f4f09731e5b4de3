using System.Globalization;

namespace Ledger.Service.Settings;

/// <summary>Lengths of time as people write them: <c>30s</c>, <c>5m</c>, <c>24h</c>, <c>7d</c>, <c>2w</c>.</summary>
internal static class Durations
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is not { Length: >= 2 and <= 10 }) return false;
        var unit = text[^1] switch { 's' => 1L, 'm' => 60L, 'h' => 3600L, 'd' => 86400L, 'w' => 7 * 86400L, _ => 0L };
        if (unit == 0 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > 3660 * 86400L / unit) return false;
        duration = TimeSpan.FromSeconds(count * unit);
        return true;
    }

    public static string ToText(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        return seconds switch
        {
            0 => "0s",
            _ when seconds % 86400 == 0 => $"{seconds / 86400}d",
            _ when seconds % 3600 == 0 => $"{seconds / 3600}h",
            _ when seconds % 60 == 0 => $"{seconds / 60}m",
            _ => $"{seconds}s",
        };
    }
}
