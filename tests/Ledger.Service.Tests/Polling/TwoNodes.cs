using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Settings;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

/// <summary>Two services on one database.</summary>
public sealed class TwoNodes(TestDatabases databases)
{
    private const int takeOverSeconds = 60;

    [Fact]
    public async Task two_nodes_poll_once_and_when_one_is_gone_the_other_goes_on()
    {
        static LedgerOptions Fast(LedgerOptions s) => s with { PollEvery = TimeSpan.FromSeconds(2), IsSolo = false };
        await using var one = await PollingScene.Connected(databases, Fast);
        await using var two = await one.Another(Fast);
        await Task.Delay(2_000);
        var before = one.Xai.Calls(XaiCall.Usage);
        for (var i = 0; i < 4; i++)
        {
            one.Spends("0.10");
            await Task.Delay(2_000);
        }
        Assert.InRange(one.Xai.Calls(XaiCall.Usage) - before, 2, 6);
        await Task.WhenAll(one.Sync(), two.Sync());
        foreach (var host in new[] { one, two }) Assert.Equal(Usd.Parse("2.40"), await host.Billed());

        foreach (var host in new[] { two, one })
        {
            var at = await host.Bookmarks($"m-{host.Options.Url.Port}-{Guid.NewGuid():N}");
            await LedgerHost.Until(async () => (await host.Source()).Covered.Stretches.Any(s => s.Asked == at), "a reading at the bookmark");
        }

        // Each says who there is, and everything that runs once only has one place.
        await LedgerHost.Until(async () => Runs((await two.Get("status")).Ok()) is [.. var ran] && new[] { "leader", "poll-sweep", "spend", "chain", "watch", "polls1", "polls8" }.All(ran.Contains), "everything to run somewhere");
        var status = (await one.Get("status")).Ok();
        Assert.Equal(2, status["nodes"]!.AsArray().Count(n => !(bool)n!["silent"]!));
        Assert.Equal(Runs(status).Distinct(), Runs(status));

        await one.Stop();
        var calls = one.Xai.Calls(XaiCall.Usage);
        await LedgerHost.Until(() => Task.FromResult(one.Xai.Calls(XaiCall.Usage) >= calls + 3), "three polls by the other node", takeOverSeconds);
        one.Spends("0.10");
        await two.Sync();
        Assert.Equal(Usd.Parse("2.50"), await two.Billed());
    }

    private static string[] Runs(Reply status) => [.. status["nodes"]!.AsArray().SelectMany(n => n!["runs"]!.AsArray().Select(r => (string)r!)).Order(StringComparer.Ordinal)];
}
