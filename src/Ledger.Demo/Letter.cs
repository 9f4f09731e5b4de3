using System.Globalization;
using System.Text;

namespace Ledger.Demo;

/// <summary>A mail that lies in the mail folder, as a mail program would show it: subject and text part.</summary>
/// <param name="File">Its file.</param>
/// <param name="Subject">Decoded subject.</param>
/// <param name="Text">Decoded text part.</param>
internal sealed record Letter(string File, string Subject, string Text)
{
    /// <summary>All mails of a folder, oldest first.</summary>
    public static IEnumerable<Letter> In(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.eml").Order(StringComparer.Ordinal).Select(Read) : [];

    private static Letter Read(string file)
    {
        var (headers, body) = Part(System.IO.File.ReadAllText(file).ReplaceLineEndings("\n"));
        return new(file, Words(headers.GetValueOrDefault("subject", "")), Plain(headers, body) ?? "");
    }

    /// <summary>The first text/plain part, wherever it lies.</summary>
    private static string? Plain(Dictionary<string, string> headers, string body)
    {
        var type = headers.GetValueOrDefault("content-type", "text/plain");
        if (type.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase)) return Decoded(headers.GetValueOrDefault("content-transfer-encoding", "7bit"), body);
        var mark = type.IndexOf("boundary=", StringComparison.OrdinalIgnoreCase);
        if (mark < 0) return null;
        var boundary = type[(mark + 9)..].Split(';')[0].Trim().Trim('"');
        return body.Split("--" + boundary).Skip(1).Select(p => Part(p.TrimStart('\n'))).Select(p => Plain(p.Headers, p.Body)).FirstOrDefault(t => t is not null);
    }

    private static (Dictionary<string, string> Headers, string Body) Part(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (end < 0) return (headers, text);
        // A line that begins with white space goes on with the one before.
        foreach (var line in text[..end].Replace("\n\t", " ", StringComparison.Ordinal).Replace("\n ", " ", StringComparison.Ordinal).Split('\n'))
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                headers.TryAdd(line[..colon], line[(colon + 1)..].Trim());
        return (headers, text[(end + 2)..]);
    }

    private static string Decoded(string encoding, string body) => encoding.ToLowerInvariant() switch
    {
        "base64" => Encoding.UTF8.GetString(Convert.FromBase64String(body)),
        "quoted-printable" => QuotedPrintable(body.Replace("=\n", "", StringComparison.Ordinal)),
        _ => body,
    };

    /// <summary>RFC 2047: <c>=?utf-8?B?…?=</c> and <c>=?utf-8?Q?…?=</c>.</summary>
    private static string Words(string header)
    {
        var text = new StringBuilder();
        foreach (var word in header.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = word.Split('?');
            if (parts is ["=", _, var kind, var body, "="])
                text.Append(kind is "B" or "b" ? Encoding.UTF8.GetString(Convert.FromBase64String(body)) : QuotedPrintable(body.Replace('_', ' ')));
            else
                text.Append(text.Length > 0 ? " " : "").Append(word);
        }
        return text.ToString();
    }

    private static string QuotedPrintable(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '=' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code))
            {
                bytes.Add(code);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
