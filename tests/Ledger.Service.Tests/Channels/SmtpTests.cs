using Ledger.Service.Channels;
using MimeKit;
using SmtpServer.Protocol;
using Wolverine;

namespace Ledger.Service.Tests.Channels;

/// <summary>Mail through a mail server.</summary>
public sealed class SmtpTests
{
    private const string sender = "ledger@example.org";

    [Theory]
    [InlineData(SmtpTls.StartTls)]
    [InlineData(SmtpTls.Implicit)]
    public async Task a_mail_goes_out_encrypted_and_signed_in_with_everything_a_reader_needs(SmtpTls tls)
    {
        await using var server = MailServer.Start(implicitTls: tls == SmtpTls.Implicit);
        var mail = Given.Mail(subject: "Ledger: „vigilio“ at 80 % – act", text: "Grüße,\n.\n.dot\n" + new string('x', 2_000) + "\n", html: "<p>Gr&uuml;&szlig;e ü</p>", all: ["ludo@example.org", "x@y.z"]);
        await To(server.Options(tls)).Handle(mail);
        var got = Assert.Single(server.Mails);
        Assert.Equal((true, MailServer.User, sender, "ludo@example.org"), (got.Secure, got.User, got.From, got.To));
        Assert.Equal(mail.Subject, got.Mail.Subject);
        Assert.Equal(mail.Text, got.Mail.TextBody!.ReplaceLineEndings("\n"));
        Assert.Contains("ü</p>", got.Mail.HtmlBody, StringComparison.Ordinal);
        Assert.Equal("a-1b2c3d4e.prod@ledger.invalid", got.Mail.MessageId);
        Assert.Equal("<alerts.prod.ledger.invalid>", got.Mail.Headers[HeaderId.ListId]);
        Assert.Equal("auto-generated", got.Mail.Headers[HeaderId.AutoSubmitted]);
        Assert.Equal("ludo@example.org, x@y.z", got.Mail.Headers["X-Ledger-Recipients"]);
        Assert.Equal(mail.At, got.Mail.Date);
        Assert.Equal("multipart/alternative", got.Mail.Body!.ContentType.MimeType);
        Assert.Equal("Ledger", Assert.IsType<MailboxAddress>(Assert.Single(got.Mail.From)).Name);
        Assert.All(got.Raw.Split("\r\n"), line => Assert.True(line.Length <= 998));
    }

    [Theory]
    [InlineData("AUTH LOGIN")]
    [InlineData("AUTH PLAIN XOAUTH2 OAUTHBEARER")]
    public async Task it_signs_in_by_what_the_server_offers(string offer)
    {
        using var server = new MoodyMailServer { Offers = [offer] };
        foreach (var (word, answer) in new[] { ("AUTH", offer.EndsWith("LOGIN", StringComparison.Ordinal) ? "334 VXNlcm5hbWU6" : "235 welcome"), ("bGVkZ2Vy", "334 UGFzc3dvcmQ6"), ("Y2FuYXJ5LXBhc3N3b3Jk", "235 welcome") })
            server.Answers[word] = answer;
        await To(server.Options(signsIn: true)).Handle(Given.Mail());
        Assert.Contains(server.Heard, l => l.StartsWith(offer.Contains("PLAIN", StringComparison.Ordinal) ? "AUTH PLAIN AGxlZGdlcgBjYW5hcnktcGFzc3dvcmQ=" : "AUTH LOGIN", StringComparison.Ordinal));
        Assert.Contains("DATA", server.Heard);
    }

    [Theory]
    [InlineData("x\r\nBcc: evil@x.org\r\n\r\n<b>body</b>")]
    [InlineData("\u202Egpj.exe \u2066x\u0000y\u0007")]
    [InlineData("=HYPERLINK(\"http://evil\") <svg onload=alert(1)> {{7*7}}")]
    [InlineData("=?utf-8?q?a=0D=0ABcc:_evil@x.org?=")]
    [InlineData("\uD800 lone, \uD83D\uDCB8 whole, \u2028 line")]
    public async Task a_hostile_name_stays_inside_the_subject(string name)
    {
        await using var server = MailServer.Start();
        var mail = Given.Mail(notification: $"a\r\nX-Evil: 1 {name}", subject: $"Ledger: {name} at 80 %");
        await To(server.Options()).Handle(mail);
        var got = Assert.Single(server.Mails);
        string[] expected = ["auto-submitted", "content-transfer-encoding", "content-type", "date", "from", "list-id", "list-unsubscribe", "message-id", "mime-version", "subject", "to", "x-ledger-notification", "x-ledger-recipients"];
        Assert.All(got.Mail.Headers, h => Assert.Contains(h.Field.ToLowerInvariant(), expected));
        Assert.DoesNotContain(got.Mail.Subject!, c => char.IsControl(c) || c is '\u202E' or '\u2066');
        Assert.EndsWith("at 80 %", got.Mail.Subject, StringComparison.Ordinal);
        Assert.Equal("Hello.", got.Mail.TextBody!.Trim());
        Assert.Equal("ludo@example.org", got.To);
    }

    [Fact]
    public async Task one_of_three_recipients_is_refused_and_each_has_its_own_outcome()
    {
        await using var server = MailServer.Start();
        server.Recipient = to => to == "b@x.org" ? new(SmtpReplyCode.MailboxUnavailable, "5.1.1 nobody here") : null;
        string[] all = ["a@x.org", "b@x.org", "c@x.org"];
        var given = To(server.Options());
        await given.Handle(Given.Mail("a@x.org", all: all));
        var refused = await given.IsRefused(Given.Mail("b@x.org", all: all));
        await given.Handle(Given.Mail("c@x.org", all: all));
        Assert.Contains("550 5.1.1 nobody here", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["a@x.org", "c@x.org"], server.Mails.Select(m => m.To));
        Assert.Single(server.Mails.Select(m => m.Mail.MessageId).Distinct());
    }

    [Fact]
    public async Task try_later_is_about_one_mail_not_the_channel()
    {
        await using var server = MailServer.Start();
        var given = To(server.Options());
        server.Recipient = _ => new((SmtpReplyCode)450, "greylisted");
        Assert.False((await given.Fails(Given.Mail())).IsChannelDown);
        server.Recipient = _ => null;
        server.Content = () => new((SmtpReplyCode)451, "disk full");
        var failed = await given.Fails(Given.Mail());
        Assert.Equal((false, false), (failed.IsChannelDown, failed.IsUnknown));
        Assert.Null(given.Health.TroubleOf(ChannelNames.Email));
        server.Content = () => SmtpResponse.Ok;
        await given.Handle(Given.Mail());
        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task content_that_the_server_refuses_is_dead()
    {
        await using var server = MailServer.Start();
        server.Content = () => new(SmtpReplyCode.TransactionFailed, "spam");
        Assert.Contains("spam", (await To(server.Options()).IsRefused(Given.Mail())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".", "")]
    [InlineData(".", null)]
    public async Task without_an_answer_to_the_content_there_is_one_more_try_and_no_third(string word, string? answer)
    {
        using var server = new MoodyMailServer();
        server.Answers[word] = answer;
        var (given, mail, envelope) = (To(server.Options(TimeSpan.FromSeconds(1))), Given.Mail(), new Envelope { Attempts = 1 });
        var failed = await given.Fails(mail, envelope);
        Assert.Equal((true, TimeSpan.FromSeconds(15)), (failed.IsUnknown, failed.Wait));
        Assert.Equal(1, given.Health.NoteOf(envelope.Id)!.Unknown);
        envelope.Attempts = 2;
        Assert.Contains("outcome unknown, sent at most twice", (await given.IsRefused(mail, envelope)).Message, StringComparison.Ordinal);
        Assert.Equal(2, server.Heard.Count(l => l == "Message-Id: <a-1b2c3d4e.prod@ledger.invalid>" || l == "Message-ID: <a-1b2c3d4e.prod@ledger.invalid>"));
    }

    [Theory]
    [InlineData("greeting", "421 too busy")]
    [InlineData("greeting", null)]
    [InlineData("MAIL", "550 who are you")]
    [InlineData("RCPT", "421 closing")]
    [InlineData("RCPT", "")]
    [InlineData("DATA", null)]
    public async Task before_the_content_it_is_surely_not_sent_and_the_channel_waits(string word, string? answer)
    {
        using var server = new MoodyMailServer();
        server.Answers[word] = answer;
        var given = To(server.Options(TimeSpan.FromSeconds(2)));
        var began = Environment.TickCount64;
        var failed = await given.Fails(Given.Mail());
        Assert.InRange(Environment.TickCount64 - began, 0, 6_000);
        Assert.Equal((true, false), (failed.IsChannelDown, failed.IsUnknown));
        Assert.Equal((failed.Message, Given.Noon, Given.Noon.AddSeconds(30)), given.Health.TroubleOf(ChannelNames.Email) is { } t ? (t.Reason, t.Since, t.Until) : default);
    }

    [Fact]
    public async Task a_farewell_that_fails_does_not_undo_the_delivery()
    {
        using var server = new MoodyMailServer();
        server.Answers["QUIT"] = "";
        await To(server.Options()).Handle(Given.Mail());
    }

    [Fact]
    public async Task a_service_that_stops_leaves_the_mail_for_later()
    {
        using var server = new MoodyMailServer();
        server.Answers["greeting"] = null;
        using var stopping = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        using var given = new Given(Options(server.Options())) { Stopping = stopping.Token };
        Assert.False((await given.Fails(Given.Mail())).IsChannelDown);
    }

    [Fact]
    public async Task without_starttls_nothing_is_said_in_the_clear()
    {
        using var server = new MoodyMailServer { Offers = ["AUTH LOGIN PLAIN"] };
        Assert.True((await To(server.Options(signsIn: true, tls: SmtpTls.StartTls)).Fails(Given.Mail())).IsChannelDown);
        Assert.All(server.Heard, l => Assert.True(l.StartsWith("EHLO", StringComparison.Ordinal) || l == "QUIT", l));
    }

    [Fact]
    public async Task a_certificate_that_nobody_vouches_for_is_refused()
    {
        await using var server = MailServer.Start();
        // Nobody vouches for it; and where somebody does, this name is not in it.
        foreach (var options in new[] { server.Options() with { CaFile = null }, server.Options() with { Host = "127.0.0.1" } })
            Assert.True((await To(options).Fails(Given.Mail())).IsChannelDown);
        Assert.Empty(server.SignedIn);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task a_wrong_password_stops_the_channel_not_the_mail_and_is_not_told()
    {
        await using var server = MailServer.Start();
        const string wrong = "canary-wrong-password-77";
        var (options, said) = (server.Options(password: wrong), "");
        using var given = To(options);
        var failed = await given.Fails(Given.Mail());
        Assert.True(failed.IsChannelDown);
        said += failed + string.Join(' ', given.Health.Channels) + options + given.Options;
        Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
        await To(server.Options()).Handle(Given.Mail());
        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task a_recipient_that_is_no_address_is_refused_before_anybody_is_asked()
    {
        using var server = new MoodyMailServer();
        await To(server.Options()).IsRefused(Given.Mail("a@x.org>\r\nRCPT TO:<b@x.org"));
        Assert.Empty(server.Heard);
    }

    private static Given To(SmtpOptions smtp) => new(Options(smtp));

    private static ChannelOptions Options(SmtpOptions smtp) => new() { MailFolder = "/nowhere", Sender = sender, Smtp = smtp };
}
