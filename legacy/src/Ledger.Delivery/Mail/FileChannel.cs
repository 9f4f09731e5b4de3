using System.Globalization;
using System.Net.Mail;
using System.Text;

namespace Ledger.Delivery.Mail;

/// <summary>Where there is no mail server: each mail is a file that any mail program opens. Whole or not at all, for this user alone.</summary>
internal sealed class FileChannel(string folder, string sender, int filesMax = FileChannel.FilesMax) : IChannel
{
    /// <summary>Files kept; the oldest beyond go.</summary>
    public const int FilesMax = 1_000;

    private const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Kind => MessageKinds.Mail;

    public ChannelRules Rules { get; } = new() { ClaimMax = 500, GivesUpAfter = TimeSpan.FromDays(7) };

    public ChannelInfo Info { get; } = new("email", false, folder, $"No SMTP_HOST is set: mails are laid down as .eml files in {folder}.");

    public async Task<Outcome> Send(Parcel parcel, CancellationToken ct)
    {
        var body = MessageJson.Read<MailMessageBody>(parcel.Body.Span);
        if (EmailAddress.WhyNot(body.To) is { } why) return new Outcome.Refused($"the recipient is no address: {why}");
        try
        {
            Directory.CreateDirectory(folder, mine | UnixFileMode.UserExecute);
            var path = Path.Combine(folder, NameOf(body, parcel.Id));
            if (File.Exists(path)) return Outcome.Delivered.Yes;
            var making = Path.Combine(folder, $".{parcel.Id:N}.new");
            File.Delete(making);
            await using (var file = new FileStream(making, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mine }))
            {
                await file.WriteAsync(Write(body, Path.Combine(folder, $".{parcel.Id:N}.pickup")), ct);
                file.Flush(flushToDisk: true);
            }
            File.Move(making, path, overwrite: true);
            RemoveOldest();
            return Outcome.Delivered.Yes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return new Outcome.Later(OneLine.Reason($"{folder}: {e.Message}"), Down: true);
        }
    }

    /// <summary>The date first, so that a listing is in order; then the notification, the message's own mark, and no foreign character.</summary>
    private static string NameOf(MailMessageBody body, Guid id)
    {
        var notification = string.Concat(body.Notification.Take(40).Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '-'));
        return string.Create(CultureInfo.InvariantCulture, $"{body.At.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{notification}-{id.ToString("N")[..12]}.eml");
    }

    /// <summary>The very bytes that the mail client would send, by way of a folder of its own.</summary>
    private byte[] Write(MailMessageBody body, string path)
    {
        // Whoever was killed here before left a mail in it.
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        var pickup = Directory.CreateDirectory(path, mine | UnixFileMode.UserExecute);
        try
        {
            using var mail = MailComposer.Compose(body, sender, () => { });
            using var client = new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = pickup.FullName };
            client.Send(mail);
            return Dated(Encoding.Latin1.GetString(File.ReadAllBytes(pickup.GetFiles().Single().FullName)), body.At);
        }
        finally
        {
            pickup.Delete(recursive: true);
        }
    }

    /// <summary>Without the envelope that a pickup folder writes on top, and with the date of the notification.</summary>
    private static byte[] Dated(string text, DateTimeOffset at)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var head = text[..end].Split("\r\n")
            .Where(l => !l.StartsWith("X-Sender:", StringComparison.OrdinalIgnoreCase) && !l.StartsWith("X-Receiver:", StringComparison.OrdinalIgnoreCase))
            .Select(l => l.StartsWith("Date:", StringComparison.OrdinalIgnoreCase) ? string.Create(CultureInfo.InvariantCulture, $"Date: {at.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000") : l);
        return Encoding.Latin1.GetBytes(string.Join("\r\n", head) + text[end..]);
    }

    private void RemoveOldest()
    {
        var files = Directory.GetFiles(folder, "*.eml");
        if (files.Length <= filesMax) return;
        foreach (var old in files.Order(StringComparer.Ordinal).Take(files.Length - filesMax))
            File.Delete(old);
    }
}
