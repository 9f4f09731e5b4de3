using System.Text.Json.Nodes;
using Ledger.Service.Http;
using Microsoft.AspNetCore.Http;

namespace Ledger.Service.Writing;

/// <summary>What a write answers: its JSON with the last position it wrote, and whether it is the first answer given again.</summary>
internal sealed class Answer(JsonObject body, long position, int events, bool replayed) : IResult
{
    public long Position { get; } = position;

    /// <summary>How many events it wrote, up to its position; 0 when there was nothing to change.</summary>
    public int Events { get; } = events;

    public bool Replayed { get; } = replayed;

    public JsonObject Body { get; } = body;

    public Answer With(string member, JsonNode? value)
    {
        Body[member] = value;
        return this;
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (Replayed) httpContext.Response.Headers["Idempotency-Hit"] = "true";
        Body["position"] = Position;
        return Results.Json(Body, Json.Options).ExecuteAsync(httpContext);
    }
}
