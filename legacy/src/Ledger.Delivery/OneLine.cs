using System.Text;

namespace Ledger.Delivery;

/// <summary>Foreign text made fit for one line of a header, a log or a reason.</summary>
internal static class OneLine
{
    private const int reasonLengthMax = 300;

    /// <summary>One line: control characters and line breaks become blanks, bidi controls and lone surrogates U+FFFD.</summary>
    public static string Of(string text, int lengthMax)
    {
        var line = new StringBuilder(Math.Min(text.Length, lengthMax));
        for (var i = 0; i < text.Length && line.Length < lengthMax; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) line.Append(c).Append(text[++i]);
            else if (char.IsSurrogate(c) || IsBidi(c)) line.Append('\uFFFD');
            else if (char.IsControl(c) || c is '\u2028' or '\u2029') line.Append(line.Length > 0 && line[^1] == (char)32 ? "" : " ");
            else line.Append(c);
        }
        return line.ToString().Trim();
    }

    /// <summary>Why an attempt failed, without what must not be told.</summary>
    public static string Reason(string text, params ReadOnlySpan<string?> secrets)
    {
        foreach (var secret in secrets)
            if (secret is { Length: >= 4 }) text = text.Replace(secret, "***", StringComparison.Ordinal);
        return Of(text, reasonLengthMax);
    }

    public static bool IsBidi(char c) => c is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
