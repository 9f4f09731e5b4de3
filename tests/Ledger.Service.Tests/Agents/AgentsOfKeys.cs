using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Agents;

public sealed class AgentsOfKeys(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task agents_are_made_of_the_keys_names()
    {
        await using var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));
        var given = await Given.Account(host);
        var key = await given.Key("xai-ba");
        await given.Key("xai-vigilio");
        await given.Key("xai-ba", "second-of-ba");
        await given.Key("a,b");
        await given.Bills((key, hour, "1.00"));
        var made = (await host.Post("agents/from-keys")).Ok();
        Assert.Equal(["ba 2", "vigilio 1"], made["agents"]!.AsArray().Select(a => $"{a!["id"]} {a["keys"]!.AsArray().Count}").Order());
        Assert.Equal("An agent's name can't hold , = / \\ or quotes.", (string?)made["skipped"]!.AsArray().Single()!["why"]);
        var again = (await host.Post("agents/from-keys", new { account = "prod" })).Ok();
        Assert.Empty(again["assigned"]!.AsArray());
        Assert.Equal(3, again["skipped"]!.AsArray().Count(s => (string?)s!["why"] == "it was assigned before"));
        Assert.Equal(Usd.Zero, (await host.Get($"report?since=today&minPosition={made.Position}")).Ok().Money("unassigned"));
        Assert.Equal(["ba", "vigilio"], (await host.Get("agents")).Ok()["agents"]!.AsArray().Select(a => (string?)a!["name"]));
    }
}
