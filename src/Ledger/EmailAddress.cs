namespace Ledger;

/// <summary>Addresses that mail can be sent to: one plain address, nothing that could mean something in a header or an envelope.</summary>
public static class EmailAddress
{
    /// <summary>Longest address, as SMTP has it.</summary>
    public const int LengthMax = 254;

    private const int localLengthMax = 64;
    private const int labelLengthMax = 63;

    /// <summary>Why a text is no address to send to; null when it is one.</summary>
    public static string? WhyNot(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "it is empty";
        if (text.Length > LengthMax) return $"it is longer than {LengthMax} characters";
        foreach (var c in text)
        {
            if (c is '\r' or '\n') return "it holds a line break";
            if (char.IsControl(c)) return $"it holds the control character U+{(int)c:X4}";
            if (char.IsWhiteSpace(c)) return "it holds a blank";
            if (c is ',' or ';') return "it is more than one address; give each by itself";
            if (c is '<' or '>') return "give the address alone, without a name and < >";
            if (c > '~') return "it has a character beyond ASCII; write a domain in its xn-- form";
        }
        var at = text.LastIndexOf('@');
        if (at < 0) return "it has no @";
        if (at == 0) return "nothing stands before the @";
        if (text.IndexOf('@', StringComparison.Ordinal) != at) return "it has more than one @";
        return Local(text[..at]) ?? Domain(text[(at + 1)..]);
    }

    private static string? Local(string local)
    {
        if (local.Length > localLengthMax) return $"what stands before the @ is longer than {localLengthMax} characters";
        if (local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal)) return "a dot stands at an end or beside another";
        foreach (var c in local)
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-/=?^_`{|}~.".Contains(c, StringComparison.Ordinal)) return $"'{c}' can't stand before the @";
        return null;
    }

    private static string? Domain(string domain)
    {
        if (domain.Length == 0) return "nothing stands behind the @";
        foreach (var label in domain.Split('.'))
        {
            if (label.Length is 0 or > labelLengthMax || label[0] == '-' || label[^1] == '-') return "what stands behind the @ is no domain";
            foreach (var c in label)
                if (!char.IsAsciiLetterOrDigit(c) && c != '-') return $"'{c}' can't stand in a domain";
        }
        return null;
    }
}
