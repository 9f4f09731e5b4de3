using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Ledger.Providers;

/// <summary>A call that an adapter may make: a method and a path whose <c>{}</c> stands for one segment.</summary>
internal sealed record AllowedCall(HttpMethod Method, string Path);

/// <summary>One request: what, and how urgent.</summary>
internal sealed record ProviderCall(HttpMethod Method, string Path, string Query = "", byte[]? Json = null, Priority Priority = Priority.Background);

/// <summary>A complete answer.</summary>
/// <param name="Body">All of it, decompressed; JSON by its content type.</param>
/// <param name="Asked">When the attempt that succeeded was sent.</param>
/// <param name="Answered">When its last byte was in.</param>
/// <param name="ServerDate">The provider's clock.</param>
internal sealed record ProviderAnswer(ReadOnlyMemory<byte> Body, DateTimeOffset Asked, DateTimeOffset Answered, DateTimeOffset? ServerDate);

/// <summary>
/// The one policy for asking providers: allow-list, pace, timeouts, size cap, no redirects, no cookies, retries with backoff and
/// jitter, <c>Retry-After</c>, and errors without secrets. Any failure is a <see cref="ProviderException"/>.
/// </summary>
internal sealed class ProviderHttp : IDisposable
{
    private const int errorBytesMax = 64 * 1024;

    // One connection pool for all accounts. It follows no redirect: the credential would go along.
    private static readonly Lazy<SocketsHttpHandler> shared = new(() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 64,
        MaxConnectionsPerServer = 8,
    });

    private readonly HttpMessageInvoker invoker;
    private readonly Uri baseAddress;
    private readonly ProviderHttpOptions options;
    private readonly IReadOnlyList<AllowedCall> allowed;
    private readonly Secret secret;
    private readonly TimeProvider clock;
    private readonly Random jitter;
    private readonly Pacer pacer;

    public ProviderHttp(
        Uri baseAddress, bool plainHttp, Secret secret, IReadOnlyList<AllowedCall> allowed, ProviderHttpOptions options,
        TimeProvider clock, Random jitter, HttpMessageHandler? handler = null)
    {
        CheckBase(baseAddress, plainHttp);
        this.baseAddress = baseAddress;
        this.secret = secret;
        this.allowed = allowed;
        this.options = options;
        this.clock = clock;
        this.jitter = jitter;
        invoker = new(handler ?? shared.Value, disposeHandler: false);
        pacer = new(clock, options.Burst, options.Pace, options.DeadlineMax);
    }

    /// <summary>Asks until there is an answer, a refusal, or no time left.</summary>
    public async Task<ProviderAnswer> Send(ProviderCall call, CancellationToken ct)
    {
        var uri = Locate(call);
        var left = options.DeadlineMax;
        for (var attempt = 1; ; attempt++)
        {
            await pacer.Wait(call.Priority, ct);
            var begun = clock.GetTimestamp();
            ProviderException failure;
            try
            {
                return await Attempt(call, uri, left < options.AttemptMax ? left : options.AttemptMax, ct);
            }
            catch (ProviderException e)
            {
                failure = e;
            }

            if (failure is { Kind: FailureKind.RateLimited, RetryAfter: { } hold }) pacer.Hold(hold);
            if (failure.Kind is not (FailureKind.Unreachable or FailureKind.RateLimited) || attempt >= options.AttemptsMax) throw failure;
            var pause = failure.RetryAfter ?? Backoff(attempt);
            left -= clock.GetElapsedTime(begun) + pause;
            if (left <= TimeSpan.Zero) throw failure;
            await Task.Delay(pause, clock, ct);
        }
    }

    /// <summary>Scrubs a text of this credential and of anything that looks like one.</summary>
    public string Scrub(string text) => Redaction.Scrub(text, secret);

    public void Dispose()
    {
        pacer.Dispose();
        invoker.Dispose();
    }

    private static void CheckBase(Uri address, bool plainHttp)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("https" or "http") || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            throw new ProviderException(FailureKind.Invalid, "The provider's base address must be an http(s) address without user, query or fragment.");
        if (address.Scheme == "http" && !address.IsLoopback && !plainHttp)
            throw new ProviderException(FailureKind.Invalid, $"The credential would travel unencrypted to {address.Host}: use https, or an address of this machine.");
    }

    // The check is on the address that will really be asked, after the Uri class has folded dots and escapes.
    private Uri Locate(ProviderCall call)
    {
        var prefix = baseAddress.AbsolutePath.TrimEnd('/');
        var uri = new Uri(baseAddress.GetLeftPart(UriPartial.Authority) + prefix + call.Path + call.Query, UriKind.Absolute);
        var path = uri.AbsolutePath;
        if (uri.Authority == baseAddress.Authority && path.StartsWith(prefix, StringComparison.Ordinal))
        {
            var segments = path[prefix.Length..].Split('/');
            foreach (var may in allowed)
            {
                if (may.Method == call.Method && Fits(may.Path.Split('/'), segments)) return uri;
            }
        }
        throw new InvalidOperationException($"{call.Method} {Redaction.Cut(path, 100)} is not among the calls this adapter may make.");
    }

    private static bool Fits(string[] pattern, string[] segments)
    {
        if (pattern.Length != segments.Length) return false;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == "{}" ? segments[i].Length == 0 : pattern[i] != segments[i]) return false;
        }
        return true;
    }

    private async Task<ProviderAnswer> Attempt(ProviderCall call, Uri uri, TimeSpan timeout, CancellationToken ct)
    {
        using var total = new CancellationTokenSource(timeout, clock);
        using var idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, total.Token, idle.Token);
        using var request = new HttpRequestMessage(call.Method, uri);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret.Reveal());
        request.Headers.Accept.Add(new("application/json"));
        request.Headers.UserAgent.Add(new("Ledger", "0.1"));
        if (call.Json is { } json)
        {
            request.Content = new ByteArrayContent(json);
            request.Content.Headers.ContentType = new("application/json");
        }

        try
        {
            var asked = clock.GetUtcNow();
            using var response = await invoker.SendAsync(request, either.Token);
            if (response.StatusCode != HttpStatusCode.OK) throw await Refusal(response, idle, either.Token);
            if (!IsJson(response)) throw new ProviderException(FailureKind.Contract, Scrub($"The answer is {TypeOf(response)} where JSON was expected."));
            var body = await ReadBody(response, options.BytesMax, tooMuchIsFailure: true, idle, either.Token);
            return new(body, asked, clock.GetUtcNow(), response.Headers.Date);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ProviderException(FailureKind.Unreachable, idle.IsCancellationRequested
                ? $"The answer stood still for {Seconds(options.IdleMax)}."
                : $"No complete answer within {Seconds(timeout)}.");
        }
        catch (HttpRequestException e)
        {
            throw new ProviderException(FailureKind.Unreachable, Scrub(Words(e, uri)));
        }
        catch (InvalidDataException)
        {
            throw new ProviderException(FailureKind.Contract, "The answer's compression is broken.");
        }
        catch (IOException)
        {
            throw new ProviderException(FailureKind.Unreachable, "The answer was cut off.");
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadBody(HttpResponseMessage response, int bytesMax, bool tooMuchIsFailure, CancellationTokenSource idle, CancellationToken ct)
    {
        if (tooMuchIsFailure && response.Content.Headers.ContentLength > bytesMax) throw TooMuch();
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        var body = new ArrayBufferWriter<byte>(16 * 1024);
        while (true)
        {
            idle.CancelAfter(options.IdleMax);
            var read = await stream.ReadAsync(body.GetMemory(16 * 1024), ct);
            if (read == 0) break;
            body.Advance(read);
            if (body.WrittenCount <= bytesMax) continue;
            if (tooMuchIsFailure) throw TooMuch();
            break;
        }
        idle.CancelAfter(Timeout.InfiniteTimeSpan);
        var bytes = body.WrittenMemory;
        return bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes;

        ProviderException TooMuch() => new(FailureKind.Contract, $"The answer is larger than {bytesMax / (1024 * 1024)} MB.");
    }

    private async Task<ProviderException> Refusal(HttpResponseMessage response, CancellationTokenSource idle, CancellationToken ct)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
        {
            var target = response.Headers.Location is { IsAbsoluteUri: true } elsewhere ? elsewhere.Host : "another address";
            return new(FailureKind.Contract, Scrub($"HTTP {status}: redirected to {target}; redirects are not followed, because the credential would go along."), status: status);
        }
        if (status < 300) return new(FailureKind.Contract, $"HTTP {status} where 200 was expected.", status: status);

        var words = IsJson(response) ? ErrorWords(await ReadBody(response, errorBytesMax, tooMuchIsFailure: false, idle, ct)) : null;
        var detail = Scrub(words is null ? $"HTTP {status}." : $"HTTP {status}: {words}");
        var retryAfter = response.Headers.TryGetValues("Retry-After", out var values)
            ? RetryAfter.Read(values.FirstOrDefault(), response.Headers.Date ?? clock.GetUtcNow())
            : null;
        var kind = status switch
        {
            401 => FailureKind.Auth,
            403 => FailureKind.Permission,
            404 => FailureKind.NotFound,
            429 => FailureKind.RateLimited,
            408 or >= 500 => FailureKind.Unreachable,
            _ => FailureKind.Invalid,
        };
        return new(kind, detail, retryAfter, status: status);
    }

    // {"code":3,"message":"…"}, {"error":"…"} and {"error":{"message":"…"}} all occur.
    private static string? ErrorWords(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new() { MaxDepth = 64 });
            if (json.RootElement.ValueKind != JsonValueKind.Object) return null;
            foreach (var name in (ReadOnlySpan<string>)["message", "error"])
            {
                if (!json.RootElement.TryGetProperty(name, out var said)) continue;
                if (said.ValueKind == JsonValueKind.Object && said.TryGetProperty("message", out var inner)) said = inner;
                if (said.ValueKind == JsonValueKind.String) return said.GetString();
            }
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private TimeSpan Backoff(int attempt)
    {
        var ceiling = Math.Min(options.BackoffFirst.Ticks << Math.Min(attempt - 1, 16), options.BackoffMax.Ticks);
        return TimeSpan.FromTicks((long)(jitter.NextDouble() * ceiling));
    }

    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType is { } type
        && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    private static string TypeOf(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType ?? "of no stated type";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");

    private static string Words(HttpRequestException e, Uri uri) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => $"The name {uri.Host} was not found.",
        HttpRequestError.ConnectionError => $"No connection to {uri.Authority}.",
        HttpRequestError.SecureConnectionError => $"No secure connection to {uri.Authority}: its certificate or protocol was refused.",
        HttpRequestError.ProxyTunnelError => "The proxy refused the connection.",
        HttpRequestError.ResponseEnded => "The answer was cut off.",
        _ when e.InnerException is IOException => "The answer was cut off.",
        _ => $"{uri.Authority} could not be asked ({e.HttpRequestError}).",
    };
}
