using Ledger.Service.Xai;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Ledger.Service.Tests.Xai;

/// <summary>xAI's client as the service registers it, with another clock and, where one is given, another end of the wire.</summary>
internal sealed class Wired : IDisposable
{
    private readonly ServiceProvider services;
    private readonly FakeTimeProvider? standing;

    public Wired(XaiOptions options, TimeProvider? clock = null, HttpMessageHandler? end = null, ILoggerProvider? logs = null)
    {
        standing = clock as FakeTimeProvider;
        var made = new ServiceCollection();
        made.AddSingleton(clock ?? TimeProvider.System);
        made.AddLogging(logging =>
        {
            logging.SetMinimumLevel(LogLevel.Trace);
            if (logs is not null) logging.AddProvider(logs);
        });
        made.AddXai(options);
        if (end is not null) made.AddHttpClient(XaiClients.Name).ConfigurePrimaryHttpMessageHandler(() => end);
        services = made.BuildServiceProvider();
    }

    public XaiClient Client(string key) => services.GetRequiredService<XaiClients>().For(Secret.FromPaste(key));

    public XaiHttp Http(string key) => services.GetRequiredService<XaiClients>().HttpFor(Secret.FromPaste(key));

    public int Pacers => services.GetRequiredService<XaiClients>().Remembered;

    public HttpClient Bare() => services.GetRequiredService<IHttpClientFactory>().CreateClient(XaiClients.Name);

    public void Dispose()
    {
        // The pipeline waits for requests under way; one that a failed test left behind waits on a clock that stands still.
        var disposed = services.DisposeAsync().AsTask();
        while (!disposed.Wait(TimeSpan.FromMilliseconds(20))) standing?.Advance(TimeSpan.FromMinutes(1));
    }
}
