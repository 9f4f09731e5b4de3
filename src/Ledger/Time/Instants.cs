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

/// <summary>A stretch of time, half-open: <c>[Start, End)</c>, UTC.</summary>
/// <param name="Start">First instant inside.</param>
/// <param name="End">First instant after.</param>
public readonly record struct Span(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>No length: nothing can have happened in it.</summary>
    [JsonIgnore]
    public bool IsEmpty => End <= Start;

    /// <summary>Length; zero when empty.</summary>
    [JsonIgnore]
    public TimeSpan Length => IsEmpty ? TimeSpan.Zero : End - Start;

    /// <summary>What both stretches share; empty when they don't meet.</summary>
    public Interval And(Interval other) => new(Start > other.Start ? Start : other.Start, End < other.End ? End : other.End);

    /// <summary>Whether they share any time.</summary>
    public bool Meets(Interval other) => Start < other.End && other.Start < End && !IsEmpty && !other.IsEmpty;

    /// <summary>Whether the instant lies inside.</summary>
    public bool Contains(DateTimeOffset at) => Start <= at && at < End;

    /// <summary>All time that is accepted.</summary>
    public static Interval Always => new(DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
}
