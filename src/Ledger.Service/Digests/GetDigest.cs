using Ledger.Digests;
using Ledger.Service.Http;
using Ledger.Service.Mail;
using Ledger.Service.Spend;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;

namespace Ledger.Service.Digests;

/// <summary>Which digest is asked for.</summary>
public sealed record DigestQuery
{
    /// <summary><c>2026-W47</c>; null: the last one that is over.</summary>
    [FromQuery(Name = "week")] public string? Week { get; set; }

    /// <summary>As of a position or a time.</summary>
    [FromQuery(Name = "asOf")] public string? AsOf { get; set; }

    /// <summary><c>json</c>, <c>text</c>, <c>html</c> or <c>markdown</c>.</summary>
    [FromQuery(Name = "format")] public string? Format { get; set; }

    [FromQuery(Name = "minPosition")] public long? MinPosition { get; set; }
}

/// <summary>A week's digest, composed now and not kept.</summary>
public static class GetDigest
{
    [WolverineGet("/api/v1/digest"), Authorize(Policy = Scopes.Read), ProducesResponseType<Digest>(200)]
    public static async Task<IResult> Get([FromQuery] DigestQuery query, ReadAt readAt, ComposeDigest compose, TimeProvider clock, CancellationToken ct)
    {
        if (query.Format is not (null or "json" or "text" or "html" or "markdown"))
            throw new Refused("request.invalid", "format is json, text, html or markdown.", "format", query.Format);
        var (week, window) = DigestWeeks.Meant(query.Week, compose.Zone, clock.GetUtcNow());
        var (position, _) = await readAt.Resolve(query.AsOf, query.MinPosition, ct);
        var digest = await compose.Of(week, window, position, ct);
        return query.Format switch
        {
            "text" => Results.Text(DigestMail.Text(digest), "text/plain; charset=utf-8"),
            "markdown" => Results.Text(DigestMail.Markdown(digest, compose.Forge), "text/markdown; charset=utf-8"),
            "html" => new HtmlPage((await DigestMail.Render(digest, compose.Forge)).Html),
            _ => Results.Json(digest, JsonConventions.Options),
        };
    }

    /// <summary>A page that may do nothing, should a browser open it.</summary>
    private sealed class HtmlPage(string html) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
            return Results.Text(html, "text/html; charset=utf-8").ExecuteAsync(httpContext);
        }
    }
}
