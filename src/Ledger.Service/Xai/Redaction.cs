using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ledger.Service.Xai;

/// <summary>Makes foreign text fit for logs, events and people: no secrets, no control or bidi characters, short.</summary>
internal static partial class Redaction
{
    public const int DetailMax = 300;

    /// <summary>Scrubs by exact known value first, then by the shapes credentials have.</summary>
    public static string Scrub(string text, params ReadOnlySpan<Secret> known)
    {
        foreach (var secret in known)
        {
            var plain = secret.Reveal();
            if (plain.Length >= 6) text = text.Replace(plain, "***", StringComparison.Ordinal);
        }
        return Cut(Visible(WithoutCredentials(text)), DetailMax);
    }

    /// <summary>Whatever has the shape of a credential becomes <c>***</c>.</summary>
    public static string WithoutCredentials(string text) => CredentialShapes().Replace(text, "***");

    /// <summary>
    /// Control, bidi and other invisible characters spelt out as <c>\u202E</c>, so that they can't act and two different names stay different.
    /// </summary>
    public static string Visible(string text)
    {
        var clean = true;
        foreach (var c in text) clean &= !Acts(c);
        if (clean) return text;

        var made = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (!Acts(c)) made.Append(c);
            else if (c is '\n' or '\r' or '\t') made.Append(' ');
            else made.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
        }
        return made.ToString();
    }

    public static string Cut(string text, int max)
    {
        if (text.Length <= max) return text;
        var end = max - 1;
        if (char.IsHighSurrogate(text[end - 1])) end--;
        return $"{text.AsSpan(0, end)}…";
    }

    private static bool Acts(char c) => c is < ' ' or (>= '\u007F' and <= '\u009F') or '\u061C' or '\u200B' or '\u200E' or '\u200F' or '\u2028' or '\u2029'
        or (>= '\u202A' and <= '\u202E') or (>= '\u2060' and <= '\u206F') or '\uFEFF';

    // Twenty characters after a prefix: names that people give to keys (xai-vigilio) are shorter, real credentials longer.
    [GeneratedRegex(@"(?:xai-token-|xai-|sk-ant-|sk-or-|sk-|ghp_|github_pat_|ldg_)[A-Za-z0-9_\-]{20,}|(?<=Bearer\s+)[^\s""',;]{8,}", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex CredentialShapes();
}
