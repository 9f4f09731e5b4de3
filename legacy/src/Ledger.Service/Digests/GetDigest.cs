using Ledger.Mail;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Microsoft.AspNetCore.Http;

namespace Ledger.Service.Digests;

/// <summary>
/// A week's digest, composed now and not kept: `week` is `2026-W47` (default: the last one that is over), `format` json, text, html or markdown.
/// </summary>
internal static class GetDigest
{
    public static async Task<IResult> Get(
        string? week, string? asOf, string? format, long? minPosition, ReadAt readAt, ComposeDigest compose, TimeProvider clock, CancellationToken ct)
    {
        if (format is not (null or "json" or "text" or "html" or "markdown"))
            throw new Refused("request.invalid", "format is json, text, html or markdown.", "format", format);
        var (name, window) = DigestWeek.Of(week, compose.Zone, clock.GetUtcNow());
        var (position, _) = await readAt.Resolve(asOf, minPosition, ct);
        var digest = await compose.Of(name, window, position, ct);
        return format switch
        {
            "text" => Results.Text(DigestMail.Text(digest), "text/plain; charset=utf-8"),
            "markdown" => Results.Text(DigestMail.Markdown(digest), "text/markdown; charset=utf-8"),
            "html" => new Page((await DigestMail.Render(digest)).Html),
            _ => Results.Json(digest, Json.Options),
        };
    }

    /// <summary>A page that may do nothing, should a browser open it.</summary>
    private sealed class Page(string html) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
            return Results.Text(html, "text/html; charset=utf-8").ExecuteAsync(httpContext);
        }
    }
}
