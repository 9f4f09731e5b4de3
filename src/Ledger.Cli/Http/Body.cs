using System.Text.Json;

namespace Ledger.Cli.Http;

/// <summary>Writes the body of a request.</summary>
internal static class Body
{
    public static byte[] Of(Action<Utf8JsonWriter> members)
    {
        var stream = new MemoryStream(256);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>Writes the member unless it is null: what was not said is not sent.</summary>
    public static void Maybe(this Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null) writer.WriteString(name, value);
    }

    public static void Maybe(this Utf8JsonWriter writer, string name, int? value)
    {
        if (value is { } number) writer.WriteNumber(name, number);
    }

    /// <summary>Writes a list unless it is empty.</summary>
    public static void Maybe(this Utf8JsonWriter writer, string name, List<string> values)
    {
        if (values.Count == 0) return;
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    public static readonly byte[] Empty = "{}"u8.ToArray();
}
