using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Ledger.Delivery.Webhooks;

/// <summary>Posts JSON to one address that may be anybody's: no redirects, no proxy, no cookies, little time, a short answer.</summary>
internal sealed class Poster : IDisposable
{
    public static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan waitMax = TimeSpan.FromHours(1);
    private const int answerBytesMax = 64 * 1024;

    private readonly Uri url;
    private readonly AddressGuard guard;
    private readonly TimeProvider clock;
    private readonly HttpClient client;

    public Poster(Hidden address, AddressGuard guard, TimeProvider clock, int connections)
    {
        url = new(address.Reveal());
        (this.guard, this.clock) = (guard, clock);
        client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = guard.Connect,
            ConnectTimeout = AttemptMax,
            MaxConnectionsPerServer = connections,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = answerBytesMax,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Scheme and host, which is all that may be told.</summary>
    public string Target => $"{url.Scheme}://{url.Authority}";

    public async Task<Outcome> Post(ReadOnlyMemory<byte> json, IEnumerable<(string Name, string Value)> headers, CancellationToken ct)
    {
        if (guard.WhyNot(url) is { } why) return new Outcome.Later($"{Target} can't be a webhook: {why}", Down: true);
        using var content = new NotedContent(json);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ledger", "1"));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(AttemptMax);
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bound.Token);
            return Judge(response);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            if (content.WasRead) return new Outcome.Unknown($"{Target} gave no answer: {Why(e, ct)}");
            return new Outcome.Later($"{Target} can't be reached: {Why(e, ct)}", Down: !ct.IsCancellationRequested);
        }
    }

    private Outcome Judge(HttpResponseMessage response)
    {
        var said = $"{Target} answered {(int)response.StatusCode}";
        return (int)response.StatusCode switch
        {
            >= 200 and < 300 => Outcome.Delivered.Yes,
            410 => new Outcome.Refused($"{said}: it takes nothing any more", Gone: true),
            >= 300 and < 400 => new Outcome.Refused($"{said}: redirects are not followed; set the address that it leads to"),
            // The receiver as a whole asks for a pause; a plain 500 may be about this one message.
            408 or 429 or 502 or 503 or 504 => new Outcome.Later(said, Down: true, Wait(response.Headers.RetryAfter)),
            >= 500 => new Outcome.Later(said),
            _ => new Outcome.Refused(said),
        };
    }

    private TimeSpan? Wait(RetryConditionHeaderValue? retry)
    {
        var wait = retry?.Delta ?? (retry?.Date is { } at ? at - clock.GetUtcNow() : null);
        return wait is not { } asked || asked <= TimeSpan.Zero ? null : asked < waitMax ? asked : waitMax;
    }

    private string Why(Exception e, CancellationToken ct) => OneLine.Reason(
        ct.IsCancellationRequested ? "the service stopped"
        : e is OperationCanceledException ? string.Create(CultureInfo.InvariantCulture, $"more than {AttemptMax.TotalSeconds:0} s passed")
        : e.InnerException is BlockedTargetException blocked ? blocked.Message
        : e.InnerException?.Message ?? e.Message,
        url.AbsoluteUri, url.PathAndQuery);

    public void Dispose() => client.Dispose();

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
