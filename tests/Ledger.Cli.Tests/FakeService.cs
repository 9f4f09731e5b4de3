using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ledger.Cli.Tests;

internal sealed record Asked(string Method, string Path, string Query, string Body, string? Key, string? Token, string? Accept, string? BookmarkAt = null);

/// <summary>What a service answers; the position of a write, the wait it asks for and its zone are headers.</summary>
internal sealed record Answer(int Status, string Body, string ContentType = "application/json", long? Position = null, int? RetryAfter = null, string? Zone = null);

/// <summary>Stands in for the service: answers what the test says, and remembers what it was asked.</summary>
internal sealed class FakeService : IDisposable
{
    private readonly HttpListener listener;
    private readonly Func<Asked, Answer?> answer;

    public string Url { get; }
    public List<Asked> Requests { get; } = [];

    /// <summary>The team's zone, which every answer says.</summary>
    public string? Zone { get; init; }

    /// <summary>The service's version, which every answer says.</summary>
    public string? Version { get; init; }

    /// <summary>How often only the zone was asked for; those are no requests.</summary>
    public int ZoneAsked { get; private set; }

    /// <summary>Listens; answering null cuts the connection in the middle of an answer.</summary>
    public FakeService(Func<Asked, Answer?> answer, int? port = null)
    {
        this.answer = answer;
        (listener, Url) = Listen(port);
        _ = Task.Run(Serve);
    }

    /// <summary>Somebody else may take a free port between finding and using it; then another is as good.</summary>
    private static (HttpListener, string) Listen(int? port)
    {
        for (var attempt = 1; ; attempt++)
        {
            var url = $"http://127.0.0.1:{port ?? FreePort()}";
            var listener = new HttpListener { Prefixes = { url + "/" } };
            try
            {
                listener.Start();
                return (listener, url);
            }
            catch (HttpListenerException) when (port is null && attempt < 10)
            {
                listener.Close();
            }
        }
    }

    public FakeService(string body) : this(_ => new Answer(200, body))
    {
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public static Answer Problem(int status, string code, int exit, string detail = "No.") =>
        new(status, $$"""{"type":"https://ledger.invalid/problems/{{code}}","title":"Refused","status":{{status}},"detail":"{{detail}}","code":"{{code}}","exit":{{exit}},"field":null,"value":null,"candidates":null}""", "application/problem+json");

    public void Dispose() => listener.Close();

    private async Task Serve()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            var request = context.Request;
            using var reader = new StreamReader(request.InputStream, Encoding.UTF8);
            var asked = new Asked(request.HttpMethod, request.Url!.AbsolutePath, Uri.UnescapeDataString(request.Url.Query), await reader.ReadToEndAsync(),
                request.Headers["Idempotency-Key"], request.Headers["Authorization"], request.Headers["Accept"], request.Headers["Bookmark-At"]);
            if (Version is not null) context.Response.Headers["Ledger-Version"] = Version;
            if (Zone is not null) context.Response.Headers["Ledger-Zone"] = Zone;
            if (asked.Path == "/health/live")
            {
                ZoneAsked++;
                context.Response.Close();
                continue;
            }
            lock (Requests) Requests.Add(asked);
            if (answer(asked) is not { } said)
            {
                context.Response.ContentLength64 = 100;
                await context.Response.OutputStream.WriteAsync("{\"mis"u8.ToArray());
                context.Response.Abort();
                continue;
            }
            context.Response.StatusCode = said.Status;
            context.Response.ContentType = said.ContentType;
            if (said.Position is { } position) context.Response.Headers["Ledger-Position"] = $"{position}";
            if (said.Zone is { } zone) context.Response.Headers["Ledger-Zone"] = zone;
            if (said.RetryAfter is { } seconds) context.Response.Headers["Retry-After"] = $"{seconds}";
            context.Response.SendChunked = said.ContentType.Contains("ndjson", StringComparison.Ordinal);
            var bytes = Encoding.UTF8.GetBytes(said.Body);
            if (!context.Response.SendChunked) context.Response.ContentLength64 = bytes.Length;
            await context.Response.OutputStream.WriteAsync(bytes);
            context.Response.Close();
        }
    }
}
