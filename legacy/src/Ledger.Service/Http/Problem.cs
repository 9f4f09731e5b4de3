using System.Text.Json;
using Ledger.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Service.Http;

/// <summary>RFC 9457: what a refusal looks like on the wire.</summary>
/// <param name="Type">A name for the kind of problem; the code in the form of an address.</param>
/// <param name="Title">What the code means.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">One sentence a person can act on.</param>
/// <param name="Code">Stable code.</param>
/// <param name="Exit">Exit code of the command line.</param>
/// <param name="Field">The field that is wrong, if one is.</param>
/// <param name="Value">The value that is wrong, cut; never a secret.</param>
/// <param name="Candidates">What could have been meant.</param>
/// <param name="Correlation">Finds the request in the service's log.</param>
internal sealed record Problem(
    string Type, string Title, int Status, string Detail, string Code, int Exit, string? Field, string? Value, IReadOnlyList<string>? Candidates, string? Correlation)
{
    public const string ContentType = "application/problem+json";

    public static Problem Of(Refusal why, string? correlation)
    {
        var (status, exit, meaning) = Refusals.All.TryGetValue(why.Code, out var known) ? known : Refusals.All["internal"];
        return new($"https://ledger.invalid/problems/{why.Code}", meaning, status, why.Detail, why.Code, exit, why.Field, why.Value, why.Candidates, correlation);
    }

    public Task Write(HttpContext http)
    {
        http.Response.StatusCode = Status;
        http.Response.ContentType = ContentType;
        return JsonSerializer.SerializeAsync(http.Response.Body, this, Json.Options, http.RequestAborted);
    }
}

/// <summary>Turns whatever went wrong into a problem: the one place. Never a stack trace, never a secret.</summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task Invoke(HttpContext http)
    {
        http.Response.Headers["X-Correlation-Id"] = http.TraceIdentifier;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: 404 or 405 or 415, ContentLength: null, ContentType: null })
                await Answer(http, http.Response.StatusCode == 415
                    ? new("request.content_type", "The body must be application/json.", "Content-Type", Names.Printable(http.Request.ContentType ?? ""))
                    : new("not_found", $"{http.Request.Method} {Names.Printable(http.Request.Path)} is not something this service does."));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has left; nobody reads an answer.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            var why = Explain(e, out var retryAfter);
            Note(logger, http, e, why);
            if (retryAfter is { } wait) http.Response.Headers.RetryAfter = $"{Math.Max(1, (int)wait.TotalSeconds)}";
            await Answer(http, why);
        }
    }

    /// <summary>What an exception means to the caller.</summary>
    public static Refusal Explain(Exception e, out TimeSpan? retryAfter)
    {
        retryAfter = null;
        switch (e)
        {
            case Refused refused:
                retryAfter = refused.RetryAfter;
                return refused.Why;
            case ProviderException provider:
                retryAfter = provider.RetryAfter;
                return OfProvider(provider);
            case BadHttpRequestException { StatusCode: 413 }:
                return new("request.too_large", "The body is larger than 1 MB.");
            case BadHttpRequestException { InnerException: JsonException json }:
                return OfJson(json);
            case BadHttpRequestException bad:
                return new("request.invalid", Names.Printable(bad.Message));
            case JsonException json:
                return OfJson(json);
            case LogBusyException or TimeoutException or NpgsqlException { IsTransient: true } or PostgresException { SqlState: "57P03" or "53300" or "57014" or "25006" }:
                retryAfter = TimeSpan.FromSeconds(1);
                return new("log.busy", "The database can't take this just now; nothing was written. Try again.");
            case AppendOutcomeUnknownException:
                retryAfter = TimeSpan.FromSeconds(1);
                return new("log.unknown", "The connection was cut while writing. Ask again with the same Idempotency-Key: it is written at most once.");
            case LogBrokenException broken:
                return new("log.broken", $"The log is broken at position {broken.Position}; `ledger verify` says more.");
            default:
                return new("internal", "Something went wrong here that should not have. The correlation id finds it in the service's log.");
        }
    }

    private static Refusal OfProvider(ProviderException e) => e.Kind switch
    {
        FailureKind.Auth or FailureKind.Permission or FailureKind.WrongKind => new("credential.refused", e.Detail, "credential"),
        FailureKind.NotFound => new("credential.refused", e.Detail, "team"),
        FailureKind.Contract => new("provider.contract", e.Detail),
        FailureKind.Invalid => new("request.invalid", e.Detail, "credential"),
        _ => new("provider.unavailable", e.Detail),
    };

    private static Refusal OfJson(JsonException e) =>
        new("request.json", $"The body is not the JSON this call takes{(e.Path is { Length: > 1 and < 100 } path ? $", at {Names.Printable(path)}" : "")}: {Reason(e)}", e.Path is ['$', '.', .. var field] ? Names.Printable(field) : null);

    // The reader's messages may repeat what was sent, a secret perhaps; so only their kind is told.
    private static string Reason(JsonException e) => e.Message switch
    {
        var m when m.Contains("could not be mapped", StringComparison.Ordinal) => "there is no such member.",
        var m when m.Contains("uplicate", StringComparison.Ordinal) => "a member is there twice.",
        var m when m.Contains("depth", StringComparison.OrdinalIgnoreCase) => "it is nested too deeply.",
        var m when m.Contains("could not be converted", StringComparison.Ordinal) => "a value has another type.",
        _ => "it breaks JSON's syntax.",
    };

    /// <summary>Tells the operator what a caller is not told.</summary>
    public static void Note(ILogger logger, HttpContext http, Exception e, Refusal why)
    {
        if (why.Code is "internal" or "log.broken")
            logger.LogError(e, "{Method} {Path} failed; correlation {Correlation}", http.Request.Method, http.Request.Path, http.TraceIdentifier);
        else if (Refusals.All[why.Code].Status >= 500)
            logger.LogWarning("{Method} {Path}: {Code} {Detail}; correlation {Correlation}", http.Request.Method, http.Request.Path, why.Code, why.Detail, http.TraceIdentifier);
    }

    private static Task Answer(HttpContext http, Refusal why) => Problem.Of(why, http.TraceIdentifier).Write(http);
}
