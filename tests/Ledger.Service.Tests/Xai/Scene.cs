using Ledger.Money;
using Ledger.Providers.Xai;
using Ledger.Simulator;

namespace Ledger.Providers.Tests;

/// <summary>A simulated team of one key on a clock that stands still, and a client that reads it.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private readonly List<XaiClient> clients = [];

    private Scene(ManualClock clock, SimulatedTeam team, SimulatedXai xai)
    {
        (Clock, Team, Xai) = (clock, team, xai);
        Management = xai.Issue(team);
        Vigilio = team.AddKey("xai-vigilio", clock.GetUtcNow().AddDays(-40));
        Client = NewClient(Management.Text);
    }

    public ManualClock Clock { get; }

    public SimulatedTeam Team { get; }

    public SimulatedXai Xai { get; }

    public ManagementKey Management { get; }

    public SimulatedKey Vigilio { get; }

    public XaiClient Client { get; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    public static async Task<Scene> Set(string now = "2026-11-16T12:30:00Z")
    {
        var clock = ManualClock.At(now);
        return new(clock, new SimulatedTeam(clock), await SimulatedXai.Start(clock));
    }

    /// <summary>Pauses are real here, and short; the scene's clock says only what time it is.</summary>
    public XaiClient NewClient(string key, Func<ProviderHttpOptions, ProviderHttpOptions>? change = null, TimeProvider? clock = null)
    {
        var http = new ProviderHttpOptions
        {
            AttemptMax = TimeSpan.FromSeconds(10),
            BackoffFirst = TimeSpan.FromMilliseconds(5),
            BackoffMax = TimeSpan.FromMilliseconds(20),
            Burst = 1000,
        };
        var client = new XaiClient(new() { BaseAddress = Xai.BaseAddress, Http = change?.Invoke(http) ?? http }, Secret.FromPaste(key), clock ?? new RealTimers(Clock));
        clients.Add(client);
        return client;
    }

    public void Spend(string amount, string at, string model = Prices.Reasoning, string unit = Prices.Cached, SimulatedKey? key = null) =>
        Team.Spend("vigilio", (key ?? Vigilio).Id, model, unit, Usd.Parse(amount), Payload.At(at));

    public Task<XaiUsage> Read(string from, string? to = null, int seconds = 3600) =>
        Client.ReadUsage(Team.Id, new(Payload.At(from), to is null ? Now : Payload.At(to)), seconds);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients) client.Dispose();
        await Xai.DisposeAsync();
    }

    /// <summary>The scene's time of day, with timers and stopwatches of the real world.</summary>
    private sealed class RealTimers(ManualClock clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();
    }
}
