using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Missions;

public sealed class SharedReference(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_sum_that_lacks_a_mission_says_so()
    {
        await using var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));
        await (await Given.Account(host)).Spender("ba", hour, "6.00");
        (await host.Post("agents", new { name = "keyless" })).Ok();
        async Task Worked(string agent)
        {
            var id = (string)(await host.Post("missions", new { title = "X", @ref = "o/r#1", agents = new[] { agent }, at = hour })).Ok()["mission"]!["id"]!;
            (await host.Post("missions/end", new { mission = id, at = hour.AddHours(1) })).Ok();
        }

        await Worked("ba");
        await Worked("ba");
        var whole = (await host.Get("missions/cost?mission=o/r%231")).Ok();
        Assert.Equal(Usd.Parse("6.00"), whole.Money("billed"));
        Assert.Equal((false, false), ((bool)whole["partial"]!, (bool)whole["more"]!));
        Assert.Equal("6.00", (string?)whole["by"]!.AsArray().Single()!["billed"]);

        await Worked("keyless");
        var sum = (await host.Get("missions/cost?mission=o/r%231")).Ok();
        Assert.Equal(Usd.Parse("6.00"), sum.Money("billed"));
        Assert.Equal((true, false), ((bool)sum["partial"]!, (bool)sum["more"]!));
        var parts = sum["missions"]!.AsArray();
        Assert.Equal(["no_key"], parts.Select(m => (string?)m!["reason"]).OfType<string>());
        Assert.Equal(sum["asOf"]!["position"]!.ToString(), parts.Select(m => m!["asOf"]!["position"]!.ToString()).Distinct().Single());
    }
}
