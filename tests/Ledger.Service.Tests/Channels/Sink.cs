using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Tests.Channels;

/// <summary>A receiver of webhooks that answers as it is told and remembers what it got.</summary>
internal sealed class Sink : IAsyncDisposable
{
    private readonly WebApplication app;

    private Sink(WebApplication app) => this.app = app;

    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;
    public List<(Dictionary<string, string> Headers, byte[] Body)> Got { get; } = [];

    /// <summary>Its address by a name that leads to this machine.</summary>
    public Secret Url => new Secret($"http://localhost:{new Uri(app.Urls.First()).Port}/hooks/canary-path-5c1e");

    public static async Task<Sink> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var sink = new Sink(builder.Build());
        sink.app.Run(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            lock (sink.Got) sink.Got.Add((http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()), body.ToArray()));
            await sink.Answer(http);
        });
        await sink.app.StartAsync();
        return sink;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
