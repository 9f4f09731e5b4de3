using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Missions;

public sealed class MissionsThen(TestDatabases databases)
{
    [Fact]
    public async Task a_list_as_of_a_position_is_filtered_by_what_missions_were_then()
    {
        await using var host = await LedgerHost.Start(databases);
        foreach (var name in new[] { "ba", "vigilio" }) (await host.Post("agents", new { name })).Ok();
        var early = (await host.Post("missions", new { title = "Early", agents = new[] { "ba" }, at = "2026-11-16T08:00:00Z" })).Ok();
        var then = early.Position;
        var id = (string)early["mission"]!["id"]!;
        (await host.Post("missions/end", new { mission = id })).Ok();
        (await host.Patch($"missions/{id}", new { agents = new[] { "vigilio" } })).Ok();
        var late = (await host.Post("missions", new { title = "Late", agents = new[] { "ba" } })).Ok().Position;

        async Task<string[]> Titles(string query) => [.. (await host.Get($"missions?{query}")).Ok()["missions"]!.AsArray().Select(m => $"{m!["title"]} {m["state"]} {m["agents"]![0]}")];
        Assert.Equal(["Early open ba"], await Titles($"state=open&asOf={then}"));
        Assert.Equal(["Early open ba"], await Titles($"agent=ba&asOf={then}"));
        Assert.Equal(["Early open ba"], await Titles($"mission={id}&asOf={then}"));
        Assert.Empty(await Titles($"state=ended&asOf={then}"));
        Assert.Empty(await Titles($"agent=vigilio&asOf={then}"));
        Assert.Equal(["Early ended vigilio"], await Titles($"state=ended&minPosition={late}"));
        Assert.Equal(["Late open ba", "Early ended vigilio"], await Titles(""));
    }
}
