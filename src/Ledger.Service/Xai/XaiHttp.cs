using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.RateLimiting;
using Polly;
using Polly.RateLimiting;
using Polly.Timeout;

namespace Ledger.Service.Xai;

/// <summary>One request: what, below the base address, and how urgent.</summary>
internal sealed record XaiRequest(HttpMethod Method, string Path, Priority Priority, byte[]? Json = null);

/// <summary>A complete answer.</summary>
/// <param name="Body">All of it, decompressed; JSON by its content type.</param>
/// <param name="Asked">When the attempt that succeeded was sent.</param>
/// <param name="Answered">When its last byte was in.</param>
/// <param name="ServerDate">The provider's clock.</param>
internal sealed record XaiAnswer(ReadOnlyMemory<byte> Body, DateTimeOffset Asked, DateTimeOffset Answered, DateTimeOffset? ServerDate)
{
    /// <summary>Clocks that are further apart than this are told of.</summary>
    public static readonly TimeSpan ClockApartMax = TimeSpan.FromSeconds(2);

    /// <summary>By how much the provider's clock is ahead of ours, at least; negative: behind. The header has whole seconds, and the answer took some time.</summary>
    public TimeSpan? ClockAhead =>
        ServerDate is not { } theirs ? null : theirs > Answered ? theirs - Answered : theirs.AddSeconds(1) < Asked ? theirs.AddSeconds(1) - Asked : TimeSpan.Zero;
}

/// <summary>Sends requests with one credential through the named HTTP client. Any failure is a <see cref="ProviderException"/>.</summary>
internal sealed class XaiHttp(HttpClient http, Secret key, Pacer pacer, TimeProvider clock)
{
    /// <summary>Asks until there is an answer, a refusal, or no time left.</summary>
    public async Task<XaiAnswer> Send(XaiRequest asked, CancellationToken ct)
    {
        var exchange = new XaiExchange(key, pacer, asked.Priority);
        var context = ResilienceContextPool.Shared.Get(ct);
        try
        {
            exchange.Enter(context);
            using var request = new HttpRequestMessage(asked.Method, new Uri(asked.Path, UriKind.Relative));
            request.SetResilienceContext(context);
            request.Headers.Authorization = new("Bearer", key.Reveal());
            if (asked.Json is { } json) request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            ReadOnlyMemory<byte> body = await response.Content.ReadAsByteArrayAsync(ct);
            return new(body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[3..] : body, exchange.Asked, exchange.Answered, response.Headers.Date);
        }
        catch (TimeoutRejectedException e)
        {
            throw exchange.Failure ?? new ProviderException(FailureKind.Unreachable, string.Create(CultureInfo.InvariantCulture, $"No complete answer within {e.Timeout.TotalSeconds:0.###} s."));
        }
        catch (RateLimiterRejectedException e)
        {
            throw new ProviderException(FailureKind.RateLimited, "The provider's pace allows no request now.", e.RetryAfter) { RetryAt = clock.GetUtcNow() + e.RetryAfter };
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Scrubs a text of this credential and of anything that looks like one.</summary>
    public string Scrub(string text) => Redaction.Scrub(text, key);
}

/// <summary>What one request carries through the pipeline, over all its attempts.</summary>
internal sealed class XaiExchange(Secret key, Pacer pacer, Priority priority)
{
    private static readonly ResiliencePropertyKey<XaiExchange?> property = new("Ledger.Xai");

    private bool hasTurn;

    public Secret Key => key;

    public Pacer Pacer => pacer;

    /// <summary>When its first turn came, by the clock's timestamps.</summary>
    public long Begun { get; private set; }

    /// <summary>When the attempt was sent.</summary>
    public DateTimeOffset Asked { get; set; }

    /// <summary>When its last byte was in.</summary>
    public DateTimeOffset Answered { get; set; }

    /// <summary>Why the attempt before failed; null while one is under way.</summary>
    public ProviderException? Failure { get; set; }

    public static XaiExchange Of(ResilienceContext context) =>
        context.Properties.GetValue(property, null) ?? throw new InvalidOperationException($"Only {nameof(XaiHttp)} sends through this HTTP client.");

    public void Enter(ResilienceContext context) => context.Properties.Set(property, this);

    public async ValueTask<RateLimitLease> TakeFirstTurn(TimeProvider clock, CancellationToken ct)
    {
        var turn = await pacer.Acquire(priority, ct);
        (Begun, hasTurn) = (clock.GetTimestamp(), true);
        return turn;
    }

    /// <summary>The first attempt has its turn already; each further one waits for its own.</summary>
    public ValueTask<RateLimitLease> TakeTurn(CancellationToken ct)
    {
        if (!hasTurn) return pacer.Acquire(priority, ct);
        hasTurn = false;
        return ValueTask.FromResult(Pacer.Turn);
    }
}
