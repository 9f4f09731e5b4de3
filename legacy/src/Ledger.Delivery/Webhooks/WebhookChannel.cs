using System.Globalization;
using System.Text;

namespace Ledger.Delivery.Webhooks;

/// <summary>The generic webhook: the payload as it is, signed. At least once; <c>webhook-id</c> tells copies.</summary>
internal sealed class WebhookChannel(WebhookOptions options, AddressGuard guard, TimeProvider clock) : IChannel, IDisposable
{
    private const int atOnce = 32;
    private readonly Poster poster = new(options.Url, guard, clock, atOnce);

    public string Kind => MessageKinds.Webhook;

    public ChannelRules Rules { get; } = new() { Concurrency = atOnce, ClaimMax = 500, AttemptMax = Poster.AttemptMax, CopiesAreTold = true };

    public ChannelInfo Info => new("webhook", true, poster.Target, options.Secrets.Count > 0 ? null : "LEDGER_WEBHOOK_SECRET is not set: receivers can't tell who posts.");

    public Task<Outcome> Send(Parcel parcel, CancellationToken ct)
    {
        var body = MessageJson.Read<WebhookMessageBody>(parcel.Body.Span);
        var json = Encoding.UTF8.GetBytes(body.Payload.GetRawText());
        var (id, at) = ($"msg_{parcel.Id:N}", clock.GetUtcNow());
        List<(string, string)> headers = [("webhook-id", id), ("webhook-timestamp", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))];
        if (options.Secrets.Count > 0) headers.Add(("webhook-signature", Signature.Of(options.Secrets, id, at, json)));
        return poster.Post(json, headers, ct);
    }

    public void Dispose() => poster.Dispose();
}
