using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ledger.Cli.Output;

/// <summary>JSON that people and logs can read, and that no terminal can take for a command: plain ASCII, in which only what must be is escaped.</summary>
internal static class Plain
{
    public static JsonWriterOptions Json(bool indented) => new() { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Outside its strings JSON is ASCII already.</summary>
    public static string Of(MemoryStream json)
    {
        var text = Encoding.UTF8.GetString(json.GetBuffer(), 0, (int)json.Length);
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '~') < 0) return text;
        var plain = new StringBuilder(text.Length + 64);
        foreach (var c in text)
            if (c <= '~') plain.Append(c);
            else plain.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
        return plain.ToString();
    }
}
