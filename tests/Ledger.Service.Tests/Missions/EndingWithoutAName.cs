using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Missions;

public sealed class EndingWithoutAName(TestDatabases databases)
{
    [Fact]
    public async Task an_end_without_a_name_never_ends_the_mission_of_somebody_else()
    {
        await using var host = await LedgerHost.Start(databases);
        (await host.Post("agents", new { name = "ba" })).Ok();
        var mine = (string)(await host.Post("missions", new { title = "Mine" })).Ok()["mission"]!["id"]!;
        (await host.Post("missions/end")).Ok();

        (await host.Post("agents", new { name = "vigilio" })).Ok();
        (await host.Post("missions", new { title = "Theirs", agents = new[] { "vigilio" } })).Ok();
        var head = await host.Head();
        var refused = (await host.Post("missions/end", new { })).Refused("agent.which");
        Assert.Equal((64, "agent"), ((int)refused["exit"]!, (string?)refused["field"]));
        Assert.Equal(["ba", "vigilio"], refused["candidates"]!.AsArray().Select(c => (string?)c));
        (await host.Post("missions/end", new { agent = "ba" })).Refused("mission.none_open");
        Assert.Equal(head, await host.Head());
        Assert.Equal("Theirs", (string?)(await host.Get("missions?state=open")).Ok()["missions"]!.AsArray().Single()!["title"]);

        (await host.Post($"missions/{mine}/reopen")).Ok();
        Assert.Equal(mine, (string?)(await host.Post("missions/end", new { agent = "ba" })).Ok()["mission"]!["id"]);
    }
}
