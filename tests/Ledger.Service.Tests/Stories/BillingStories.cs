using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Stories;

/// <summary>What the provider says later of an hour it has billed before, down to the cost of a mission.</summary>
public sealed class BillingStories(BillingStories.World world) : IClassFixture<BillingStories.World>
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    private LedgerHost Host => world.Host;

    /// <summary>One connected team; each test brings its own key, agent and mission.</summary>
    public sealed class World(TestDatabases databases) : IAsyncLifetime
    {
        internal LedgerHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));
            await Host.Connect();
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }

    [Fact]
    public async Task a_restatement_moves_the_mission_by_its_part_and_as_of_before_it_nothing_has_changed()
    {
        var (key, mission) = await WholeHour("restated");
        var before = await Cost(mission);
        Assert.Equal(Usd.Parse("6.00"), before.Money("billed"));

        Host.Team.Restate(hour.AddMinutes(10), key, Prices.Reasoning, Prices.Prompt, Usd.Parse("3.00"));
        await Host.Sync();
        var after = await Cost(mission);
        Assert.Equal((Usd.Parse("3.00"), Usd.Parse("-3.00")), (after.Money("billed"), after.Money("restated")));
        var position = before["asOf"]!["position"];
        Assert.Equal(Usd.Parse("6.00"), (await Host.Get($"missions/cost?mission={mission}&asOf={position}")).Ok().Money("billed"));
        var diff = (await Host.Get($"missions/diff?mission={mission}&from={position}")).Ok();
        Assert.Equal((Usd.Parse("-3.00"), Usd.Zero, Usd.Parse("-3.00")), (diff.Money("change"), diff.Money("moved"), diff.Money("billed")));
        await Verified();
    }

    [Fact]
    public async Task a_line_that_vanishes_keeps_its_total_is_listed_and_counts_as_withdrawn_an_hour_later()
    {
        var (key, mission) = await WholeHour("vanished");
        // Another line of the key stays, with all its zeros: so the answer is dense, and absence means something.
        Host.Team.Spend("vanished", key, Prices.Reasoning, Prices.Completion, Usd.Parse("0.50"), hour.AddMinutes(62));
        Host.Team.Vanish(hour.AddMinutes(20), key, Prices.Reasoning, Prices.Prompt);
        await Host.Sync();
        var lacking = await Cost(mission);
        Assert.Equal(Usd.Parse("6.00"), lacking.Money("billed"));
        Assert.Equal("6.00", (string?)lacking["data"]!["missing"]!.AsArray().Single()!["total"]);

        Host.Clock.Advance(TimeSpan.FromMinutes(61));
        await Host.Sync();
        var withdrawn = await Cost(mission);
        Assert.Equal(Usd.Zero, withdrawn.Money("billed"));
        Assert.Empty(withdrawn["data"]!["missing"]!.AsArray());

        Host.Team.Unvanish();
        await Host.Sync();
        Assert.Equal(Usd.Parse("6.00"), (await Cost(mission)).Money("billed"));
        await Verified();
    }

    [Fact]
    public async Task after_a_restart_everything_is_as_it_was()
    {
        var (_, mission) = await WholeHour("restarted");
        var cost = $"missions/cost?mission={mission}&by=key,day&asOf={await Host.Head()}";
        var before = (await Host.Get(cost)).Ok();
        var written = await Host.Post("agents", new { name = "once" }, "before-the-restart");
        var (agents, keys) = ((await Host.Get("agents")).Ok().Text, (await Host.Get("keys")).Ok().Text);

        await using var again = await Host.Another();
        var after = (await again.Get(cost)).Ok();
        foreach (var member in new[] { "mission", "billed", "low", "high", "methods", "by", "asOf" })
            Assert.Equal(before[member]!.ToJsonString(), after[member]!.ToJsonString());
        Assert.Equal((agents, keys), ((await again.Get("agents")).Ok().Text, (await again.Get("keys")).Ok().Text));
        var repeat = (await again.Post("agents", new { name = "once" }, "before-the-restart")).Ok();
        Assert.Equal((true, written.Text), (repeat.IsReplay, repeat.Text));
        // Its credential opens there too.
        Assert.True((bool)(await again.Post("accounts/-/test")).Ok()["ok"]!);
    }

    /// <summary>An agent's key, and a mission of the agent over the whole hour in which it spent $6.</summary>
    private async Task<(string Key, string Mission)> WholeHour(string agent)
    {
        var key = Host.Team.AddKey($"xai-{agent}", hour.AddDays(-10)).Id;
        Host.Team.Spend(agent, key, Prices.Reasoning, Prices.Prompt, Usd.Parse("6.00"), hour.AddMinutes(20));
        await Host.Sync();
        (await Host.Post("agents", new { name = agent })).Ok();
        (await Host.Post("keys/assign", new { key, owners = new Dictionary<string, int> { [agent] = 1 } })).Ok();
        var mission = (string)(await Host.Post("missions", new { title = "The hour", agents = new[] { agent }, at = hour })).Ok()["mission"]!["id"]!;
        (await Host.Post("missions/end", new { mission, at = hour.AddHours(1) })).Ok();
        return (key, mission);
    }

    private async Task<Reply> Cost(string mission) => (await Host.Get($"missions/cost?mission={mission}&minPosition={await Host.Head()}")).Ok();

    private async Task Verified()
    {
        var verified = (await Host.Post("verify")).Ok();
        Assert.True((bool)verified["ok"]!, verified.Text);
    }
}
