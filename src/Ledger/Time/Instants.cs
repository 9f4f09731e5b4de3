using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger;

/// <summary>Instants as this product keeps them: UTC, to the microsecond (what PostgreSQL keeps), between 2015 and 2100.</summary>
public static class Instants
{
    /// <summary>The first instant accepted anywhere.</summary>
    public static readonly DateTimeOffset Min = new(2015, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The first instant that is too late to be accepted.</summary>
    public static readonly DateTimeOffset Max = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // What 10/11/2026 means depends on who reads it; these mean one thing.
    private static readonly string[] forms =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>UTC, cut to the microsecond.</summary>
    public static DateTimeOffset ToMicroseconds(this DateTimeOffset at)
    {
        var utc = at.UtcTicks;
        return new(utc - (utc % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
    }

    /// <summary>The start of the UTC hour it lies in.</summary>
    public static DateTimeOffset FloorToHour(this DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>The start of the UTC minute it lies in.</summary>
    public static DateTimeOffset FloorToMinute(this DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);

    /// <summary>RFC 3339 in UTC with as many decimals as needed: <c>2026-11-16T10:15:00Z</c>.</summary>
    public static string ToText(this DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>Without the digits behind a tick, which nanosecond clocks write and nothing here keeps.</summary>
    private static string ToTicks(string text)
    {
        var first = text.IndexOf('.') + 1;
        if (first == 0) return text;
        var end = first;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        return end - first <= 7 ? text : text.Remove(first + 7, end - first - 7);
    }

    /// <summary>Reads RFC 3339, seconds and time left out where wanted; a time without a zone is UTC. Only what lies between <see cref="Min"/> and <see cref="Max"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out DateTimeOffset at)
    {
        at = default;
        if (text is null || text.Length is < 10 or > 40 || !char.IsAsciiDigit(text[0])) return false;
        if (!DateTimeOffset.TryParseExact(ToTicks(text.ToUpperInvariant()), forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out at))
            return false;
        at = at.ToMicroseconds();
        return at >= Min && at < Max;
    }

    /// <summary>The same, but a time without a zone is local time of one, by its IANA name.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, string zone, out DateTimeOffset at)
    {
        if (!TryParse(text, out at)) return false;
        if (NamesZone(text)) return true;
        at = Calendar.InstantOf(at.UtcDateTime, zone);
        return at >= Min && at < Max;
    }

    /// <summary>Whether a time says which zone it is in: by a <c>Z</c> or an offset.</summary>
    public static bool NamesZone(string text)
    {
        const int minutes = 16; // 2026-11-16T10:15, before which a dash is one of the date
        return text.Length > minutes && (text[^1] is 'Z' or 'z' || text.AsSpan(minutes).IndexOfAny('+', '-') >= 0);
    }
}

/// <summary>Instants on the wire and in events: RFC 3339 UTC, to the microsecond.</summary>
public sealed class InstantJsonConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetDateTimeOffset(out var at) ? at.ToMicroseconds() : throw new JsonException("A time must be RFC 3339, such as \"2026-11-16T10:15:00Z\".");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToText());
}
