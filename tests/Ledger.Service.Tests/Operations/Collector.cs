using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Tests.Operations;

/// <summary>
/// Takes OTLP over HTTP. Protobuf carries names and texts as they are, each with its length before it, so that they can be looked for in the
/// bytes; what else a push holds is OpenTelemetry's business.
/// </summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<(string Path, string Headers, string Body)> got = [];

    private Collector(WebApplication app) => this.app = app;

    public string Url => app.Urls.First();

    /// <summary>Everything that came, one character a byte.</summary>
    public IEnumerable<string> All => got.Select(g => g.Headers + g.Body);

    public static async Task<Collector> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        collector.app.Run(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            collector.got.Enqueue((http.Request.Path, string.Join('\n', http.Request.Headers.Select(h => $"{h.Key}: {h.Value}")), Encoding.Latin1.GetString(body.ToArray())));
            http.Response.ContentType = "application/x-protobuf";
        });
        await collector.app.StartAsync();
        return collector;
    }

    /// <summary>Whether a push to a path held a text; its length stands before it, so that <c>Marten</c> is not found in <c>Marten.AspNetCore</c>.</summary>
    public bool Has(string path, string text) => got.Any(g => g.Path == path && g.Body.Contains($"{(char)text.Length}{text}", StringComparison.Ordinal));

    public bool HasHeader(string path, string header) => got.Any(g => g.Path == path && g.Headers.Contains(header, StringComparison.OrdinalIgnoreCase));

    public int Count(string path) => got.Count(g => g.Path == path);

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
