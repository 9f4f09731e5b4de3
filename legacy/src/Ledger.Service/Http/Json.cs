using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Providers;

namespace Ledger.Service.Http;

/// <summary>JSON as this service speaks it: strict in, plain out.</summary>
internal static class Json
{
    /// <summary>Deepest nesting a request may have.</summary>
    public const int DepthMax = 16;

    public static JsonSerializerOptions Options { get; } = Configure(new());

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = DepthMax;
        options.Converters.Add(new InstantJsonConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        return options;
    }

    /// <summary>SHA-256 of what was asked: method, path and the body with its members sorted and its white space gone.</summary>
    public static byte[] Hash(string method, string path, JsonElement body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            Canonical(body, writer);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(Encoding.UTF8.GetBytes($"{method}\n{path}\n"));
        sha.AppendData(buffer.WrittenSpan);
        return sha.GetHashAndReset();
    }

    private static void Canonical(JsonElement element, Utf8JsonWriter writer)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    // A member that is null says as much as one that is not there.
                    if (member.Value.ValueKind == JsonValueKind.Null) continue;
                    writer.WritePropertyName(member.Name);
                    Canonical(member.Value, writer);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                    Canonical(item, writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(element.GetRawText(), skipInputValidation: true);
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}

/// <summary>A credential as it arrives in a request. It prints as <c>***</c> and is never written.</summary>
[JsonConverter(typeof(PastedJsonConverter))]
internal sealed class Pasted(string text)
{
    /// <exception cref="ProviderException">Nothing that could be a credential.</exception>
    public Secret ToSecret() => Secret.FromPaste(text);

    public override string ToString() => "***";
}

internal sealed class PastedJsonConverter : JsonConverter<Pasted>
{
    public override Pasted? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? new(reader.GetString()!) : throw new JsonException("could not be converted");

    public override void Write(Utf8JsonWriter writer, Pasted value, JsonSerializerOptions options) => writer.WriteStringValue("***");
}
