using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Contracts;

/// <summary>An amount of dollars as somebody wrote it: a text, or a number whose digits are kept as they stand. It is read where its field is known.</summary>
/// <param name="Text">What was written.</param>
[JsonConverter(typeof(AmountJsonConverter))]
public sealed record Amount(string Text);

/// <summary>Reads an amount from a text or a number without going through a binary fraction.</summary>
public sealed class AmountJsonConverter : JsonConverter<Amount>
{
    /// <inheritdoc/>
    public override Amount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => new(reader.GetString()!),
        JsonTokenType.Number => new(Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan)),
        // Without a message of ours the reader says where it was.
        _ => throw new JsonException(),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Amount value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}
