using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Ledger.Service.Channels;

/// <summary>Posts JSON to an address that may be anybody's: no redirects, no proxy, no cookies, little time, a short answer.</summary>
internal sealed class WebhookPost(IHttpClientFactory clients, ChannelOptions options, TimeProvider clock)
{
    public static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan waitMax = TimeSpan.FromHours(1);
    private const int answerBytesMax = 64 * 1024;

    /// <summary>Scheme and host, which is all that may be told of an address.</summary>
    public static string TargetOf(Secret address) => TargetOf(new Uri(address.Reveal()));

    /// <summary>What the named clients of the webhooks are made of.</summary>
    public static SocketsHttpHandler Handler(ChannelOptions options, int connectionsMax) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        // Every address that the name resolves to is checked, and the connection goes to a checked one.
        ConnectCallback = new AddressGuard(options.AllowPrivate).Connect,
        ConnectTimeout = AttemptMax,
        MaxConnectionsPerServer = connectionsMax,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = answerBytesMax,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        // Without it no trace is written: part of the address is a secret, and strangers get no trace ids.
        ActivityHeadersPropagator = null,
    };

    /// <exception cref="DeliveryRefused">It will never be taken.</exception>
    /// <exception cref="DeliveryFailed">Another try may help.</exception>
    public async Task Send(string client, Secret address, ReadOnlyMemory<byte> json, IEnumerable<(string Name, string Value)> headers, CancellationToken ct)
    {
        var url = new Uri(address.Reveal());
        var target = TargetOf(url);
        if (new AddressGuard(options.AllowPrivate).WhyNot(url) is { } why) throw new DeliveryFailed($"{target} can't be a webhook: {why}") { IsChannelDown = true };
        using var content = new NotedContent(json);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ledger", "1"));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(AttemptMax);
        try
        {
            using var http = clients.CreateClient(client);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bound.Token);
            Judge(response, target);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            throw content.WasRead
                ? new DeliveryFailed($"{target} gave no answer: {Why(e, url, ct)}") { IsUnknown = true }
                : new DeliveryFailed($"{target} can't be reached: {Why(e, url, ct)}") { IsChannelDown = !ct.IsCancellationRequested };
        }
    }

    private void Judge(HttpResponseMessage response, string target)
    {
        var said = $"{target} answered {(int)response.StatusCode}";
        switch ((int)response.StatusCode)
        {
            case >= 200 and < 300:
                return;
            case 410:
                throw new DeliveryRefused($"{said}: it takes nothing any more") { IsGone = true };
            case >= 300 and < 400:
                throw new DeliveryRefused($"{said}: redirects are not followed; set the address that it leads to");
            // The receiver as a whole asks for a pause; a plain 500 may be about this one message.
            case 408 or 429 or 502 or 503 or 504:
                throw new DeliveryFailed(said) { IsChannelDown = true, Wait = Wait(response.Headers.RetryAfter) };
            case >= 500:
                throw new DeliveryFailed(said);
            default:
                throw new DeliveryRefused(said);
        }
    }

    private TimeSpan? Wait(RetryConditionHeaderValue? retry)
    {
        var wait = retry?.Delta ?? (retry?.Date is { } at ? at - clock.GetUtcNow() : null);
        return wait is not { } asked || asked <= TimeSpan.Zero ? null : asked < waitMax ? asked : waitMax;
    }

    private static string TargetOf(Uri url) => $"{url.Scheme}://{url.Authority}";

    private static string Why(Exception e, Uri url, CancellationToken ct) => Reason.Of(
        ct.IsCancellationRequested ? "the service stopped"
        : e is OperationCanceledException ? string.Create(CultureInfo.InvariantCulture, $"more than {AttemptMax.TotalSeconds:0} s passed")
        : e.InnerException is BlockedTargetException blocked ? blocked.Message
        : e.InnerException?.Message ?? e.Message,
        url.AbsoluteUri, url.PathAndQuery);

    /// <summary>Content that tells whether it was read, which is after the connection stood: what was not read was surely not sent.</summary>
    private sealed class NotedContent : HttpContent
    {
        private readonly ReadOnlyMemory<byte> bytes;

        public NotedContent(ReadOnlyMemory<byte> bytes)
        {
            this.bytes = bytes;
            Headers.ContentType = new("application/json");
        }

        public bool WasRead { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            WasRead = true;
            await stream.WriteAsync(bytes, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
