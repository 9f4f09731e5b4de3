using JasperFx;
using JasperFx.CodeGeneration;
using Marten;
using Microsoft.AspNetCore.Builder;
using Marten.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Wolverine.Attributes;
using Wolverine.Http;

namespace Ledger.Service.Http;

/// <summary>
/// Every write is answered once per <c>Idempotency-Key</c>: a repeat gets the first answer, byte for byte. Wolverine claims the key in the
/// transaction of the command; this says which endpoints, and puts the position and the word that it was a repeat into headers.
/// </summary>
public static class Idempotency
{
    public const string Header = "Idempotency-Key";

    /// <summary>The position a write reached.</summary>
    public const string PositionHeader = "Ledger-Position";

    /// <summary>Says that this answer was given before.</summary>
    public const string HitHeader = "Idempotency-Hit";

    /// <summary>How long a key is remembered.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    /// <summary>The command began in this request.</summary>
    internal static readonly object Began = new();

    /// <summary>It was committed by this request, not by another one with the same key.</summary>
    internal static readonly object Committed = new();

    /// <summary>Marks an answer that came from an earlier run of the same command.</summary>
    public static Task Mark(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<WritesMetadata>() is { IsReplayed: true })
            http.Response.OnStarting(async () =>
            {
                if (http.Response.StatusCode is < 200 or >= 300) return;
                if (!http.Items.ContainsKey(Committed)) http.Response.Headers[HitHeader] = "true";
                // A repeat, or a command that found nothing to change: where the books stand by now.
                if (http.Response.Headers.ContainsKey(PositionHeader)) return;
                var positions = http.RequestServices.GetRequiredService<Storage.Positions>();
                http.Response.Headers[PositionHeader] = $"{await positions.Last(http.RequestAborted)}";
            });
        return next(http);
    }
}

/// <summary>The endpoint is not replayed by its answer: it shows a secret once, streams progress, only answers a question, or its effect is a repeat of itself.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NotReplayedAttribute : Attribute;

/// <summary>The endpoint changes something: it needs a key and takes JSON or nothing.</summary>
public sealed record WritesMetadata(bool IsReplayed);

/// <summary>Puts every endpoint that is not a GET under the rule of the key.</summary>
public sealed class IdempotencyPolicy : IHttpPolicy
{
    public void Apply(IReadOnlyList<HttpChain> chains, GenerationRules rules, IServiceContainer container)
    {
        foreach (var chain in chains.Where(c => !c.HttpMethods.Contains("GET")))
        {
            var replayed = !chain.Method.Method.IsDefined(typeof(NotReplayedAttribute), inherit: false);
            chain.Metadata.WithMetadata(new WritesMetadata(replayed));
            if (!replayed) continue;
            chain.DeduplicatedWithResponse = new()
            {
                // The key belongs to whoever sent it; the same key for another path or body is refused.
                Scope = DeduplicationScope.User,
                Source = ValueSource.Header,
                Key = Idempotency.Header,
                Required = true,
                ClaimInTransaction = true,
            };
        }
    }
}

/// <summary>Tells the caller the position that a command wrote.</summary>
public sealed class PositionHeader : DocumentSessionListenerBase
{
    private static readonly HttpContextAccessor accessor = new();

    public override Task AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken token)
    {
        if (accessor.HttpContext is not { Response.HasStarted: false } http) return Task.CompletedTask;
        if (http.Items.ContainsKey(Idempotency.Began)) http.Items[Idempotency.Committed] = true;
        long last = 0;
        foreach (var e in commit.GetEvents()) last = Math.Max(last, e.Sequence);
        if (last > 0) http.Response.Headers[Idempotency.PositionHeader] = $"{last}";
        return Task.CompletedTask;
    }
}
