using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

/// <summary>A new user's settings: what a mission costs is what the provider stamped inside it, by the finest buckets it serves.</summary>
public sealed class FineBuckets(TestDatabases databases) : IClassFixture<TestDatabases>
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("", "0.48", "0.48", "0.48")]
    [InlineData("1", null, "0.37", "4.18")]
    [InlineData("1 60", null, "0.00", "9.18")]
    [InlineData("1 60 900", null, "0.00", "9.18")]
    public async Task a_mission_costs_what_was_stamped_inside_it_whatever_is_refused(string refused, string? billed, string low, string high)
    {
        await using var host = await Team();
        host.Xai.Faults.WidthsRefused = refused.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(int.Parse, _ => DateTimeOffset.MaxValue);
        await Work(host);

        var cost = await Cost(host);
        if (billed is not null) Assert.Equal(billed, (string?)cost["billed"]);
        Assert.Equal((low, high), ((string?)cost["low"], (string?)cost["high"]));
        Assert.Equal(host.Team.Billed(), (await host.Get("report?since=2026-11-01")).Ok().Money("total"));
        Assert.All((await host.Post("verify")).Ok()["checks"]!.AsArray(), c => Assert.True((bool)c!["ok"]!, c.ToJsonString()));

        // 35 days are six requests by the hour; what was refused is tried again.
        var calls = host.Xai.Calls(XaiCall.Usage);
        await host.Sync();
        Assert.InRange(host.Xai.Calls(XaiCall.Usage) - calls, 6, 9);
    }

    /// <summary>Connected with a management key and nothing else, before the spend of the hour is over.</summary>
    private async Task<LedgerHost> Team()
    {
        var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        Spend(host, "5.00", "10:02:11");
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text })).Ok();
        (await host.Post("agents/from-keys")).Ok();
        return host;
    }

    private static async Task Work(LedgerHost host)
    {
        Spend(host, "0.70", "10:07:18");
        host.Clock.AdvanceTo(At("10:07:20"));
        (await host.Post("missions", new { title = "Budget TUI", @ref = "t/x#1" })).Ok();
        Spend(host, "0.11", "10:07:25");
        Spend(host, "0.20", "10:12:00");
        Spend(host, "0.17", "10:30:59");
        host.Clock.AdvanceTo(At("10:31:05"));
        (await host.Post("missions/end", new { mission = "t/x#1" })).Ok();
        Spend(host, "3.00", "10:31:09");
        host.Clock.AdvanceTo(At("12:10:00"));
        await host.Sync();
    }

    private static async Task<Reply> Cost(LedgerHost host) => (await host.Get($"missions/cost?mission=t/x%231&minPosition={await host.Head()}")).Ok();

    private static void Spend(LedgerHost host, string dollars, string at) =>
        host.Team.Spend("ba", host.Team.Key("xai-ba").Id, Prices.Reasoning, Prices.Prompt, Usd.Parse(dollars), At(at));

    private static DateTimeOffset At(string time) => hour.Date.Add(TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture)) is var at ? new(at, TimeSpan.Zero) : default;
}
