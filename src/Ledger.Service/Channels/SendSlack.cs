using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Wolverine;
using Wolverine.Attributes;

namespace Ledger.Service.Channels;

/// <summary>A message for Slack's incoming webhook, and for what speaks like it: Mattermost, Discord behind <c>/slack</c>.</summary>
/// <param name="Id">Follows from cause and channel.</param>
/// <param name="Notification">The notification this is a message of.</param>
/// <param name="Class">One of <see cref="NotificationClasses"/>.</param>
/// <param name="Text">Complete in one line.</param>
/// <param name="Blocks">Slack's blocks; null: there are none.</param>
/// <param name="At">When it was composed.</param>
[MessageIdentity("send-slack.v1")]
public sealed record SendSlack(
    Guid Id, string Notification, string Class, string Text, JsonElement? Blocks, [property: JsonConverter(typeof(InstantJsonConverter))] DateTimeOffset At) : INotification
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MessageOrder? Order { get; init; }
}

public static class SendSlackHandler
{
    public static Task Handle(SendSlack message, Envelope envelope, ChannelOptions options, IHttpClientFactory clients, ChannelHealth health, TimeProvider clock, CancellationToken ct) =>
        health.Attempt(ChannelNames.Slack, message, envelope, () =>
        {
            if (options.SlackUrl is not { } url) throw new DeliveryRefused("no slack is configured: set SLACK_WEBHOOK_URL, then retry");
            var body = new JsonObject { ["text"] = message.Text };
            if (message.Blocks is { ValueKind: JsonValueKind.Array } blocks) body["blocks"] = JsonArray.Create(blocks);
            return new WebhookPost(clients, options, clock).Send(ChannelNames.Slack, url, JsonSerializer.SerializeToUtf8Bytes(body), [], ct);
        });
}
