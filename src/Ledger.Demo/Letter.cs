using MimeKit;

namespace Ledger.Demo;

/// <summary>A mail that lies in the mail folder, as a mail program would show it.</summary>
/// <param name="File">Its file.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Text">Its text part.</param>
internal sealed record Letter(string File, string Subject, string Text)
{
    /// <summary>All mails of a folder, oldest first.</summary>
    public static IEnumerable<Letter> In(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.eml").Order(StringComparer.Ordinal).Select(Read) : [];

    private static Letter Read(string file)
    {
        using var mail = MimeMessage.Load(file);
        return new(file, mail.Subject ?? "", (mail.TextBody ?? "").ReplaceLineEndings("\n"));
    }
}
