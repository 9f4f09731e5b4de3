using System.Text;
using System.Text.Json;

namespace Ledger.Cli.Spooling;

/// <summary>A bookmark that waits for the service: what to send, and under which idempotency key.</summary>
/// <param name="Key">The idempotency key of the first attempt and of every later one.</param>
/// <param name="Url">The service it was meant for.</param>
/// <param name="Path">Where to post it.</param>
/// <param name="Body">What to post: the same bytes as in the first attempt.</param>
/// <param name="What">In words, for people: <c>start "Budget TUI"</c>.</param>
/// <param name="At">The time it marks.</param>
/// <param name="SendsAt">The time goes with it in a header, because the service sees it late; false: the body names it.</param>
/// <param name="Attempts">Deliveries that the service failed at.</param>
internal sealed record Bookmark(string Key, string Url, string Path, byte[] Body, string What, string At, bool SendsAt, int Attempts = 0)
{
    private const int Version = 2;

    /// <summary>
    /// What the first attempt of version 0.1 sent when its outcome is unknown. That version put the time into <see cref="Body"/> afterwards, so
    /// the two differ: where the first one arrived, the service refuses the other under the same key.
    /// </summary>
    public byte[]? FirstBody { get; init; }

    /// <summary>Why it was refused, once it was.</summary>
    public Problem? Problem { get; init; }

    public byte[] ToJson() => Http.Body.Of(writer =>
    {
        writer.WriteNumber("version", Version);
        writer.WriteString("what", What);
        writer.WriteString("at", At);
        writer.WriteString("key", Key);
        writer.WriteString("url", Url);
        writer.WriteString("path", Path);
        writer.WriteString("body", Encoding.UTF8.GetString(Body));
        writer.WriteBoolean("sendsAt", SendsAt);
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
        // A file of version 0.1 names the time in its body.
        return new(key, url, path, Encoding.UTF8.GetBytes(body), e.Text("what") ?? path, e.Text("at") ?? "", e.Flag("sendsAt") == true, (int)(e.Number("attempts") ?? 0))
        {
            FirstBody = e.Text("firstBody") is { } first ? Encoding.UTF8.GetBytes(first) : null,
            Problem = e.Part("problem") is { } problem ? Cli.Problem.From(problem, (int)(problem.Number("status") ?? 0), Encoding.UTF8.GetBytes(problem.GetRawText())) : null,
        };
    }
}
