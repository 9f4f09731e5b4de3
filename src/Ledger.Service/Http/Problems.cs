using System.Text.Json;
using Ledger.Contracts;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Marten.Exceptions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Http;

/// <summary>Turns whatever went wrong into a problem (RFC 9457): the one place. Never a stack trace, never a secret.</summary>
public sealed class Problems(ILogger<Problems> logger) : IExceptionHandler
{
    public const string ContentType = "application/problem+json";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested) return true;
        var why = Explain(exception, out var retryAfter);
        Note(logger, httpContext, exception, why);
        if (retryAfter is { } wait) httpContext.Response.Headers.RetryAfter = $"{Math.Max(1, (int)wait.TotalSeconds)}";
        await Write(httpContext, why);
        return true;
    }

    public static Problem Of(Refusal why, string? correlation)
    {
        var (status, exit, meaning) = Refusals.All.TryGetValue(why.Code, out var known) ? known : Refusals.All["internal"];
        return new($"https://ledger.invalid/problems/{why.Code}", meaning, status, why.Detail, why.Code, exit, why.Field, why.Value, why.Candidates, why.RetryAt, correlation);
    }

    public static Task Write(HttpContext http, Refusal why)
    {
        var problem = Of(why, http.TraceIdentifier);
        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = ContentType;
        return JsonSerializer.SerializeAsync(http.Response.Body, problem, JsonConventions.Options, http.RequestAborted);
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
                return provider.Refusal();
            case BadHttpRequestException { StatusCode: 413 }:
                return new("request.too_large", "The body is larger than 1 MB.");
            case BadHttpRequestException { InnerException: JsonException json }:
                return OfJson(json.Message, json.Path);
            case BadHttpRequestException bad:
                return new("request.invalid", Names.Printable(bad.Message));
            case JsonException json:
                return OfJson(json.Message, json.Path);
            case var _ when DatabaseErrors.IsConflict(e):
                retryAfter = TimeSpan.FromSeconds(1);
                return new("conflict.retry", "Somebody else wrote at the same moment; nothing of this was written. Send it again.");
            case var _ when DatabaseErrors.IsTransient(e):
                retryAfter = TimeSpan.FromSeconds(1);
                return new("log.busy", "The database can't take this just now. Send it again with the same Idempotency-Key: it is written at most once.");
            case MartenCommandException { InnerException: { } inner }:
                return Explain(inner, out retryAfter);
            default:
                return new("internal", "Something went wrong here that should not have. The correlation id finds it in the service's log.");
        }
    }

    /// <summary>What the reader of JSON could not take. Its message may repeat what was sent, a secret perhaps; so only the kind and the place are told.</summary>
    public static Refusal OfJson(string message, string? path = null)
    {
        if (path is null && message.IndexOf("Path: ", StringComparison.Ordinal) is > 0 and var at) path = message[(at + 6)..].Split(' ', '|')[0].TrimEnd('.');
        // An unknown member stands in the message alone.
        else if (path is null && message.Contains("could not be mapped", StringComparison.Ordinal) && message.Split('\'') is [_, var member, ..]) path = $"$.{member}";
        return new("request.json", $"The body is not the JSON this call takes{(path is { Length: > 1 and < 100 } ? $", at {Names.Printable(path)}" : "")}: {Reason(message)}", path is ['$', '.', .. var field] ? Names.Printable(field) : null);
    }

    private static string Reason(string message) => message switch
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
}

/// <summary>Answers that routing and Wolverine give by themselves get the shape of a <see cref="Problem"/> too.</summary>
public static class PlainAnswers
{
    public static async Task Shape(HttpContext http, RequestDelegate next)
    {
        // Whoever handles an exception clears the headers there are by then.
        http.Response.OnStarting(() =>
        {
            http.Response.Headers["X-Correlation-Id"] = http.TraceIdentifier;
            http.Response.Headers.XContentTypeOptions = "nosniff";
            return Task.CompletedTask;
        });
        await next(http);
        if (http.Response is not { HasStarted: false, ContentLength: null, ContentType: null }) return;
        switch (http.Response.StatusCode)
        {
            case 415:
                await Problems.Write(http, new("request.content_type", "The body must be application/json.", "Content-Type", Names.Printable(http.Request.ContentType ?? "")));
                break;
            case 404 or 405:
                await Problems.Write(http, new("not_found", $"{http.Request.Method} {Names.Printable(http.Request.Path)} is not something this service does."));
                break;
        }
    }

    /// <summary>What Wolverine answers with a problem of its own: a key used for something else, a body it can't read, a query value of another type.</summary>
    public static void Customize(ProblemDetailsContext context)
    {
        var (http, given) = (context.HttpContext, context.ProblemDetails);
        var why = given.Status switch
        {
            422 when http.GetEndpoint()?.Metadata.GetMetadata<WritesMetadata>() is not null => new Refusal("idempotency.reused", "This Idempotency-Key was used before for something else; a new request needs a new key.", Idempotency.Header),
            409 => new("conflict.retry", "Somebody else wrote at the same moment; nothing of this was written. Send it again."),
            400 when given.Detail?.Contains("JSON", StringComparison.Ordinal) == true => Problems.OfJson(given.Detail),
            400 => new("request.invalid", Names.Printable(given.Detail ?? given.Title ?? "The request is not well formed.")),
            404 => new("not_found", $"{http.Request.Method} {Names.Printable(http.Request.Path)} is not something this service does."),
            _ => new("internal", "Something went wrong here that should not have. The correlation id finds it in the service's log."),
        };
        var problem = Problems.Of(why, http.TraceIdentifier);
        (given.Type, given.Title, given.Status, given.Detail) = (problem.Type, problem.Title, problem.Status, problem.Detail);
        given.Instance = null;
        given.Extensions.Clear();
        given.Extensions["code"] = problem.Code;
        given.Extensions["exit"] = problem.Exit;
        given.Extensions["field"] = problem.Field;
        given.Extensions["value"] = problem.Value;
        given.Extensions["candidates"] = problem.Candidates;
        given.Extensions["retryAt"] = problem.RetryAt;
        given.Extensions["correlation"] = problem.Correlation;
        http.Response.StatusCode = problem.Status;
    }
}
