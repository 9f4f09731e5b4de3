using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Keys;

public sealed class SharedKeys(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task two_agents_on_one_key_share_its_spend_by_weight()
    {
        await using var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));
        var given = await Given.Account(host);
        var key = await given.Key("xai-vigilio");
        await given.Bills((key, hour, "6.00"), ("", hour, "0.50"));
        foreach (var name in new[] { "ba", "vigilio" }) (await host.Post("agents", new { name })).Ok();
        var assigned = (await host.Post("keys/assign", new { account = "prod", key = "xai-vigilio", owners = new { ba = 1, vigilio = 3 } })).Ok();
        Assert.Equal("6.00", (string?)assigned["moved"]);
        Assert.Null(assigned["key"]!["history"]![0]!["from"]);

        var report = (await host.Get($"report?by=agent&since=today&minPosition={assigned.Position}")).Ok();
        Assert.Equal(["vigilio 4.50", "ba 1.50", "(unassigned) 0.50"], report["rows"]!.AsArray().Select(r => $"{r!["agent"]} {r["billed"]}"));
        Assert.Equal("6.50", (string?)report["total"]);
        var listed = (await host.Get("keys")).Ok()["keys"]!.AsArray().Single(k => (string?)k!["key"] == key)!;
        Assert.True((bool)listed["sharedNow"]!);
        Assert.Equal(("prod", "6.00"), ((string?)listed["account"], (string?)listed["billed30d"]));
    }
}
