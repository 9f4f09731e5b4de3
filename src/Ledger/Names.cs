namespace Ledger;

/// <summary>Texts that people and providers name things with.</summary>
public static class Names
{
    /// <summary>Longest name or title, in characters.</summary>
    public const int LengthMax = 200;

    private const char ellipsis = '…';

    private static readonly HashSet<string> reserved = new(StringComparer.OrdinalIgnoreCase) { "(idle)", "(unassigned)", "(other)", "(none)" };

    /// <summary>Why a text can't be a name; null when it can.</summary>
    public static string? WhyNot(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return "it is empty";
        if (text.Length > LengthMax) return $"it is longer than {LengthMax} characters";
        if (reserved.Contains(text.Trim())) return "that name is taken by the books themselves";
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\0') return "it holds U+0000";
            if (char.IsControl(c)) return $"it holds the control character U+{(int)c:X4}";
            if (c is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')) return $"it holds the bidi control U+{(int)c:X4}";
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
            else if (char.IsSurrogate(c)) return "it holds a lone surrogate";
        }
        return null;
    }

    /// <summary>Refuses a bad text with <c>text.invalid</c>.</summary>
    public static void Check(string field, string? text)
    {
        if (WhyNot(text) is { } why) throw new Refused("text.invalid", $"{field} can't be used: {why}.", field, text);
    }

    /// <summary>A name from outside, cut to what a name may be; what was cut ends in an ellipsis.</summary>
    public static string Cut(string text)
    {
        if (text.Length <= LengthMax) return text;
        var end = char.IsHighSurrogate(text[LengthMax - 2]) ? LengthMax - 2 : LengthMax - 1;
        return $"{text.AsSpan(0, end)}{ellipsis}";
    }

    /// <summary>Whether a name is the beginning of a longer one.</summary>
    public static bool IsCut(string name) => name.Length >= LengthMax - 1 && name[^1] == ellipsis;

    /// <summary>A text that can be shown anywhere: controls, bidi controls and lone surrogates become U+FFFD, cut to 80 characters.</summary>
    public static string Printable(string text)
    {
        var cut = text.Length > 80 ? text[..80] : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') ? '\uFFFD' : c));
    }
}
