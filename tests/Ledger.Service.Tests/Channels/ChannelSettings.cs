using System.Text;
using Ledger.Service.Hosting;

namespace Ledger.Service.Tests;

/// <summary>Channels as an operator meets them.</summary>
public sealed class Deliveries : IDisposable
{
    private const string canary = "canary-7f3a";
    private static readonly Dictionary<string, string> least = new() { ["HOME"] = "/home/nobody-here" };
    private readonly string folder = Directory.CreateTempSubdirectory("ledger-deliveries-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task without_a_mail_server_a_test_mail_is_a_file_and_the_hint_says_so()
    {
        await using var host = await TestHost.Start();
        var tested = (await host.Post("alerts/test", new { channel = "email", to = "ludo@example.org" }, "k-test")).Ok();
        Assert.Equal("delivered", (string?)tested["outcome"]);
        Assert.Contains("SMTP_HOST", (string?)tested["hint"], StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.Combine(host.Settings.Home, "mail"), "*.eml"));
        Assert.True((await host.Post("alerts/test", new { channel = "email", to = "ludo@example.org" }, "k-test")).Ok().IsReplay);
        Assert.Single(Directory.GetFiles(Path.Combine(host.Settings.Home, "mail"), "*.eml"));
        var mail = (await host.Get("status")).Ok()["outbox"]!["channels"]!.AsArray().Single(c => (string?)c!["name"] == "email")!;
        Assert.False((bool)mail["configured"]!);
        Assert.Contains("SMTP_HOST", (string?)mail["hint"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_channel_that_is_not_there_is_refused_with_the_setting_that_would_make_it()
    {
        await using var host = await TestHost.Start();
        (await host.Post("alerts/test", new { channel = "pigeon" })).Refused("channel.unknown");
        (await host.Post("alerts/test", new { })).Refused("request.invalid");
        foreach (var (channel, setting) in new[] { ("slack", "SLACK_WEBHOOK_URL"), ("webhook", "LEDGER_WEBHOOK_URL"), ("exec", "LEDGER_ALERT_EXEC") })
            Assert.Contains(setting, (string?)(await host.Post("alerts/test", new { channel })).Refused("channel.unconfigured")["detail"], StringComparison.Ordinal);
        (await host.Post("alerts/test", new { channel = "email" })).Refused("recipient.invalid");
        foreach (var to in new[] { "", "nobody", "a@b@c", "a b@c.org", "a@x.org\r\nBcc: b@x.org", "a@x.org,b@x.org", "Ludo <a@x.org>", "a@-x.org", new string('a', 300) + "@x.org", "ü@x.org" })
            (await host.Post("alerts/test", new { channel = "email", to })).Refused("recipient.invalid");
        Assert.Equal(0, (long)(await host.Get("outbox")).Ok()["waitingCount"]!);
    }

    [Fact]
    public async Task a_dead_letter_is_listed_with_its_reason_and_can_be_retried()
    {
        var hook = Hook("echo no such room >&2; exit 1");
        await using var host = await TestHost.Start(s => s with { Delivery = new() { MailFolder = Path.Combine(s.Home, "mail"), Exec = hook } });
        var tested = (await host.Post("alerts/test", new { channel = "exec" })).Ok();
        Assert.Equal("refused", (string?)tested["outcome"]);
        Assert.Contains("no such room", (string?)tested["reason"], StringComparison.Ordinal);
        var id = (string)tested["id"]!;
        var outbox = (await host.Get("outbox")).Ok();
        var dead = Assert.Single(outbox["dead"]!.AsArray())!;
        Assert.Equal((id, "exec", "test", 1), ((string?)dead["id"], (string?)dead["channel"], (string?)dead["class"], (int)dead["attempts"]!));
        Assert.Contains("ledger_outbox_dead 1", (await host.Get("/metrics")).Text, StringComparison.Ordinal);
        Assert.Contains("set aside", (await host.Get("status")).Text, StringComparison.Ordinal);

        Hook("cat > /dev/null; exit 0");
        (await host.Post($"outbox/{id}/retry")).Ok();
        await TestHost.Until(async () => (long)(await host.Get("outbox")).Ok()["deadCount"]! == 0 && (long)(await host.Get("outbox")).Ok()["waitingCount"]! == 0, "its delivery");
        (await host.Post($"outbox/{id}/retry")).Refused("message.not_dead");
        (await host.Post($"outbox/{Guid.NewGuid()}/retry")).Refused("message.unknown");
    }

    [Fact]
    public async Task a_mail_server_that_is_away_shows_in_status_doctor_and_metrics_and_its_password_nowhere()
    {
        var said = new StringBuilder();
        await using var host = await TestHost.Start(s => s with
        {
            Delivery = new()
            {
                MailFolder = Path.Combine(s.Home, "mail"),
                Sender = "ledger@example.org",
                Smtp = new() { Host = "localhost", Port = 9, Username = "u", Password = new(canary) },
                SlackUrl = new($"http://localhost:9/{canary}"),
                Webhook = new() { Url = new($"http://localhost:9/{canary}"), Secrets = [new($"{canary}-secret-of-webhooks")] },
                AllowPrivate = ["localhost"],
            },
        });
        foreach (var body in new object[] { new { channel = "email", to = "ludo@example.org" }, new { channel = "slack" }, new { channel = "webhook" } })
        {
            var tested = (await host.Post("alerts/test", body)).Ok();
            Assert.Equal("waiting", (string?)tested["outcome"]);
            said.Append(tested.Text);
        }
        var outbox = (await host.Get("outbox")).Ok();
        Assert.Equal("l…@example.org", (string?)outbox["waiting"]!.AsArray().Single(m => (string?)m!["channel"] == "email")!["to"]);
        host.Clock.Advance(TimeSpan.FromMinutes(3));
        var metrics = (await host.Get("/metrics")).Text;
        Assert.Contains("ledger_channel_up{channel=\"email\"} 0", metrics, StringComparison.Ordinal);
        Assert.Matches("ledger_outbox_oldest_seconds 1[89][0-9]\n", metrics);
        Assert.Contains("mail does not deliver", (await host.Get("status")).Text, StringComparison.Ordinal);
        Assert.False((bool)(await host.Get("doctor")).Ok()["ok"]!);
        said.Append(outbox.Text).Append(metrics).Append((await host.Get("status")).Text).Append((await host.Get("doctor")).Text).AppendJoin('\n', host.Said).Append(host.Settings);
        said.Append(await host.Database.Scalar<string>("select string_agg(o::text, ' ') from ledger_outbox o"));
        Assert.DoesNotContain(canary, said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_alert_is_in_the_mail_folder_within_two_seconds_of_its_commit()
    {
        await using var host = await TestHost.Start();
        var log = (IEventLog)host.Host.Services.GetService(typeof(IEventLog))!;
        var mail = new MailMessageBody("a-1", "alert", "ludo@example.org", ["ludo@example.org"], "s", "t", null, "a-1.t@ledger.invalid", "alerts.t.ledger.invalid", host.Clock.GetUtcNow());
        await log.Append(new() { Streams = [], Messages = [MessageJson.ToNew(mail, "c", "mail", host.Clock.GetUtcNow())] }, CancellationToken.None);
        var began = Environment.TickCount64;
        await TestHost.Until(() => Task.FromResult(Directory.Exists(Path.Combine(host.Settings.Home, "mail")) && Directory.GetFiles(Path.Combine(host.Settings.Home, "mail"), "*.eml").Length == 1), "the mail");
        Assert.InRange(Environment.TickCount64 - began, 0, 2_000);
    }

    [Theory]
    [InlineData("SMTP_PORT", "465", "SMTP_HOST=smtp.example.org", "SMTP_SENDER_EMAIL=a@x.org")]
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
    public void good_settings_are_understood_from_the_file_too()
    {
        var path = Path.Combine(folder, "config");
        var password = Path.Combine(folder, "password");
        File.WriteAllText(password, $"{canary}\n");
        File.WriteAllText(path, $"""
            SMTP_HOST=smtp.example.org
            SMTP_USERNAME=ledger
            SMTP_PASSWORD_FILE={password}
            SMTP_SENDER_EMAIL=ledger@example.org
            SLACK_WEBHOOK_URL=http://chat.internal:8065/hooks/x
            ALERTING_WEBHOOK_URL=https://hooks.example.org/x
            LEDGER_WEBHOOK_SECRET=a-secret-of-some-length
            LEDGER_WEBHOOK_SECRET_PREVIOUS=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
            LEDGER_WEBHOOK_ALLOW_PRIVATE=chat.internal, 10.1.2.3
            LEDGER_ALERT_EXEC={Hook("exit 0")}

            """);
        var delivery = Read(("LEDGER_CONFIG", path)).Delivery!;
        Assert.Equal(("smtp.example.org", 587, true, canary), (delivery.Smtp!.Host, delivery.Smtp.Port, delivery.Smtp.Tls, delivery.Smtp.Password!.Reveal()));
        Assert.Equal(["a-secret-of-some-length", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], delivery.Webhook!.Secrets.Select(s => s.Reveal()));
        Assert.Equal("https://hooks.example.org/x", delivery.Webhook.Url.Reveal());
        Assert.Equal(["chat.internal", "10.1.2.3"], delivery.AllowPrivate);
        Assert.NotNull(delivery.Exec);
        Assert.DoesNotContain(canary, delivery.ToString(), StringComparison.Ordinal);
        Assert.False(Read(("SMTP_HOST", "127.0.0.1"), ("SMTP_TLS", "none"), ("SMTP_SENDER_EMAIL", "a@x.org")).Delivery!.Smtp!.Tls);
        Assert.False(Read(("SMTP_HOST", "smtp.example.org"), ("SMTP_TLS", "none"), ("SMTP_SENDER_EMAIL", "a@x.org"), ("LEDGER_SMTP_INSECURE", "1")).Delivery!.Smtp!.Tls);
        Assert.Null(Read().Delivery!.Smtp);
    }

    private string Hook(string script)
    {
        var path = Path.Combine(folder, "hook");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static ServiceSettings Read(params (string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string>(least);
        foreach (var (name, value) in variables) all[name] = value;
        return SettingsReader.Read([], all.GetValueOrDefault);
    }
}
