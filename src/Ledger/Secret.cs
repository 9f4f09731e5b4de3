using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Providers;

/// <summary>A credential. It prints as <c>***</c>, cannot be serialised, and is revealed only where it is sent or encrypted.</summary>
[JsonConverter(typeof(SecretJsonConverter))]
public sealed class Secret
{
    private const int lengthMax = 4096;
    private readonly string text;

    private Secret(string text, bool wasTrimmed)
    {
        this.text = text;
        WasTrimmed = wasTrimmed;
    }

    /// <summary>Whether whitespace around the pasted text was removed; worth telling, because other tools keep it and fail.</summary>
    public bool WasTrimmed { get; }

    /// <summary>The last four characters, for people who hold several: <c>…aB3x</c>. Short secrets show nothing.</summary>
    public string Redacted => text.Length >= 16 ? $"…{text[^4..]}" : "…";

    /// <summary>Takes what somebody pasted. Whitespace at the ends goes; anything that can't be in an HTTP header is refused.</summary>
    /// <exception cref="ProviderException">Kind <c>invalid</c>: empty, too long, or with characters no credential has.</exception>
    public static Secret FromPaste(string? pasted)
    {
        // Besides ordinary whitespace, web pages and chat windows leave zero-width characters at the ends.
        var trimmed = (pasted ?? "").Trim().Trim('\uFEFF', '\u200B', '\u200C', '\u200D', '\u2060').Trim();
        if (trimmed.Length == 0) throw new ProviderException(FailureKind.Invalid, "The credential is empty.");
        if (trimmed.Length > lengthMax) throw new ProviderException(FailureKind.Invalid, $"The credential is longer than {lengthMax} characters.");
        foreach (var c in trimmed)
        {
            if (c is <= ' ' or > '~')
                throw new ProviderException(FailureKind.Invalid, "The credential has a space, a line break or another character inside that no credential has; copy it again.");
        }
        return new(trimmed, trimmed.Length != pasted!.Length);
    }

    /// <summary>The plain text: for the request that needs it and for encryption, nowhere else.</summary>
    public string Reveal() => text;

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";
}

/// <summary>Refuses to read or write a <see cref="Secret"/>, so that none slips into an event, a log or an answer.</summary>
internal sealed class SecretJsonConverter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("A secret is never read from JSON.");

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        throw new NotSupportedException("A secret is never written to JSON.");
}
