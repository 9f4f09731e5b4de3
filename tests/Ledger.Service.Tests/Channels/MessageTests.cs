using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ledger.Service.Channels;
using Ledger.Service.Mail;
using Wolverine;
using Wolverine.Runtime.Serialization;
using Wolverine.Util;

namespace Ledger.Service.Tests.Channels;

internal static class Pretty
{
    public static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

/// <summary>Messages wait in the database over an update: what this version queues, the next one reads.</summary>
public sealed class MessageTests
{
    private static readonly Guid id = new("0a1b2c3d-4e5f-8071-8293-a4b5c6d7e8f9");
    private static readonly DateTimeOffset at = new(2026, 11, 16, 12, 0, 0, 250, TimeSpan.Zero);

    private static readonly Dictionary<string, object> all = new(StringComparer.Ordinal)
    {
        ["send-mail.v1"] = new SendMail(id, "a-1b2c3d4e", "alert", "ludo@example.org", ["ba@example.org", "ludo@example.org"], "„vigilio“ at 80 %", "Hello.\n", "<p>Hello.</p>", "a-1b2c3d4e.prod@ledger.invalid", "alerts.prod.ledger.invalid", at),
        ["send-slack.v1"] = new SendSlack(id, "a-1b2c3d4e", "alert", "[WARN 80%] vigilio", Given.Json("""[{"type":"header"}]"""), at),
        ["send-webhook.v1"] = new SendWebhook(id, "a-1b2c3d4e", "alert", Given.Json("""{"schema":"1.0","n":1.50}"""), at),
        ["run-program.v1"] = new RunProgram(id, "a-1b2c3d4e", "alert", Given.Json("""{"schema":"1.0"}"""), at),
    };

    public static TheoryData<string> Names => [.. all.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void a_message_is_stored_under_its_name_as_it_always_was(string name)
    {
        var message = all[name];
        Assert.Equal(name, message.GetType().ToMessageTypeName());
        var serializer = new SystemTextJsonSerializer(SystemTextJsonSerializer.DefaultOptions());
        var stored = serializer.Write(new Envelope(message));
        Golden.Matches(Encoding.UTF8.GetString(stored) + "\n", $"tests/Ledger.Service.Tests/Channels/golden/{name}.json");
        var golden = File.ReadAllBytes(Repository.PathOf($"tests/Ledger.Service.Tests/Channels/golden/{name}.json"));
        Assert.Equal(stored, serializer.Write(new Envelope(serializer.ReadFromData(message.GetType(), new Envelope { Data = golden }))));
    }

    [Fact]
    public void what_a_later_version_adds_is_no_trouble()
    {
        var serializer = new SystemTextJsonSerializer(SystemTextJsonSerializer.DefaultOptions());
        var read = (SendSlack)serializer.ReadFromData(typeof(SendSlack), new Envelope { Data = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","notification":"a","class":"alert","text":"t","at":"2026-11-16T12:00:00Z","new":1}""") });
        Assert.Equal(("t", null, Given.Noon), (read.Text, read.Blocks, read.At));
    }

    [Fact]
    public async Task a_channel_that_is_not_configured_sets_its_messages_aside_with_the_setting_that_is_missing()
    {
        using var given = new Given(new() { MailFolder = "/nowhere" });
        foreach (var (message, setting) in new[] { (all["send-slack.v1"], "SLACK_WEBHOOK_URL"), (all["send-webhook.v1"], "LEDGER_WEBHOOK_URL"), (all["run-program.v1"], "LEDGER_ALERT_EXEC") })
            Assert.Contains(setting, (await given.IsRefused((INotification)message)).Message, StringComparison.Ordinal);
    }
}
