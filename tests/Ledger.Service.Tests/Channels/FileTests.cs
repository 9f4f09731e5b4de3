using Ledger.Service.Mail;
using MimeKit;

namespace Ledger.Service.Tests.Channels;

/// <summary>Mails as files, where there is no mail server.</summary>
public sealed class FileTests : IDisposable
{
    private const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string home = System.IO.Directory.CreateTempSubdirectory("ledger-files-").FullName;

    private string Folder => Path.Combine(home, "mail");

    public void Dispose() => System.IO.Directory.Delete(home, recursive: true);

    [Fact]
    public async Task a_mail_is_one_whole_private_file_that_a_mail_program_reads()
    {
        var mail = Given.Mail(subject: "Ledger: „vigilio“\r\nBcc: evil@x.org", text: "Grüße\n", html: "<p>ü</p>");
        await Add(mail);
        var file = Assert.Single(System.IO.Directory.GetFiles(Folder));
        Assert.Equal(mine, File.GetUnixFileMode(file));
        Assert.Equal($"20261116T120000Z-a-1b2c3d4e-{mail.Id.ToString("N")[..12]}.eml", Path.GetFileName(file));
        Assert.DoesNotContain('\n', (await File.ReadAllTextAsync(file)).Replace("\r\n", "", StringComparison.Ordinal));
        using var parsed = await MimeMessage.LoadAsync(file);
        Assert.Equal("Ledger: „vigilio“  Bcc: evil@x.org", parsed.Subject);
        Assert.Equal(("Grüße", "<p>ü</p>"), (parsed.TextBody!.Trim(), parsed.HtmlBody!.Trim()));
        Assert.Equal(("a-1b2c3d4e.prod@ledger.invalid", Given.Noon), (parsed.MessageId, parsed.Date));
        Assert.Equal("ludo@example.org", Assert.Single(parsed.To.Mailboxes).Address);
        Assert.False(parsed.Headers.Contains(HeaderId.Bcc));
    }

    [Fact]
    public async Task the_same_message_twice_is_one_file_and_two_recipients_are_two()
    {
        var (a, b) = (Given.Mail(), Given.Mail("other@x.org"));
        foreach (var mail in new[] { a, a, b, a }) await Add(mail);
        Assert.Equal(2, System.IO.Directory.GetFiles(Folder).Length);
    }

    [Fact]
    public async Task the_oldest_files_go_when_there_are_too_many()
    {
        for (var i = 0; i < 8; i++)
            await MailFolder.Add(Given.Mail(notification: $"a-{i}", at: Given.Noon.AddMinutes(i)), Folder, "ledger@localhost", CancellationToken.None, filesMax: 5);
        Assert.Equal(["a-3", "a-4", "a-5", "a-6", "a-7"], System.IO.Directory.GetFiles(Folder).Order().Select(f => Path.GetFileName(f).Split('Z')[1][1..4]));
    }

    [Fact]
    public async Task a_folder_that_cannot_be_written_keeps_the_mail()
    {
        await File.WriteAllTextAsync(Folder, "a file where the folder should be");
        using var given = new Given(new() { MailFolder = Folder });
        Assert.True((await given.Fails(Given.Mail())).IsChannelDown);
    }

    [Fact]
    public async Task a_hostile_notification_stays_in_the_folder()
    {
        await Add(Given.Mail(notification: "../../../x\0/y"));
        Assert.Single(System.IO.Directory.GetFiles(home, "*", SearchOption.AllDirectories));
    }

    private async Task Add(SendMail mail)
    {
        using var given = new Given(new() { MailFolder = Folder });
        await given.Handle(mail);
    }
}
