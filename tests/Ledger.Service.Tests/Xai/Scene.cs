using Ledger.Accounts;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Xai;
using Microsoft.Extensions.Time.Testing;

namespace Ledger.Service.Tests.Xai;

/// <summary>A simulated team of one key on a clock that stands still, and a client that reads it.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private readonly List<Wired> wired = [];

    private Scene(FakeTimeProvider clock, SimulatedTeam team, SimulatedXai xai)
    {
        (Clock, Team, Xai) = (clock, team, xai);
        Management = xai.Issue(team);
        Vigilio = team.AddKey("xai-vigilio", clock.GetUtcNow().AddDays(-40));
        Client = NewClient(Management.Text);
    }

    public FakeTimeProvider Clock { get; }

    public SimulatedTeam Team { get; }

    public SimulatedXai Xai { get; }

    public ManagementKey Management { get; }

    public SimulatedKey Vigilio { get; }

    public XaiClient Client { get; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    public static async Task<Scene> Set(string now = "2026-11-16T12:30:00Z")
    {
        var clock = new FakeTimeProvider(Payload.At(now));
        return new(clock, new SimulatedTeam(clock), await SimulatedXai.Start(clock));
    }

    /// <summary>Pauses are real here, and short; the scene's clock says only what time it is.</summary>
    public XaiClient NewClient(string key, Func<XaiOptions, XaiOptions>? change = null, TimeProvider? clock = null)
    {
        var options = new XaiOptions
        {
            BaseAddress = Xai.BaseAddress,
            AttemptMax = TimeSpan.FromSeconds(10),
            BackoffFirst = TimeSpan.FromMilliseconds(5),
            BackoffMax = TimeSpan.FromMilliseconds(20),
            Burst = 1000,
        };
        var made = new Wired(change?.Invoke(options) ?? options, clock ?? new RealTimers(Clock));
        wired.Add(made);
        return made.Client(key);
    }

    public void Spend(string amount, string at, string model = Prices.Reasoning, string unit = Prices.Cached, SimulatedKey? key = null) =>
        Team.Spend("vigilio", (key ?? Vigilio).Id, model, unit, Usd.Parse(amount), Payload.At(at));

    public Task<XaiUsage> Read(string from, string? to = null, int seconds = 3600) =>
        Client.ReadUsage(Team.Id, new(Payload.At(from), to is null ? Now : Payload.At(to)), seconds);

    public Task<FineUsage> Fine(string from, string to, int seconds) =>
        Client.ReadFine(Team.Id, new(Payload.At(from), Payload.At(to)), seconds, DimensionSet.KeyModelUnit, Priority.First, default);

    public async ValueTask DisposeAsync()
    {
        foreach (var each in wired) each.Dispose();
        await Xai.DisposeAsync();
    }

    /// <summary>The scene's time of day, with timers and stopwatches of the real world.</summary>
    private sealed class RealTimers(FakeTimeProvider clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();
    }
}
