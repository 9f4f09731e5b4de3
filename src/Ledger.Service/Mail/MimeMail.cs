using MimeKit;
using MimeKit.Text;

namespace Ledger.Service.Mail;

/// <summary>A mail as it is written. Every header that carries foreign text is one safe line.</summary>
internal static class MimeMail
{
    private const int subjectColumnsMax = 200;
    private const int recipientsNamed = 50;

    public static MimeMessage Of(SendMail mail, string sender)
    {
        var message = new MimeMessage { Subject = SafeText.Fit(SafeText.Of(mail.Subject), subjectColumnsMax), Date = mail.At };
        message.From.Add(new MailboxAddress("Ledger", sender));
        message.To.Add(new MailboxAddress(null, mail.To));
        // Set as they are: MimeKit would refuse an id that it finds unusual, and a mail is worth more than its id.
        message.Headers.Replace(HeaderId.MessageId, $"<{Token(mail.MessageId)}>");
        message.Headers.Replace(HeaderId.ListId, $"<{Token(mail.ListId)}>");
        message.Headers.Replace(HeaderId.AutoSubmitted, "auto-generated");
        // Who runs the service reads that address; there is no page to click yet.
        message.Headers.Replace(HeaderId.ListUnsubscribe, $"<mailto:{sender}?subject=stop%20{Token(mail.ListId)}>");
        message.Headers.Replace("X-Ledger-Notification", Token(mail.Notification));
        // The envelope has one recipient, so that each has its own outcome; here stands who else was told.
        message.Headers.Replace("X-Ledger-Recipients", Row(mail.ToAll));
        message.Body = mail.Html is { } html
            ? new MultipartAlternative { Part(TextFormat.Plain, mail.Text), Part(TextFormat.Html, html) }
            : Part(TextFormat.Plain, mail.Text);
        return message;
    }

    private static TextPart Part(TextFormat format, string text)
    {
        var part = new TextPart(format) { Text = text.ReplaceLineEndings("\r\n") };
        part.ContentTransferEncoding = ContentEncoding.QuotedPrintable;
        return part;
    }

    /// <summary>An identifier: whatever is not plain ASCII without blanks and brackets becomes a hyphen.</summary>
    private static string Token(string text)
    {
        var cut = text.Length > 200 ? text[..200] : text;
        return string.Concat(cut.Select(c => c is > ' ' and <= '~' and not ('<' or '>' or '(' or ')' or ',' or ';' or ':' or '"' or '\\') ? c : '-'));
    }

    private static string Row(IEnumerable<string> addresses)
    {
        var row = string.Join(", ", addresses.Where(a => EmailAddress.WhyNot(a) is null).Take(recipientsNamed));
        return row.Length == 0 ? "-" : row;
    }
}
