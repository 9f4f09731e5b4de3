using System.Text;
using System.Text.Json;

namespace Ledger.Cli.Spooling;

/// <summary>A bookmark that waits for the service: what to send, and under which idempotency key.</summary>
/// <param name="Key">The idempotency key of the first attempt and of every later one.</param>
/// <param name="Url">The service it was meant for.</param>
/// <param name="Path">Where to post it.</param>
/// <param name="Body">What to post: names its time, because the service will see it late.</param>
/// <param name="FirstBody">
/// What a first attempt sent when its outcome is unknown, else null. It named no time (the service's clock says what "now" is), so it
/// differs from <paramref name="Body"/>: the service then refuses the body under that key, which tells that the first one arrived.
/// </param>
/// <param name="What">In words, for people: <c>start "Budget TUI"</c>.</param>
/// <param name="At">The time it marks.</param>
/// <param name="Attempts">Deliveries that the service failed at.</param>
internal sealed record Bookmark(string Key, string Url, string Path, byte[] Body, byte[]? FirstBody, string What, string At, int Attempts = 0)
{
    /// <summary>Why it was refused, once it was.</summary>
    public Problem? Problem { get; init; }

    public byte[] ToJson() => Http.Body.Of(writer =>
    {
        writer.WriteNumber("version", 1);
        writer.WriteString("what", What);
        writer.WriteString("at", At);
        writer.WriteString("key", Key);
        writer.WriteString("url", Url);
        writer.WriteString("path", Path);
        writer.WriteString("body", Encoding.UTF8.GetString(Body));
        if (FirstBody is not null) writer.WriteString("firstBody", Encoding.UTF8.GetString(FirstBody));
        if (Attempts > 0) writer.WriteNumber("attempts", Attempts);
        if (Problem is null) return;
        writer.WritePropertyName("problem");
        Problem.WriteTo(writer);
    });

    /// <summary>Reads a file of the spool; null when it is none.</summary>
    public static Bookmark? From(byte[] json)
    {
        JsonElement e;
        try
        {
            e = JsonDocument.Parse(json).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
        if (e.Text("key") is not { } key || e.Text("url") is not { } url || e.Text("path") is not { } path || e.Text("body") is not { } body) return null;
        return new(key, url, path, Encoding.UTF8.GetBytes(body), e.Text("firstBody") is { } first ? Encoding.UTF8.GetBytes(first) : null,
            e.Text("what") ?? path, e.Text("at") ?? "", (int)(e.Number("attempts") ?? 0))
        {
            Problem = e.Part("problem") is { } problem ? Cli.Problem.From(problem, (int)(problem.Number("status") ?? 0), Encoding.UTF8.GetBytes(problem.GetRawText())) : null,
        };
    }
}
