using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

public sealed class TwoNodes
{
    [Fact]
    public async Task two_hosts_on_one_database_poll_once_and_write_once()
    {
        static Hosting.ServiceSettings Fast(Hosting.ServiceSettings s) => s with { PollEvery = TimeSpan.FromSeconds(2) };
        await using var one = await TestHost.Start(Fast);
        var key = one.Team.AddKey("xai-ba", one.Clock.GetUtcNow().AddDays(-3));
        await one.Connect();
        await using var two = await one.Another(Fast);
        await Task.Delay(500);
        var before = one.Xai.Calls(XaiCall.Usage);
        for (var i = 0; i < 4; i++)
        {
            one.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("0.10"));
            await Task.Delay(2_000);
        }
        Assert.InRange(one.Xai.Calls(XaiCall.Usage) - before, 3, 6);
        await Task.WhenAll(one.Sync(), two.Sync());
        foreach (var host in new[] { one, two })
            Assert.Equal(Usd.Parse("0.40"), (await host.Get("report?since=today")).Ok().Money("total"));
        Assert.True((bool)(await two.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task a_bookmark_on_either_host_is_read_at_its_edge()
    {
        await using var one = await TestHost.Start();
        one.Team.AddKey("xai-ba", one.Clock.GetUtcNow().AddDays(-3));
        await one.Connect();
        await using var two = await one.Another();
        (await one.Post("agents", new { name = "ba" })).Ok();
        await Task.Delay(1_200);
        foreach (var host in new[] { two, one })
        {
            var started = (await host.Post("missions", new { title = "x", agents = new[] { "ba" } })).Ok();
            var at = DateTimeOffset.Parse((string)started["mission"]!["start"]!, null);
            await host.BookmarkServed(at);
            Assert.Equal(1, await host.Database.Scalar<long>($"select count(*) from ledger_coverage where asked = '{at.ToText()}'"));
            (await host.Post("missions/end", new { agent = "ba" })).Ok();
        }
    }
}
