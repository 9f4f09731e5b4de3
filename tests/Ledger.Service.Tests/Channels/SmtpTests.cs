using System.Text.Json.Nodes;
using Ledger.Delivery.Mail;

namespace Ledger.Delivery.Tests;

/// <summary>Mail through a real server.</summary>
public sealed class SmtpTests
{
    private const string sender = "ledger@example.org";

    [Fact]
    public async Task a_mail_goes_out_encrypted_and_signed_in_with_everything_a_reader_needs()
    {
        await using var server = await SmtpServer.Start();
        var mail = Scene.Mail(subject: "Ledger: „vigilio“ at 80 % – act", text: "Grüße,\n.\n.dot\n" + new string('x', 2_000) + "\n", html: "<p>Gr&uuml;&szlig;e ü</p>", all: ["ludo@example.org", "x@y.z"]);
        Assert.Equal(Outcome.Delivered.Yes, await Send(server, mail));
        var got = Assert.Single((await server.Mails()));
        Assert.True((bool)got["secure"]!);
        Assert.Equal(SmtpServer.User, (string?)got["user"]);
        Assert.Equal((sender, "ludo@example.org"), ((string?)got["from"], (string?)Assert.Single(got["to"]!.AsArray())));
        Assert.Equal(mail.Subject, (string?)got["subject"]);
        Assert.Equal(mail.Text, ((string?)got["text"])!.ReplaceLineEndings("\n").TrimEnd() + "\n");
        Assert.Contains("ü</p>", (string?)got["html"], StringComparison.Ordinal);
        Assert.Equal("<a-1b2c3d4e.prod@ledger.invalid>", (string?)got["messageId"]);
        Assert.Equal("<alerts.prod.ledger.invalid>", Header(got, "list-id"));
        Assert.Equal("auto-generated", Header(got, "auto-submitted"));
        Assert.Equal("ludo@example.org, x@y.z", Header(got, "x-ledger-recipients"));
        Assert.NotNull((string?)got["date"]);
        Assert.StartsWith("multipart/alternative", Header(got, "content-type"), StringComparison.Ordinal);
        Assert.All(((string)got["raw"]!).Split("\r\n"), line => Assert.True(line.Length <= 998));
    }

    [Theory]
    [InlineData("x\r\nBcc: evil@x.org\r\n\r\n<b>body</b>")]
    [InlineData("\u202Egpj.exe \u2066x\u0000y\u0007")]
    [InlineData("=HYPERLINK(\"http://evil\") <svg onload=alert(1)> {{7*7}}")]
    [InlineData("\uD800 lone, \uD83D\uDCB8 whole, \u2028 line")]
    public async Task a_hostile_name_stays_inside_the_subject(string name)
    {
        await using var server = await SmtpServer.Start();
        var mail = Scene.Mail(notification: $"a\r\nX-Evil: 1 {name}", subject: $"Ledger: {name} at 80 %");
        Assert.Equal(Outcome.Delivered.Yes, await Send(server, mail));
        var got = Assert.Single((await server.Mails()));
        string[] expected = ["auto-submitted", "content-transfer-encoding", "content-type", "date", "from", "list-id", "message-id", "mime-version", "received", "subject", "to", "x-ledger-notification", "x-ledger-recipients"];
        Assert.All(got["headers"]!.AsArray(), h => Assert.Contains((string)h![0]!, expected));
        var subject = (string)got["subject"]!;
        Assert.DoesNotContain(subject, c => char.IsControl(c) || char.IsSurrogate(c) && !subject.Contains('\uDCB8', StringComparison.Ordinal) || OneLine.IsBidi(c));
        Assert.EndsWith("at 80 %", subject, StringComparison.Ordinal);
        Assert.Equal("Hello.", ((string)got["text"]!).Trim());
        Assert.Single((await server.Events()), e => (string?)e["event"] == "rcpt");
    }

    [Fact]
    public async Task one_of_three_recipients_is_refused_and_each_has_its_own_outcome()
    {
        await using var server = await SmtpServer.Start();
        await server.Mood("""{"refuse":["b@x.org"]}""");
        await using var scene = await Scene.Set();
        string[] all = ["a@x.org", "b@x.org", "c@x.org"];
        var ids = await scene.Send([.. all.Select(to => Scene.Mail(to, all: all))]);
        await Scene.Run(scene.Loop(new SmtpChannel(server.Options(), sender)));
        var kept = await Task.WhenAll(ids.Select(scene.Kept));
        Assert.Equal([MessageState.Delivered, MessageState.Dead, MessageState.Delivered], kept.Select(k => k.State));
        Assert.Contains("5.1.1 nobody here", kept[1].Reason, StringComparison.Ordinal);
        Assert.Equal(["a@x.org", "c@x.org"], (await server.Mails()).Select(m => (string)m["to"]![0]!).Order());
        Assert.Single((await server.Mails()).Select(m => (string)m["messageId"]!).Distinct());
    }

    [Theory]
    [InlineData("deferRecipient")]
    [InlineData("deferData")]
    public async Task try_later_is_tried_later(string mood)
    {
        await using var server = await SmtpServer.Start();
        await server.Mood($$"""{"{{mood}}":1}""");
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        var loop = scene.Loop(new SmtpChannel(server.Options(), sender));
        await Scene.Run(loop);
        Assert.Equal((MessageState.Waiting, 0), ((await scene.Kept(id)).State, (await scene.Kept(id)).Unknown));
        Assert.Null(loop.Trouble);
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        await Scene.Run(loop);
        Assert.Equal(MessageState.Delivered, (await scene.Kept(id)).State);
    }

    [Theory]
    [InlineData("cutBeforeAnswer", 2)]
    [InlineData("cutInsideData", 1)]
    public async Task a_connection_cut_between_data_and_its_answer_costs_at_most_one_copy_with_the_same_message_id(string mood, int copies)
    {
        await using var server = await SmtpServer.Start();
        await server.Mood($$"""{"{{mood}}":1}""");
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        var loop = scene.Loop(new SmtpChannel(server.Options(), sender));
        await Scene.Run(loop);
        Assert.Equal((MessageState.Waiting, 1), ((await scene.Kept(id)).State, (await scene.Kept(id)).Unknown));
        for (var i = 0; i < 10; i++)
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(10));
            await Scene.Run(loop);
        }
        Assert.Equal(MessageState.Delivered, (await scene.Kept(id)).State);
        Assert.Equal(copies, (await server.Mails()).Length);
        Assert.Single((await server.Mails()).Select(m => (string)m["messageId"]!).Distinct());
    }

    [Fact]
    public async Task a_server_that_always_cuts_gets_two_copies_and_the_letter_is_dead()
    {
        await using var server = await SmtpServer.Start();
        await server.Mood("""{"cutBeforeAnswer":99}""");
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        var loop = scene.Loop(new SmtpChannel(server.Options(), sender));
        for (var i = 0; i < 10; i++)
        {
            await Scene.Run(loop);
            scene.Clock.Advance(TimeSpan.FromMinutes(10));
        }
        Assert.Equal(2, (await server.Mails()).Length);
        Assert.Equal(MessageState.Dead, (await scene.Kept(id)).State);
    }

    [Fact]
    public async Task a_server_killed_between_data_and_its_answer_is_an_unknown_outcome()
    {
        var server = await SmtpServer.Start();
        await server.Mood("""{"holdAnswer":1}""");
        var sending = Send(server, Scene.Mail());
        await server.Next("mail");
        await server.DisposeAsync();
        Assert.IsType<Outcome.Unknown>(await sending);
    }

    [Theory]
    [InlineData("cutAtRecipient")]
    [InlineData("refuseSender")]
    [InlineData("stall")]
    public async Task before_data_it_is_surely_not_sent_and_the_channel_waits(string mood)
    {
        await using var server = await SmtpServer.Start();
        await server.Mood($$"""{"{{mood}}":1}""");
        var outcome = await new SmtpChannel(server.Options(attemptMax: TimeSpan.FromSeconds(2)), sender).Send(Parcel(Scene.Mail()), CancellationToken.None);
        Assert.True(Assert.IsType<Outcome.Later>(outcome).Down);
        Assert.Empty((await server.Mails()));
    }

    [Fact]
    public async Task a_server_that_never_answers_is_not_waited_for()
    {
        await using var server = await SmtpServer.Start();
        await server.Mood("""{"holdAnswer":1}""");
        var began = Environment.TickCount64;
        Assert.IsType<Outcome.Unknown>(await new SmtpChannel(server.Options(attemptMax: TimeSpan.FromSeconds(2)), sender).Send(Parcel(Scene.Mail()), CancellationToken.None));
        Assert.InRange(Environment.TickCount64 - began, 1_900, 6_000);
    }

    [Fact]
    public async Task content_that_the_server_refuses_is_dead()
    {
        await using var server = await SmtpServer.Start();
        await server.Mood("""{"refuseData":1}""");
        Assert.Contains("spam", Assert.IsType<Outcome.Refused>(await Send(server, Scene.Mail())).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task without_starttls_nothing_is_said_in_the_clear()
    {
        await using var server = await SmtpServer.Start(tls: false);
        Assert.True(Assert.IsType<Outcome.Later>(await Send(server, Scene.Mail())).Down);
        Assert.Single((await server.Events()), e => (string?)e["event"] == "connect");
        Assert.DoesNotContain((await server.Events()), e => (string?)e["event"] is "auth" or "rcpt" or "mail");
    }

    [Fact]
    public async Task a_certificate_that_nobody_vouches_for_is_refused()
    {
        await using var server = await SmtpServer.Start();
        // By this name nobody vouches for it, and the name is not in it.
        var outcome = await new SmtpChannel(server.Options() with { Host = "127.0.0.1", CaFile = null }, sender).Send(Parcel(Scene.Mail()), CancellationToken.None);
        Assert.True(Assert.IsType<Outcome.Later>(outcome).Down);
        outcome = await new SmtpChannel(server.Options() with { Host = "127.0.0.1" }, sender).Send(Parcel(Scene.Mail()), CancellationToken.None);
        Assert.True(Assert.IsType<Outcome.Later>(outcome).Down);
        Assert.DoesNotContain((await server.Events()), e => (string?)e["event"] is "auth" or "mail");
    }

    [Fact]
    public async Task a_wrong_password_stops_the_channel_not_the_mail_and_is_not_told()
    {
        await using var server = await SmtpServer.Start();
        await using var scene = await Scene.Set();
        var ids = await scene.Send([.. Enumerable.Range(0, 20).Select(i => Scene.Mail($"u{i}@x.org"))]);
        const string wrong = "canary-wrong-password-77";
        var loop = scene.Loop(new SmtpChannel(server.Options(wrong), sender));
        await Scene.Run(loop);
        Assert.InRange((await server.Events()).Count(e => (string?)e["event"] == "auth"), 1, 4);
        Assert.NotNull(loop.Trouble);
        Assert.All(await Task.WhenAll(ids.Select(scene.Kept)), k => Assert.Equal(MessageState.Waiting, k.State));
        Assert.DoesNotContain("canary", string.Join(' ', scene.Said) + string.Join(' ', (await scene.Kept(ids[0])).Reason) + loop.Trouble + server.Options(wrong), StringComparison.Ordinal);
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        await Scene.Run(scene.Loop(new SmtpChannel(server.Options(), sender)));
        Assert.Equal(20, (await server.Mails()).Length);
    }

    [Fact]
    public async Task a_day_without_a_server_ends_in_one_mail()
    {
        var gone = await SmtpServer.Start();
        var (port, options) = (gone.Port, gone.Options());
        await gone.DisposeAsync();
        await using var scene = await Scene.Set();
        var loop = scene.Loop(new SmtpChannel(options, sender));
        for (var hour = 0; hour < 24; hour++)
        {
            await scene.Send(Scene.Mail(notification: $"a-{hour}", subject: $"alert {hour}", at: scene.Clock.GetUtcNow()));
            await Scene.Run(loop);
            scene.Clock.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal(24, (await scene.State()).Waiting);
        await using var back = await SmtpServer.Start(port: port);
        await Scene.Run(loop);
        Assert.Equal(new OutboxState(0, 0, null), await scene.State());
        Assert.Equal("24 alerts, delayed 24 h", (string?)Assert.Single(await back.Mails())["subject"]);
    }

    private static string? Header(JsonNode mail, string name) => (string?)mail["headers"]!.AsArray().Single(h => (string)h![0]! == name)![1];

    private static Parcel Parcel(MailMessageBody mail) => new(Guid.NewGuid(), mail.Class, MessageJson.Write(mail), []);

    private static Task<Outcome> Send(SmtpServer server, MailMessageBody mail) => new SmtpChannel(server.Options(), sender).Send(Parcel(mail), CancellationToken.None);
}
