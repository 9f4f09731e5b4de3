using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

public sealed class Stories
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_mission_between_two_bookmarks_costs_what_was_truly_spent_between_them()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"), hour.AddMinutes(2));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("7.25"), hour.AddDays(-2));
        var connected = await host.Connect();
        Assert.Equal(Usd.Parse("8.25"), connected.Money("billed"));
        Assert.Equal("xai-ba", (string?)connected["keys"]![0]!["name"]);
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("keys/assign", new { key = "xai-ba", owners = new { ba = 1 } })).Ok();

        host.Clock.AdvanceTo(hour.AddMinutes(15));
        var started = (await host.Post("missions", new { title = "Budget TUI", @ref = "trentuna/token-monitor#3" })).Ok();
        var start = DateTimeOffset.Parse((string)started["mission"]!["start"]!, null);
        await host.BookmarkServed(start);

        host.Clock.AdvanceTo(hour.AddMinutes(30));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("4.50"));
        host.Clock.AdvanceTo(hour.AddMinutes(45));
        var ended = (await host.Post("missions/end", new { mission = "trentuna/token-monitor#3" })).Ok();
        var end = DateTimeOffset.Parse((string)ended["mission"]!["end"]!, null);
        await host.BookmarkServed(end);
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("0.50"));
        host.Clock.AdvanceTo(hour.AddMinutes(65));
        await host.Sync();

        var cost = (await host.Get("missions/cost?mission=trentuna/token-monitor%233")).Ok();
        Assert.Equal(host.Team.TrueCost(["ba"], [new(start, end)]), cost.Money("billed"));
        Assert.Equal(Usd.Parse("4.50"), cost.Money("billed"));
        Assert.Equal(Usd.Zero, cost.Money("low"));
        Assert.Equal(Usd.Parse("6.00"), cost.Money("high"));
        Assert.Equal("4.50", (string?)cost["methods"]!["whole"]);
        Assert.False((bool)cost["data"]!["stale"]!);

        var report = (await host.Get("report?by=mission&since=2026-11-01")).Ok();
        Assert.Equal(host.Team.Billed(), report.Money("total"));
        Assert.Equal(host.Team.Billed() - Usd.Parse("4.50"), report.Money("idle"));
        var verified = (await host.Post("verify")).Ok();
        Assert.True((bool)verified["ok"]!, verified.Text);
    }
}
