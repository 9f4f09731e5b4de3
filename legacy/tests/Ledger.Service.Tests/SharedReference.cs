using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

public sealed class SharedReference
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_sum_that_lacks_a_mission_says_so()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(65)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("6.00"), hour.AddMinutes(5));
        await host.Connect();
        foreach (var name in new[] { "ba", "keyless" }) (await host.Post("agents", new { name })).Ok();
        (await host.Post("keys/assign", new { key = "xai-ba", owners = new { ba = 1 } })).Ok();
        async Task Worked(string agent)
        {
            var id = (string)(await host.Post("missions", new { title = "X", @ref = "o/r#1", agents = new[] { agent }, at = hour })).Ok()["mission"]!["id"]!;
            (await host.Post("missions/end", new { mission = id, at = hour.AddHours(1) })).Ok();
        }

        await Worked("ba");
        await Worked("ba");
        await host.Sync();
        var whole = (await host.Get("missions/cost?mission=o/r%231")).Ok();
        Assert.Equal(Usd.Parse("6.00"), whole.Money("billed"));
        Assert.Equal((false, false), ((bool)whole["partial"]!, (bool)whole["more"]!));

        await Worked("keyless");
        await host.Sync();
        var sum = (await host.Get("missions/cost?mission=o/r%231")).Ok();
        Assert.Equal(Usd.Parse("6.00"), sum.Money("billed"));
        Assert.Equal((true, false), ((bool)sum["partial"]!, (bool)sum["more"]!));
        var parts = sum["missions"]!.AsArray();
        Assert.Equal(["no_key"], parts.Select(m => (string?)m!["reason"]).OfType<string>());
        Assert.Equal(sum["asOf"]!["position"]!.ToString(), parts.Select(m => m!["asOf"]!["position"]!.ToString()).Distinct().Single());
    }
}
