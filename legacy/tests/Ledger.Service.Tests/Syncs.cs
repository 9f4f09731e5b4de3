using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

public sealed class Syncs
{
    [Fact]
    public async Task a_sync_that_nobody_waits_for_is_queued_and_read()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        await host.Connect();
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        host.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, times: 1, "1500");
        var queued = (await host.Post("accounts/-/sync", new { noWait = true })).Ok();
        Assert.True((bool)queued["queued"]!);
        Assert.Equal("prod", (string?)queued["account"]!["label"]);
        Assert.Null(queued["readings"]);
        Assert.Equal(Usd.Zero, (await host.Get("report?since=today")).Ok().Money("total"));
        await TestHost.Until(async () => (await host.Get("report?since=today")).Ok().Money("total") == Usd.Parse("1.00"), "the reading");
        Assert.False((bool)(await host.Post("accounts/-/sync")).Ok()["queued"]!);
    }

    [Fact]
    public async Task a_bookmark_during_the_backfill_does_not_hold_it_up()
    {
        await using var host = await TestHost.Start(s => s with { BackfillDays = 27 });
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-40));
        (await host.Post("agents", new { name = "ba" })).Ok();
        host.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, times: 6, "700");
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text, noWait = true })).Ok();
        (await host.Post("missions", new { title = "Meanwhile" })).Ok();
        await TestHost.Until(async () => await host.Database.Scalar<int>("""select coalesce(floor(extract(epoch from sum("end" - first)) / 86400), 0)::int from ledger_coverage""") == 27, "all days covered");
    }
}
