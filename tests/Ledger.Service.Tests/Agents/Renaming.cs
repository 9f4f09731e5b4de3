using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Agents;

public sealed class Renaming(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_renamed_agent_answers_to_its_name_wherever_agents_are_named()
    {
        await using var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));
        var given = await Given.Account(host);
        await given.Bills((await given.Key("xai-ba"), hour, "6.00"));
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        (await host.Patch("agents/ba", new { name = "Hannibal B" })).Ok();

        var assigned = (await host.Post("keys/assign", new { key = "xai-ba", owners = new Dictionary<string, int> { ["hannibal b"] = 1 } })).Ok();
        Assert.Equal(("ba", "Hannibal B"), ((string?)assigned["key"]!["owners"]![0]!["agent"], (string?)assigned["key"]!["owners"]![0]!["agentName"]));
        (await host.Post("keys/assign", new { key = "xai-ba", owners = new Dictionary<string, int> { ["hannibal b"] = 1, ["ba"] = 2 } })).Refused("request.invalid");
        var started = (await host.Post("missions", new { title = "X", @ref = "o/r#1", agents = new[] { "HANNIBAL B", "ba" }, at = hour.ToText() })).Ok();
        Assert.Equal(["ba"], started["mission"]!["agents"]!.AsArray().Select(a => (string?)a));
        Assert.Equal(["Hannibal B"], started["mission"]!["agentNames"]!.AsArray().Select(a => (string?)a));
        Assert.Single((await host.Get("missions?agent=Hannibal%20B")).Ok()["missions"]!.AsArray());
        Assert.Single((await host.Get("missions?agent=ba")).Ok()["missions"]![0]!["agentNames"]!.AsArray());

        var report = (await host.Get($"report?agent=hannibal%20b&by=agent&since=today&minPosition={started.Position}")).Ok();
        Assert.Equal(["ba", "Hannibal B", "6.00"], new[] { "agent", "agentName", "billed" }.Select(n => (string?)report["rows"]![0]![n]));
        Assert.Equal("Hannibal B", (string?)(await host.Get("missions/cost?mission=o/r%231")).Ok()["by"]![0]!["agentName"]);
        (await host.Post("missions/end", new { agent = "Hannibal B" })).Ok();
        Assert.Equal("ba", (string?)(await host.Patch("agents/Hannibal%20B", new { idle = "yields" })).Ok()["agent"]!["id"]);
    }

    [Fact]
    public async Task a_name_that_another_agent_has_is_refused()
    {
        await using var host = await LedgerHost.Start(databases);
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        (await host.Patch("agents/ba", new { name = "hannibal" })).Ok();
        var head = await host.Head();
        var taken = (await host.Patch("agents/vigilio", new { name = "Hannibal" })).Refused("agent.exists");
        Assert.Equal("The agent ba is called hannibal already; two of one name could not be told apart.", (string?)taken["detail"]);
        (await host.Patch("agents/vigilio", new { name = "BA" })).Refused("agent.exists");
        (await host.Patch("agents/vigilio", new { name = "a,b" })).Refused("text.invalid");
        (await host.Post("agents", new { name = "Hannibal" })).Refused("agent.exists");
        Assert.Equal(head, await host.Head());
        (await host.Patch("agents/ba", new { name = "BA" })).Ok();
        (await host.Post("agents", new { name = "Hannibal" })).Ok();
    }
}
