using System.Globalization;
using System.Text;

namespace Ledger;

/// <summary>
/// Names come from people, agents and providers. Before one reaches a terminal, a mail or a chat, what could move the cursor, break a
/// line, hide or reorder text is taken out: control characters, bidirectional controls, invisible characters, broken surrogates.
/// </summary>
public static class SafeText
{
    private const char isolate = '\u2068';
    private const char isolated = '\u2069';

    /// <summary>One harmless line.</summary>
    public static string Of(string? text)
    {
        if (text is null) return "";
        var harmless = true;
        foreach (var c in text) harmless &= c is >= ' ' and < '\u007f';
        if (harmless) return text;
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\r' or '\t') safe.Append(' ');
            else if (IsHarmless(rune)) safe.Append(rune.ToString());
        }
        return safe.ToString();
    }

    /// <summary>A harmless name of at most so many columns. Where it is written from right to left, isolated, so that its neighbours keep their order.</summary>
    public static string Name(string? text, int columns = 60)
    {
        var safe = Fit(Of(text).Trim(), columns);
        return safe.EnumerateRunes().Any(IsRightToLeft) ? $"{isolate}{safe}{isolated}" : safe;
    }

    /// <summary>At most so many columns; what is cut ends in an ellipsis.</summary>
    public static string Fit(string safe, int columns)
    {
        if (Width(safe) <= columns) return safe;
        var fitted = new StringBuilder();
        var used = 0;
        foreach (var rune in safe.EnumerateRunes())
        {
            if (used + Width(rune) > columns - 1) break;
            used += Width(rune);
            fitted.Append(rune.ToString());
        }
        return fitted.Append('…').ToString();
    }

    /// <summary>Columns a text takes on a terminal.</summary>
    public static int Width(string safe)
    {
        var width = 0;
        foreach (var rune in safe.EnumerateRunes()) width += Width(rune);
        return width;
    }

    private static int Width(Rune rune) => rune.Value switch
    {
        < 0x300 => 1,
        _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        >= 0x1100 and <= 0x115f or >= 0x2e80 and <= 0xa4cf or >= 0xac00 and <= 0xd7a3 or >= 0xf900 and <= 0xfaff
            or >= 0xfe30 and <= 0xfe6f or >= 0xff00 and <= 0xff60 or >= 0xffe0 and <= 0xffe6
            or >= 0x1f300 and <= 0x1f64f or >= 0x1f680 and <= 0x1f6ff or >= 0x1f7e0 and <= 0x1f7eb or >= 0x1f900 and <= 0x1faff or >= 0x20000 and <= 0x3fffd => 2,
        _ => 1,
    };

    /// <summary>Hebrew, Arabic, Syriac, Thaana, NKo and their neighbours, in all their forms.</summary>
    private static bool IsRightToLeft(Rune rune) => rune.Value is (>= 0x0590 and <= 0x08ff) or (>= 0xfb1d and <= 0xfdff) or (>= 0xfe70 and <= 0xfeff) or (>= 0x10800 and <= 0x10fff) or (>= 0x1e800 and <= 0x1efff);

    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate => false,
        // Hangul fillers and the braille blank look like nothing at all.
        _ => rune.Value is not (0x115f or 0x1160 or 0x3164 or 0xffa0 or 0x2800),
    };
}
