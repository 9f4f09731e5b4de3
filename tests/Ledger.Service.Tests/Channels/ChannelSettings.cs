using Ledger.Service.Channels;
using Ledger.Service.Settings;

namespace Ledger.Service.Tests.Channels;

/// <summary>Settings of channels as an operator writes them.</summary>
public sealed class ChannelSettings : IDisposable
{
    private const string canary = "canary-7f3a";
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("ledger-channels-").FullName;

    public void Dispose() => System.IO.Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("SMTP_PORT", "mail", "SMTP_HOST=smtp.example.org", "SMTP_SENDER_EMAIL=a@x.org")]
    [InlineData("SMTP_PORT", "25")]
    [InlineData("SMTP_HOST", "smtp example", "SMTP_SENDER_EMAIL=a@x.org")]
    [InlineData("SMTP_TLS", "none", "SMTP_HOST=smtp.example.org", "SMTP_SENDER_EMAIL=a@x.org")]
    [InlineData("SMTP_TLS", "sometimes", "SMTP_HOST=smtp.example.org", "SMTP_SENDER_EMAIL=a@x.org")]
    [InlineData("SMTP_PASSWORD", null, "SMTP_HOST=smtp.example.org", "SMTP_SENDER_EMAIL=a@x.org", "SMTP_USERNAME=u")]
    [InlineData("SMTP_USERNAME", null, "SMTP_HOST=smtp.example.org", "SMTP_SENDER_EMAIL=a@x.org", "SMTP_PASSWORD=" + canary)]
    [InlineData("SMTP_PASSWORD_FILE", "/nowhere/at/all", "SMTP_HOST=smtp.example.org", "SMTP_SENDER_EMAIL=a@x.org", "SMTP_USERNAME=u")]
    [InlineData("SMTP_CA_FILE", "/nowhere/at/all", "SMTP_HOST=smtp.example.org", "SMTP_SENDER_EMAIL=a@x.org")]
    [InlineData("SMTP_SENDER_EMAIL", "Ledger <a@x.org>", "SMTP_HOST=smtp.example.org")]
    [InlineData("SMTP_SENDER_EMAIL", null, "SMTP_HOST=smtp.example.org")]
    [InlineData("SLACK_WEBHOOK_URL", "http://hooks.example.org/" + canary)]
    [InlineData("SLACK_WEBHOOK_URL", "https://127.0.0.1/" + canary)]
    [InlineData("LEDGER_WEBHOOK_URL", "https://169.254.169.254/" + canary)]
    [InlineData("LEDGER_WEBHOOK_URL", "https://[::ffff:10.0.0.1]/" + canary)]
    [InlineData("ALERTING_WEBHOOK_URL", "https://localhost/" + canary)]
    [InlineData("WEBHOOK_URL", canary)]
    [InlineData("LEDGER_WEBHOOK_SECRET", "canary", "LEDGER_WEBHOOK_URL=https://hooks.example.org/x")]
    [InlineData("LEDGER_WEBHOOK_SECRET", canary + "-but-nothing-to-sign")]
    [InlineData("LEDGER_WEBHOOK_SECRET_PREVIOUS", canary + "-before-nothing", "LEDGER_WEBHOOK_URL=https://hooks.example.org/x")]
    [InlineData("LEDGER_WEBHOOK_ALLOW_PRIVATE", "https://chat.internal")]
    [InlineData("LEDGER_ALERT_EXEC", "hook.sh")]
    [InlineData("LEDGER_ALERT_EXEC", "/nowhere/at/all")]
    public void a_bad_setting_ends_the_start_and_is_named(string name, string? value, params string[] others)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read([.. others.Select(o => o.Split('=', 2)).Select(o => (o[0], o[1])), .. value is null ? Array.Empty<(string, string)>() : [(name, value)]]));
        Assert.Equal(name, refused.Setting);
        Assert.DoesNotContain("canary", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void good_settings_are_understood()
    {
        var password = Path.Combine(folder, "password");
        File.WriteAllText(password, $"{canary}\n");
        var options = Read(
            ("SMTP_HOST", "smtp.example.org"), ("SMTP_USERNAME", "ledger"), ("SMTP_PASSWORD_FILE", password), ("SMTP_SENDER_EMAIL", "ledger@example.org"),
            ("SLACK_WEBHOOK_URL", "http://chat.internal:8065/hooks/x"), ("ALERTING_WEBHOOK_URL", "https://hooks.example.org/x"),
            ("LEDGER_WEBHOOK_SECRET", "a secret of some length"), ("LEDGER_WEBHOOK_SECRET_PREVIOUS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ("LEDGER_WEBHOOK_ALLOW_PRIVATE", "chat.internal, 10.1.2.3"), ("LEDGER_ALERT_EXEC", Hook("exit 0")));
        Assert.Equal(("smtp.example.org", 587, SmtpTls.StartTls, canary), (options.Smtp!.Host, options.Smtp.Port, options.Smtp.Tls, options.Smtp.Password!.Reveal()));
        Assert.Equal(["a secret of some length", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], options.Webhook!.Secrets.Select(s => s.Reveal()));
        Assert.Equal("https://hooks.example.org/x", options.Webhook.Url.Reveal());
        Assert.Equal(["chat.internal", "10.1.2.3"], options.AllowPrivate);
        Assert.NotNull(options.Exec);
        Assert.Equal("/data/mail", options.MailFolder);
        Assert.DoesNotContain(canary, options.ToString(), StringComparison.Ordinal);
        Assert.Null(Read().Smtp);
    }

    [Theory]
    [InlineData(587, SmtpTls.StartTls)]
    [InlineData(465, SmtpTls.Implicit, "SMTP_PORT=465")]
    [InlineData(465, SmtpTls.Implicit, "SMTP_PORT=465", "SMTP_TLS=true")]
    [InlineData(465, SmtpTls.Implicit, "SMTP_TLS=implicit")]
    [InlineData(2465, SmtpTls.Implicit, "SMTP_PORT=2465", "SMTP_TLS=Implicit")]
    [InlineData(465, SmtpTls.StartTls, "SMTP_PORT=465", "SMTP_TLS=starttls")]
    [InlineData(587, SmtpTls.None, "SMTP_HOST=127.0.0.1", "SMTP_TLS=none")]
    [InlineData(587, SmtpTls.None, "SMTP_TLS=none", "LEDGER_SMTP_INSECURE=1")]
    public void a_mail_server_is_spoken_to_as_its_port_and_the_setting_say(int port, SmtpTls tls, params string[] settings)
    {
        var smtp = Read([("SMTP_HOST", "smtp.example.org"), ("SMTP_SENDER_EMAIL", "a@x.org"), .. settings.Select(s => s.Split('=', 2)).Select(s => (s[0], s[1]))]).Smtp!;
        Assert.Equal((port, tls), (smtp.Port, smtp.Tls));
    }

    [Fact]
    public void every_channel_says_whether_it_reaches_people_and_what_would_make_it()
    {
        var nothing = Read();
        Assert.Equal((false, "/data/mail"), (nothing.Describe("email").Configured, nothing.Describe("email").Target));
        foreach (var (channel, setting) in new[] { ("email", "SMTP_HOST"), ("slack", "SLACK_WEBHOOK_URL"), ("webhook", "LEDGER_WEBHOOK_URL"), ("exec", "LEDGER_ALERT_EXEC") })
        {
            Assert.False(nothing.Describe(channel).Configured);
            Assert.Contains(setting, nothing.Describe(channel).Hint, StringComparison.Ordinal);
        }
        var all = Read(("SLACK_WEBHOOK_URL", $"https://hooks.example.org/{canary}"), ("LEDGER_WEBHOOK_URL", $"https://hooks.example.org:8443/{canary}"));
        Assert.Equal((true, "https://hooks.example.org", null), all.Describe("slack"));
        Assert.Equal((true, "https://hooks.example.org:8443"), (all.Describe("webhook").Configured, all.Describe("webhook").Target));
        Assert.Contains("LEDGER_WEBHOOK_SECRET", all.Describe("webhook").Hint, StringComparison.Ordinal);
    }

    private string Hook(string script)
    {
        var path = Path.Combine(folder, "hook");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static ChannelOptions Read(params (string Name, string Value)[] settings) =>
        ChannelOptions.Read(settings.Reverse().DistinctBy(s => s.Name).ToDictionary(s => s.Name, s => s.Value).GetValueOrDefault, "/data");
}
