using System.Globalization;
using Ledger.Service.Channels;
using MimeKit;

namespace Ledger.Service.Mail;

/// <summary>Where there is no mail server, each mail is a file that any mail program opens: whole or not at all, for this user alone.</summary>
internal static class MailFolder
{
    /// <summary>Files kept; the oldest beyond go.</summary>
    public const int FilesMax = 1_000;

    private const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <exception cref="DeliveryFailed">The folder can't be written.</exception>
    public static async Task Add(SendMail mail, string folder, string sender, CancellationToken ct, int filesMax = FilesMax)
    {
        try
        {
            Directory.CreateDirectory(folder, mine | UnixFileMode.UserExecute);
            var path = Path.Combine(folder, NameOf(mail));
            if (File.Exists(path)) return;
            var making = Path.Combine(folder, $".{mail.Id:N}.new");
            File.Delete(making);
            using var message = MimeMail.Of(mail, sender);
            await using (var file = new FileStream(making, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mine }))
            {
                message.Prepare(EncodingConstraint.SevenBit);
                await message.WriteToAsync(new FormatOptions { NewLineFormat = NewLineFormat.Dos }, file, ct);
                file.Flush(flushToDisk: true);
            }
            File.Move(making, path, overwrite: true);
            RemoveOldest(folder, filesMax);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            throw new DeliveryFailed(Reason.Of($"{folder}: {e.Message}")) { IsChannelDown = true };
        }
    }

    /// <summary>The date first, so that a listing is in order; then the notification, the message's own mark, and no foreign character.</summary>
    private static string NameOf(SendMail mail)
    {
        var notification = string.Concat(mail.Notification.Take(40).Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '-'));
        return string.Create(CultureInfo.InvariantCulture, $"{mail.At.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{notification}-{mail.Id.ToString("N")[..12]}.eml");
    }

    private static void RemoveOldest(string folder, int filesMax)
    {
        var files = Directory.GetFiles(folder, "*.eml");
        if (files.Length <= filesMax) return;
        foreach (var old in files.Order(StringComparer.Ordinal).Take(files.Length - filesMax))
            File.Delete(old);
    }
}
