using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger;

/// <summary>
/// A secret: a credential, a password, an address that lets anybody post. It prints as <c>***</c>, JSON gets <c>***</c>, and it is revealed only
/// where it is sent or encrypted.
/// </summary>
/// <param name="text">The plain text, as it is. What a person pasted goes through <see cref="FromPaste"/>.</param>
[JsonConverter(typeof(SecretJsonConverter))]
public sealed class Secret(string text)
{
    private const int lengthMax = 4096;

    /// <summary>Whether whitespace around the pasted text was removed; worth telling, because other tools keep it and fail.</summary>
    public bool WasTrimmed { get; private init; }

    /// <summary>The last four characters, for people who hold several: <c>…aB3x</c>. Short secrets show nothing.</summary>
    public string Redacted => text.Length >= 16 ? $"…{text[^4..]}" : "…";

    /// <summary>Takes a credential that somebody pasted. Whitespace at the ends goes; anything that can't be in an HTTP header is refused.</summary>
    /// <exception cref="FormatException">It is empty, too long, or has characters no credential has. The message says so without repeating it.</exception>
    public static Secret FromPaste(string? pasted) =>
        WhyNot(pasted) is { } why ? throw new FormatException(why) : new(Trimmed(pasted)) { WasTrimmed = Trimmed(pasted).Length != pasted!.Length };

    /// <summary>Why a pasted text can't be a credential, in a sentence; null when it can.</summary>
    public static string? WhyNot(string? pasted)
    {
        var trimmed = Trimmed(pasted);
        if (trimmed.Length == 0) return "The credential is empty.";
        if (trimmed.Length > lengthMax) return $"The credential is longer than {lengthMax} characters.";
        return trimmed.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? "The credential has a space, a line break or another character inside that no credential has; copy it again."
            : null;
    }

    /// <summary>The plain text: for the request that needs it and for encryption, nowhere else.</summary>
    public string Reveal() => text;

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    // Besides ordinary whitespace, web pages and chat windows leave zero-width characters at the ends.
    private static string Trimmed(string? pasted) => (pasted ?? "").Trim().Trim('\uFEFF', '\u200B', '\u200C', '\u200D', '\u2060').Trim();
}

/// <summary>Reads a secret that arrives in a request, and writes <c>***</c>, so that none slips into an event, a log or an answer.</summary>
public sealed class SecretJsonConverter : JsonConverter<Secret>
{
    /// <inheritdoc/>
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? new(reader.GetString()!) : throw new JsonException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) => writer.WriteStringValue("***");
}
