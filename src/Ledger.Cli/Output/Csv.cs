namespace Ledger.Cli.Output;

/// <summary>RFC 4180, and nothing that a spreadsheet would run.</summary>
internal static class Csv
{
    // Text may hold anything; figures and times are ours, so that -5.00 stays a number.
    public static string Cell(string? value, bool text)
    {
        if (value is null) return "";
        if (text)
        {
            value = value.Replace("\0", "", StringComparison.Ordinal);
            if (value.Length > 0 && (value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' || value[0] is '\uff1d' or '\uff0b' or '\uff0d' or '\uff20'))
                value = "'" + value;
        }
        return value.AsSpan().IndexOfAny(",\"\r\n") >= 0 || value is [' ', ..] or [.., ' ']
            ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : value;
    }
}
