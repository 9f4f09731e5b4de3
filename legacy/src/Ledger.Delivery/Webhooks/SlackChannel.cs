using System.Text.Json;

namespace Ledger.Delivery.Webhooks;

/// <summary>Slack's incoming webhook, and what speaks like it: Mattermost, Discord behind <c>/slack</c>.</summary>
internal sealed class SlackChannel(Hidden url, AddressGuard guard, TimeProvider clock) : IChannel, IDisposable
{
    private readonly Poster poster = new(url, guard, clock, 1);

    public string Kind => MessageKinds.Slack;

    public ChannelRules Rules { get; } = new() { ClaimMax = 50, AttemptMax = Poster.AttemptMax };

    public ChannelInfo Info => new("slack", true, poster.Target, null);

    public Task<Outcome> Send(Parcel parcel, CancellationToken ct)
    {
        var body = MessageJson.Read<SlackMessageBody>(parcel.Body.Span);
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("text", body.Text);
            if (body.Blocks is { ValueKind: JsonValueKind.Array } blocks)
            {
                writer.WritePropertyName("blocks");
                blocks.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        return poster.Post(json.ToArray(), [], ct);
    }

    public void Dispose() => poster.Dispose();
}
