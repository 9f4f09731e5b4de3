using System.Globalization;
using System.Text.Json;

namespace Ledger.Service.Delivery;

/// <summary>What a test says: that it is one, and that nothing needs to be done.</summary>
internal static class TestNotification
{
    private const string line = "This is a test from Ledger: the channel works, nothing needs to be done.";

    public static IMessageBody For(string channel, string? to, string cause, DateTimeOffset at)
    {
        var id = Ids.Short("t", cause);
        return channel switch
        {
            "email" => new MailMessageBody(id, NotificationClasses.Test, to!, [to!], "Ledger: a test", $"{line}\n\nSent {at.ToText()}, notification {id}.\n", null, $"{id}.test@ledger.invalid", "test.ledger.invalid", at),
            "slack" => new SlackMessageBody(id, NotificationClasses.Test, line, null, at),
            "webhook" => new WebhookMessageBody(id, NotificationClasses.Test, Payload(cause, at), at),
            "exec" => new ExecMessageBody(id, NotificationClasses.Test, Payload(cause, at), at),
            _ => throw new ArgumentException($"{channel} is no channel.", nameof(channel)),
        };
    }

    private static JsonElement Payload(string cause, DateTimeOffset at) => JsonSerializer.SerializeToElement(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["schema"] = "1.0",
        ["id"] = Ids.DerivedFrom(cause, "test").ToString("D", CultureInfo.InvariantCulture),
        ["event"] = "test",
        ["severity"] = "info",
        ["currency"] = "USD",
        ["data_as_of"] = at.ToText(),
        ["event_message"] = line,
    });
}
