using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ledger.Service.Xai;

/// <summary>
/// What no library has, around every single attempt: only calls on the list, no answer above the size cap, no redirect, and every failure
/// as a <see cref="ProviderException"/> whose words hold no secret.
/// </summary>
internal sealed partial class XaiGuard(XaiOptions options, TimeProvider clock) : DelegatingHandler
{
    private const int errorBytesMax = 64 * 1024;
    private static readonly TimeSpan retryAfterMax = TimeSpan.FromHours(1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var exchange = XaiExchange.Of(request.GetResilienceContext()!);
        // The check is on the address that will really be asked, after the Uri class has folded dots and escapes.
        var uri = request.RequestUri!;
        if (!Allowed().IsMatch($"{request.Method} {PathOf(uri)}"))
            throw new InvalidOperationException(Redaction.Scrub($"{request.Method} {Redaction.Cut(uri.AbsolutePath, 100)} is not among the calls this client may make.", exchange.Key));

        HttpResponseMessage? response = null;
        try
        {
            (exchange.Asked, exchange.Failure) = (clock.GetUtcNow(), null);
            response = await base.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK) throw await Refusal(response, exchange, cancellationToken);
            if (!IsJson(response)) throw new ProviderException(FailureKind.Unreachable, $"The answer is {response.Content.Headers.ContentType?.MediaType ?? "of no stated type"} where JSON was expected.", status: 200);
            await Load(response, cancellationToken);
            exchange.Answered = clock.GetUtcNow();
            return response;
        }
        catch (Exception e) when (e is ProviderException or HttpRequestException or InvalidDataException or IOException)
        {
            response?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            exchange.Failure = Scrubbed(e as ProviderException ?? Failure(e, uri), exchange.Key);
            throw exchange.Failure;
        }
    }

    private static ProviderException Scrubbed(ProviderException e, Secret key) => new(e.Kind, Redaction.Scrub(e.Detail, key), e.RetryAfter, e.Needs, e.Status) { RetryAt = e.RetryAt };

    private string PathOf(Uri uri)
    {
        var prefix = options.BaseAddress.AbsolutePath.TrimEnd('/');
        return uri.GetLeftPart(UriPartial.Authority) == options.BaseAddress.GetLeftPart(UriPartial.Authority) && uri.AbsolutePath.StartsWith(prefix, StringComparison.Ordinal)
            ? uri.AbsolutePath[prefix.Length..]
            : "elsewhere";
    }

    private async Task Load(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(options.BytesMax, ct);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new ProviderException(FailureKind.Contract, $"The answer is larger than {options.BytesMax / (1024 * 1024)} MB.");
        }
    }

    private async Task<ProviderException> Refusal(HttpResponseMessage response, XaiExchange exchange, CancellationToken ct)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
        {
            var target = response.Headers.Location is { IsAbsoluteUri: true } elsewhere ? elsewhere.Host : "another address";
            return new(FailureKind.Unreachable, $"HTTP {status}: redirected to {target}; redirects are not followed, because the credential would go along.", status: status);
        }
        if (status < 300) return new(FailureKind.Unreachable, $"HTTP {status} where 200 was expected.", status: status);

        var detail = await Words(response, ct) is { } words ? $"HTTP {status}: {words}" : $"HTTP {status}.";
        var kind = status switch
        {
            401 => FailureKind.Auth,
            403 => FailureKind.Permission,
            404 => FailureKind.NotFound,
            429 => FailureKind.RateLimited,
            408 or >= 500 => FailureKind.Unreachable,
            _ => FailureKind.Invalid,
        };
        var retryAfter = RetryAfter(response);
        if (kind == FailureKind.RateLimited && retryAfter is { } wait) exchange.Pacer.Hold(wait);
        return new(kind, detail, retryAfter, status: status) { RetryAt = clock.GetUtcNow() + retryAfter };
    }

    // Nonsense counts as nothing said. A date is judged by the provider's own clock, so that a wrong one here does no harm.
    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var said = response.Headers.RetryAfter;
        var wait = said?.Delta ?? said?.Date - (response.Headers.Date ?? clock.GetUtcNow());
        return wait < TimeSpan.Zero ? null : wait > retryAfterMax ? retryAfterMax : wait;
    }

    private static async Task<string?> Words(HttpResponseMessage response, CancellationToken ct)
    {
        if (!IsJson(response)) return null;
        try
        {
            await response.Content.LoadIntoBufferAsync(errorBytesMax, ct);
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
            return json.RootElement.ValueKind == JsonValueKind.Object ? WireJson.Words(json.RootElement) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or HttpRequestException or InvalidDataException or IOException)
        {
            // The status says enough.
            return null;
        }
    }

    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType is { } type
        && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    private static ProviderException Failure(Exception e, Uri uri) => e is InvalidDataException
        ? new(FailureKind.Unreachable, "The answer's compression is broken.", status: 200)
        : new(FailureKind.Unreachable, e is not HttpRequestException http ? "The answer was cut off." : http.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"The name {uri.Host} was not found.",
            HttpRequestError.ConnectionError => $"No connection to {uri.Authority}.",
            HttpRequestError.SecureConnectionError => $"No secure connection to {uri.Authority}: its certificate or protocol was refused.",
            HttpRequestError.ProxyTunnelError => "The proxy refused the connection.",
            HttpRequestError.ResponseEnded => "The answer was cut off.",
            _ when http.InnerException is IOException => "The answer was cut off.",
            _ => $"{uri.Authority} could not be asked ({http.HttpRequestError}).",
        });

    [GeneratedRegex("""
        ^(?:GET\ /auth/management-keys/validation
        |GET\ /auth/teams/[^/]+/api-keys
        |POST\ /v1/billing/teams/[^/]+/usage
        |GET\ /v1/billing/teams/[^/]+/postpaid/invoice/preview
        |GET\ /v1/billing/teams/[^/]+/prepaid/balance
        |GET\ /v1/billing/teams/[^/]+/postpaid/spending-limits)\z
        """, RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Allowed();
}
