using System.Globalization;

namespace Ledger.Providers;

/// <summary>Reads <c>Retry-After</c>: seconds or an HTTP date. Nonsense counts as nothing said; more than an hour counts as an hour.</summary>
internal static class RetryAfter
{
    public static readonly TimeSpan Max = TimeSpan.FromHours(1);

    /// <param name="text">The header's value.</param>
    /// <param name="now">The provider's own <c>Date</c> where it gave one, so that a wrong clock here does no harm.</param>
    public static TimeSpan? Read(string? text, DateTimeOffset now)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text) || text.Length > 64) return null;
        if (text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0)
            return text.TrimStart('0').Length > 4 ? Max : Capped(TimeSpan.FromSeconds(int.Parse(text.Length > 4 ? text[^4..] : text, NumberStyles.None, CultureInfo.InvariantCulture)));
        if (!DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)) return null;
        var wait = at - now;
        return wait <= TimeSpan.Zero ? null : Capped(wait);
    }

    private static TimeSpan Capped(TimeSpan wait) => wait > Max ? Max : wait;
}
