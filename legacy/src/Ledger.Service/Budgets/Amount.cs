using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Service.Budgets;

/// <summary>An amount as somebody wrote it: a text, or a number whose digits are kept as they stand. Judged where its field is known.</summary>
[JsonConverter(typeof(AmountJsonConverter))]
internal sealed record Amount(string Text);

internal sealed class AmountJsonConverter : JsonConverter<Amount>
{
    public override Amount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => new(reader.GetString()!),
        JsonTokenType.Number => new(System.Text.Encoding.UTF8.GetString(reader.HasValueSequence ? System.Buffers.BuffersExtensions.ToArray(reader.ValueSequence) : reader.ValueSpan)),
        _ => throw new JsonException("could not be converted"),
    };

    public override void Write(Utf8JsonWriter writer, Amount value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}
