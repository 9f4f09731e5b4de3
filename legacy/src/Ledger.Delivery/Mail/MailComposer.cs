using System.Net.Mail;
using System.Net.Mime;
using System.Text;

namespace Ledger.Delivery.Mail;

/// <summary>A mail as System.Net.Mail sends it. Every header that carries foreign text is one safe line.</summary>
internal static class MailComposer
{
    private const int subjectLengthMax = 200;

    /// <param name="body">What it says.</param>
    /// <param name="sender">Who it is from.</param>
    /// <param name="read">Called when somebody first reads the content.</param>
    public static MailMessage Compose(MailMessageBody body, string sender, Action read)
    {
        var mail = new MailMessage
        {
            From = new(sender, "Ledger", Encoding.UTF8),
            Subject = OneLine.Of(body.Subject, subjectLengthMax),
            SubjectEncoding = Encoding.UTF8,
            HeadersEncoding = Encoding.UTF8,
        };
        mail.To.Add(new MailAddress(body.To));
        mail.Headers.Add("Message-ID", $"<{Token(body.MessageId)}>");
        mail.Headers.Add("List-Id", $"<{Token(body.ListId)}>");
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Headers.Add("X-Ledger-Notification", Token(body.Notification));
        // The envelope has one recipient, so that each has its own outcome; here stands who else was told.
        mail.Headers.Add("X-Ledger-Recipients", Folded(body.ToAll.Where(a => EmailAddress.WhyNot(a) is null)));
        mail.AlternateViews.Add(View(body.Text, MediaTypeNames.Text.Plain, read));
        if (body.Html is { } html) mail.AlternateViews.Add(View(html, MediaTypeNames.Text.Html, read));
        return mail;
    }

    private static AlternateView View(string text, string type, Action read) =>
        new(new NotedStream(Encoding.UTF8.GetBytes(Lines(text)), read), new ContentType(type) { CharSet = "utf-8" }) { TransferEncoding = TransferEncoding.QuotedPrintable };

    /// <summary>Line breaks as mail has them; a lone carriage return is one, too.</summary>
    private static string Lines(string text) => text.ReplaceLineEndings("\r\n");

    /// <summary>An identifier: whatever is not plain ASCII without blanks and brackets becomes a hyphen.</summary>
    private static string Token(string text)
    {
        var cut = text.Length > 200 ? text[..200] : text;
        return string.Concat(cut.Select(c => c is > ' ' and <= '~' and not ('<' or '>' or '(' or ')' or ',' or ';' or ':' or '"' or '\\') ? c : '-'));
    }

    private static string Folded(IEnumerable<string> addresses)
    {
        var list = addresses.Take(50).ToArray();
        return list.Length == 0 ? "-" : string.Join(", ", list);
    }
}

/// <summary>
/// Content that tells when it is first read. The mail client reads it only after the server accepted DATA: content that nobody
/// read was surely not sent.
/// </summary>
internal sealed class NotedStream(byte[] content, Action read) : MemoryStream(content, writable: false)
{
    public override int Read(byte[] buffer, int offset, int count)
    {
        read();
        return base.Read(buffer, offset, count);
    }

    public override int Read(Span<byte> buffer)
    {
        read();
        return base.Read(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        read();
        return base.ReadAsync(buffer, offset, count, cancellationToken);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        read();
        return base.ReadAsync(buffer, cancellationToken);
    }

    public override int ReadByte()
    {
        read();
        return base.ReadByte();
    }

    public override void CopyTo(Stream destination, int bufferSize)
    {
        read();
        base.CopyTo(destination, bufferSize);
    }

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        read();
        return base.CopyToAsync(destination, bufferSize, cancellationToken);
    }
}
