using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Ledger.Money;

namespace Ledger.Service.Xai;

/// <summary>
/// Strict reading of providers' JSON. Unknown fields are ignored; what is read must be right, and what is not right is named by its
/// place in the answer. Nothing passes through a double.
/// </summary>
internal static class WireJson
{
    public const int NameMax = Names.LengthMax;

    /// <summary>Parses the answer: depth 64, no property twice.</summary>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body, new() { MaxDepth = 64, AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The parser's own words quote the body; where it broke is enough.
            var place = e is JsonException { LineNumber: { } line, BytePositionInLine: { } column } ? string.Create(CultureInfo.InvariantCulture, $" (line {line + 1}, byte {column + 1})") : "";
            var (isJson, why) = Why(body.Span, e);
            // A page of a proxy or half an answer is no answer: it comes again by itself. JSON that is wrong in itself would be wrong the next time too.
            throw new ProviderException(isJson ? FailureKind.Contract : FailureKind.Unreachable, $"The answer is not valid JSON{place}: {why}.");
        }
    }

    public static JsonElement Object(JsonElement element, string place) =>
        element.ValueKind == JsonValueKind.Object ? element : throw Broken(place, $"is {Kind(element)} where an object was expected");

    /// <summary>
    /// The root of an answer that has one of the members it is known by. Without any, members that nobody knows are the sign of something else: an
    /// error told with status 200, an envelope, another feed's answer. Known members alone, <c>{}</c> too, are silence: proto3 JSON leaves out
    /// what is empty, and what that means is for the feed to decide.
    /// </summary>
    /// <param name="json">The answer.</param>
    /// <param name="isSilent">It has none of the members.</param>
    /// <param name="members">What it is known by, the most important first.</param>
    /// <param name="others">What else may stand in it.</param>
    public static JsonElement Answer(JsonDocument json, out bool isSilent, ReadOnlySpan<string> members, params ReadOnlySpan<string> others)
    {
        var root = Object(json.RootElement, "answer");
        isSilent = true;
        foreach (var name in members) isSilent &= !root.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null;
        var isError = root.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null || root.TryGetProperty("code", out _) && root.TryGetProperty("message", out _);
        if (!isSilent && !isError) return root;
        foreach (var property in root.EnumerateObject())
            if (isError || !members.Contains(property.Name) && !others.Contains(property.Name)) throw Unknown(root, members[0]);
        return root;
    }

    /// <summary>Refuses an answer that lacks what was asked for, with the provider's own words where it gave some.</summary>
    public static ProviderException Unknown(JsonElement root, string member) =>
        new(FailureKind.Contract, Redaction.Scrub($"no {member} in the answer{(Words(root) is { } words ? $"; it says \"{words}\"" : "")}."));

    /// <summary>What an error says: <c>{"code":3,"message":"…"}</c>, <c>{"error":"…"}</c> and <c>{"error":{"message":"…"}}</c> all occur.</summary>
    public static string? Words(JsonElement root)
    {
        foreach (var name in (ReadOnlySpan<string>)["message", "error"])
        {
            if (!root.TryGetProperty(name, out var said)) continue;
            if (said.ValueKind == JsonValueKind.Object && said.TryGetProperty("message", out var inner)) said = inner;
            if (Label(said) is { } words) return words;
        }
        return null;
    }

    /// <summary>The array of that name; absent or null counts as empty, as in proto3 JSON.</summary>
    public static JsonElement? Array(JsonElement parent, string name, string place)
    {
        if (!parent.TryGetProperty(name, out var found) || found.ValueKind == JsonValueKind.Null) return null;
        return found.ValueKind == JsonValueKind.Array ? found : throw Broken($"{place}{name}", $"is {Kind(found)} where a list was expected");
    }

    public static JsonElement? Child(JsonElement parent, string name, string place)
    {
        if (!parent.TryGetProperty(name, out var found) || found.ValueKind == JsonValueKind.Null) return null;
        return Object(found, $"{place}{name}");
    }

    /// <summary>A value that figures are kept by, such as an id: at most 200 characters, no U+0000, no lone surrogate; characters that act on a terminal are spelt out. Empty and null are null.</summary>
    public static string? Name(JsonElement element, string place)
    {
        if (element.ValueKind == JsonValueKind.Null) return null;
        if (element.ValueKind != JsonValueKind.String) throw Broken(place, $"is {Kind(element)} where a text was expected");
        string text;
        try
        {
            text = element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Broken(place, "holds half of a surrogate pair or broken UTF-8");
        }
        if (text.Length == 0) return null;
        if (text.Length > NameMax) throw Broken(place, $"is longer than {NameMax} characters");
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0') throw Broken(place, "holds U+0000");
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) throw Broken(place, "holds half of a surrogate pair");
            i++;
        }
        return Redaction.Visible(text);
    }

    public static string? Name(JsonElement parent, string name, string place) =>
        parent.TryGetProperty(name, out var found) ? Name(found, $"{place}{name}") : null;

    /// <summary>
    /// A text for people only: cut to 200 characters, what acts on a terminal spelt out. Whatever is no text is no name, and no reason to refuse the figures beside it.
    /// </summary>
    public static string? Label(JsonElement element) => Label(element, static text => text);

    /// <param name="element">The text.</param>
    /// <param name="part">Which part of it is the name.</param>
    public static string? Label(JsonElement element, Func<string, string> part)
    {
        if (element.ValueKind != JsonValueKind.String) return null;
        try
        {
            return element.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? Names.Cut(Redaction.Visible(part(text))) : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, or broken UTF-8.
            return null;
        }
    }

    public static string? Label(JsonElement parent, string name) => parent.TryGetProperty(name, out var found) ? Label(found) : null;

    /// <summary>Something that only decorates, or nothing where it is not as it should be.</summary>
    public static T? Perhaps<T>(Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (ProviderException)
        {
            return default;
        }
    }

    /// <summary>A figure in dollars, from the text of its number token.</summary>
    public static (Usd Amount, string Raw) Dollars(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Number) throw Broken(place, $"is {Quoted(element)} where a finite number was expected");
        var token = JsonMarshal.GetRawUtf8Value(element);
        // Dense feeds are mostly zeros.
        if (token is [(byte)'0']) return (Usd.Zero, "0");
        var raw = Encoding.ASCII.GetString(token);
        return Usd.TryParseWireNumber(raw, out var amount) ? (amount, raw) : throw Broken(place, $"is {Redaction.Cut(raw, 40)}, which is no plausible amount in dollars");
    }

    /// <summary>A whole number, as text or as a number; absent is null.</summary>
    public static long? Integer(JsonElement parent, string name, string place)
    {
        if (!parent.TryGetProperty(name, out var found) || found.ValueKind == JsonValueKind.Null) return null;
        var text = found.ValueKind switch
        {
            JsonValueKind.String => Name(found, $"{place}{name}") ?? "",
            JsonValueKind.Number => Redaction.Cut(found.GetRawText(), 40),
            _ => "",
        };
        return text.Length <= 19 && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? whole
            : throw Broken($"{place}{name}", $"is {Quoted(found)} where a whole number was expected");
    }

    /// <summary>Whole cents, as text or as a number; absent is null.</summary>
    public static Usd? Cents(JsonElement parent, string name, string place)
    {
        const long centsMax = 90_000_000_000;
        if (Integer(parent, name, place) is not { } cents) return null;
        return cents is > -centsMax and < centsMax ? Usd.FromCents(cents) : throw Broken($"{place}{name}", "is no plausible amount in cents");
    }

    /// <summary>Cents in an object <c>{"val":"-3100"}</c>; no object is unknown, an object without <c>val</c> is zero.</summary>
    public static Usd? Val(JsonElement parent, string name, string place) =>
        Child(parent, name, place) is { } money ? Cents(money, "val", $"{place}{name}.") ?? Usd.Zero : null;

    /// <summary>True or false, also as text.</summary>
    public static bool? Flag(JsonElement parent, string name, string place)
    {
        if (!parent.TryGetProperty(name, out var found)) return null;
        return found.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String when found.ValueEquals("true") => true,
            JsonValueKind.String when found.ValueEquals("false") => false,
            _ => throw Broken($"{place}{name}", $"is {Quoted(found)} where true or false was expected"),
        };
    }

    /// <summary>An RFC 3339 instant with its zone.</summary>
    public static DateTimeOffset Instant(JsonElement element, string place)
    {
        if (element.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(element) is { Length: >= 22 and < 42 } raw
            && (raw[^2] is (byte)'Z' or (byte)'z' || raw[^4] == (byte)':' && raw[^7] is (byte)'+' or (byte)'-')
            && element.TryGetDateTimeOffset(out var at))
            return at.ToUniversalTime();
        throw Broken(place, $"is {Quoted(element)} where an RFC 3339 time was expected");
    }

    public static DateTimeOffset? Instant(JsonElement parent, string name, string place) =>
        parent.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? Instant(found, $"{place}{name}") : null;

    /// <summary>Refuses an answer that does not say it is in US dollars; for feeds that carry a currency.</summary>
    public static void InDollars(JsonElement parent, string name, string place)
    {
        var currency = Name(parent, name, place) ?? throw Broken($"{place}{name}", "is missing: an amount without a currency is not counted");
        if (!currency.Equals("USD", StringComparison.OrdinalIgnoreCase)) throw Broken($"{place}{name}", $"is {Redaction.Cut(currency, 20)}: only USD is counted");
    }

    public static ProviderException Broken(string place, string what) => new(FailureKind.Contract, Redaction.Scrub($"{place} {what}."));

    // Long texts are not repeated: half of a credential would slip through the redaction.
    private static string Quoted(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetRawText() is { Length: <= 40 } text ? Redaction.Visible(text) : "a long text",
        JsonValueKind.Number => Redaction.Cut(element.GetRawText(), 40),
        _ => Kind(element),
    };

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private static (bool IsJson, string Why) Why(ReadOnlySpan<byte> body, Exception e)
    {
        body = body.TrimStart(" \t\r\n"u8);
        if (body.IsEmpty) return (false, "it is empty");
        if (body[0] == (byte)'<') return (false, "it looks like HTML");
        var words = e.Message;
        if (words.Contains("after a single JSON value", StringComparison.Ordinal)) return (true, "something follows it");
        if (words.Contains("end of data", StringComparison.OrdinalIgnoreCase) || words.Contains("reached end", StringComparison.OrdinalIgnoreCase)
            || words.Contains("Expected depth to be zero", StringComparison.Ordinal)) return (false, "it breaks off");
        if (body[0] is not ((byte)'{' or (byte)'[')) return (false, "it is plain text");
        if (words.Contains("depth", StringComparison.OrdinalIgnoreCase)) return (true, "it is nested deeper than 64 levels");
        if (words.Contains("uplicate", StringComparison.Ordinal)) return (true, "a property occurs twice");
        return (true, "a token has no place there (NaN and Infinity are no numbers)");
    }
}
