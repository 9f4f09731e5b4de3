using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wolverine;
using Wolverine.Attributes;

namespace Ledger.Service.Channels;

/// <summary>One payload for the configured webhook, posted as it is.</summary>
[MessageIdentity("send-webhook.v1")]
public sealed record SendWebhook(
    Guid Id, string Notification, string Class, JsonElement Payload, [property: JsonConverter(typeof(InstantJsonConverter))] DateTimeOffset At) : INotification
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MessageOrder? Order { get; init; }
}

/// <summary>Signs and posts it. At least once; <c>webhook-id</c> tells copies.</summary>
public static class SendWebhookHandler
{
    public static Task Handle(SendWebhook message, Envelope envelope, ChannelOptions options, IHttpClientFactory clients, ChannelHealth health, TimeProvider clock, CancellationToken ct) =>
        health.Attempt(ChannelNames.Webhook, message, envelope, () =>
        {
            if (options.Webhook is not { } webhook) throw new DeliveryRefused("no webhook is configured: set LEDGER_WEBHOOK_URL, then retry");
            var json = Encoding.UTF8.GetBytes(message.Payload.GetRawText());
            var (id, at) = ($"msg_{message.Id:N}", clock.GetUtcNow());
            List<(string, string)> headers = [("webhook-id", id), ("webhook-timestamp", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))];
            if (webhook.Secrets.Count > 0) headers.Add(("webhook-signature", Signature.Of(webhook.Secrets, id, at, json)));
            return new WebhookPost(clients, options, clock).Send(ChannelNames.Webhook, webhook.Url, json, headers, ct);
        });
}
