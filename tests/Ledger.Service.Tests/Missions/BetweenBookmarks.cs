using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Missions;

public sealed class BetweenBookmarks(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_mission_between_two_bookmarks_costs_what_was_truly_spent_between_them()
    {
        await using var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        void Spend(string dollars, DateTimeOffset? at = null) => host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse(dollars), at);
        Spend("1.00", hour.AddMinutes(2));
        Spend("7.25", hour.AddDays(-2));
        await host.Connect();
        (await host.Post("agents/from-keys")).Ok();

        host.Clock.AdvanceTo(hour.AddMinutes(15));
        var start = Instant((await host.Post("missions", new { title = "Budget TUI", @ref = "trentuna/token-monitor#3" })).Ok(), "start");
        await Read(host, start);
        host.Clock.AdvanceTo(hour.AddMinutes(30));
        Spend("4.50");
        host.Clock.AdvanceTo(hour.AddMinutes(45));
        var end = Instant((await host.Post("missions/end", new { mission = "trentuna/token-monitor#3" })).Ok(), "end");
        await Read(host, end);
        // In the second in which it ended.
        Spend("0.50", end.AddMilliseconds(1));
        host.Clock.AdvanceTo(hour.AddMinutes(65));
        await host.Sync();

        var position = await host.Head();
        var cost = (await host.Get($"missions/cost?mission=trentuna/token-monitor%233&minPosition={position}")).Ok();
        Assert.Equal(host.Team.TrueCost(["ba"], [new(start, end)]), cost.Money("billed"));
        Assert.Equal(("4.50", "4.50", "5.00"), ((string?)cost["billed"], (string?)cost["low"], (string?)cost["high"]));
        Assert.Equal("4.50", (string?)cost["methods"]!["whole"]);
        Assert.False((bool)cost["data"]!["stale"]!);
        var report = (await host.Get("report?by=mission&since=2026-11-01")).Ok();
        Assert.Equal(host.Team.Billed(), report.Money("total"));
        Assert.Equal(host.Team.Billed() - Usd.Parse("4.50"), report.Money("idle"));
    }

    private static DateTimeOffset Instant(Reply bookmark, string edge) => DateTimeOffset.Parse((string)bookmark["mission"]![edge]!, null);

    /// <summary>Waits until a reading counts at a bookmark's instant.</summary>
    private static Task Read(LedgerHost host, DateTimeOffset at) => LedgerHost.Until(async () =>
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return await session.Query<Source>().ToListAsync() is [{ } source] && source.Covered.Stretches.Any(s => s.Asked == at);
    }, $"a reading that counts at {at.ToText()}");
}
