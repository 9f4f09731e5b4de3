using Microsoft.AspNetCore.Http;

namespace Ledger.Service.Http;

/// <summary>Who asks, under which key, and at which instant a bookmark was made. Endpoints take it as a parameter.</summary>
/// <param name="Name">Name of the token.</param>
/// <param name="Key">The caller's idempotency key; empty for a read. Ids of what a command makes derive from it.</param>
/// <param name="BookmarkAt">When the bookmark was made, where the client kept it in its spool; null: now.</param>
public sealed record Caller(string Name, string Key, DateTimeOffset? BookmarkAt)
{
    /// <summary>The header that carries a bookmark's own instant, so that a redelivery sends the first bytes again.</summary>
    public const string BookmarkHeader = "Bookmark-At";

    public static Caller Of(HttpContext http)
    {
        var at = http.Request.Headers[BookmarkHeader] is [{ Length: > 0 } text]
            ? Instants.TryParse(text, out var given) ? given : throw new Refused("time.invalid", $"{BookmarkHeader} must be a time between 2015 and 2100 such as 2026-11-16T10:15:00Z.", BookmarkHeader, text)
            : (DateTimeOffset?)null;
        return new(http.User.Identity?.Name ?? "", http.Request.Headers[Idempotency.Header] is [{ } key] ? key : "", at);
    }
}

/// <summary>Gives every endpoint its <see cref="Caller"/>, after a repeat has been answered.</summary>
public static class CallerMiddleware
{
    public static Caller Before(HttpContext http)
    {
        http.Items[Idempotency.Began] = true;
        return Caller.Of(http);
    }
}
