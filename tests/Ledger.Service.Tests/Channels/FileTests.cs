using Ledger.Delivery.Mail;

namespace Ledger.Delivery.Tests;

/// <summary>Mails as files, where there is no mail server.</summary>
public sealed class FileTests : IDisposable
{
    private const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string home = Directory.CreateTempSubdirectory("ledger-files-").FullName;

    private string Folder => Path.Combine(home, "mail");

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public async Task a_mail_is_one_whole_private_file_that_a_mail_program_reads()
    {
        await using var scene = await Scene.Set();
        var mail = Scene.Mail(subject: "Ledger: „vigilio“\r\nBcc: evil@x.org", text: "Grüße\n", html: "<p>ü</p>");
        await scene.Send(mail);
        await Scene.Run(scene.Loop(new FileChannel(Folder, "ledger@localhost")));
        var file = Assert.Single(Directory.GetFiles(Folder));
        Assert.Equal(mine, File.GetUnixFileMode(file));
        Assert.StartsWith("20261116T120000Z-a-1b2c3d4e-", Path.GetFileName(file), StringComparison.Ordinal);
        Assert.DoesNotContain("X-Receiver", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        var parsed = await SmtpServer.Parse(await File.ReadAllBytesAsync(file));
        Assert.Equal("Ledger: „vigilio“ Bcc: evil@x.org", (string?)parsed["subject"]);
        Assert.Equal(("Grüße", "<p>ü</p>"), (((string)parsed["text"]!).Trim(), ((string)parsed["html"]!).Trim()));
        Assert.Equal(("<a-1b2c3d4e.prod@ledger.invalid>", "2026-11-16T12:00:00.000Z"), ((string?)parsed["messageId"], (string?)parsed["date"]));
        Assert.Equal("ludo@example.org", (string?)parsed["headerTo"]![0]!["address"]);
    }

    [Fact]
    public async Task the_same_message_twice_is_one_file_and_two_recipients_are_two()
    {
        var channel = new FileChannel(Folder, "ledger@localhost");
        var (a, b) = (Parcel(Scene.Mail()), Parcel(Scene.Mail("other@x.org")));
        foreach (var parcel in new[] { a, a, b, a })
            Assert.Equal(Outcome.Delivered.Yes, await channel.Send(parcel, CancellationToken.None));
        Assert.Equal(2, Directory.GetFiles(Folder).Length);
    }

    [Fact]
    public async Task the_oldest_files_go_when_there_are_too_many()
    {
        var channel = new FileChannel(Folder, "ledger@localhost", filesMax: 5);
        for (var i = 0; i < 8; i++)
            await channel.Send(Parcel(Scene.Mail(notification: $"a-{i}", at: Scene.Noon.AddMinutes(i))), CancellationToken.None);
        Assert.Equal(["a-3", "a-4", "a-5", "a-6", "a-7"], Directory.GetFiles(Folder).Order().Select(f => Path.GetFileName(f).Split('Z')[1][1..4]));
    }

    [Fact]
    public async Task a_folder_that_cannot_be_written_keeps_the_mail()
    {
        await File.WriteAllTextAsync(Folder, "a file where the folder should be");
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        await Scene.Run(scene.Loop(new FileChannel(Folder, "ledger@localhost")));
        Assert.Equal(MessageState.Waiting, (await scene.Kept(id)).State);
    }

    [Fact]
    public async Task a_hostile_notification_stays_in_the_folder()
    {
        Assert.Equal(Outcome.Delivered.Yes, await new FileChannel(Folder, "ledger@localhost").Send(Parcel(Scene.Mail(notification: "../../../x\0/y")), CancellationToken.None));
        Assert.Single(Directory.GetFiles(home, "*", SearchOption.AllDirectories));
    }

    private static Parcel Parcel(MailMessageBody mail) => new(Ids.DerivedFrom(mail.To + mail.Notification, "m"), mail.Class, MessageJson.Write(mail), []);
}
