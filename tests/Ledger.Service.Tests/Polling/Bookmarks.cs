using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

public sealed class Bookmarks(TestDatabases databases) : IAsyncLifetime
{
    private LedgerHost host = null!;

    public async ValueTask InitializeAsync() => host = await PollingScene.Connected(databases);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task connecting_reads_and_a_bookmark_reads_at_its_edge()
    {
        Assert.Equal(Usd.Parse("2.00"), await host.Billed());
        host.Spends("1.00");
        var at = await host.Bookmarks("m-one");
        await LedgerHost.Until(async () => (await host.Source()).Covered.Stretches.Any(s => s.Asked == at), "a reading counted at the bookmark");
        Assert.Equal(Usd.Parse("3.00"), await host.Billed());
        var taken = (await host.Snapshots())[^1];
        Assert.Equal((at, at), (taken.Asked, taken.Answered));
        Assert.True(taken.Measured!.Asked >= at);
    }

    [Fact]
    public async Task a_bookmark_on_the_owning_node_is_read_well_within_its_reach()
    {
        await host.Bookmarks("m-warm");
        await Task.Delay(500);
        var took = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            var at = await host.Bookmarks($"m-quick-{i}");
            while (!((await host.Source()).Asked >= at)) await Task.Delay(5);
            took.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }
        TestContext.Current.SendDiagnosticMessage(string.Join(", ", took.Select(t => $"{t:0} ms")));
        Assert.InRange(took.Order().ElementAt(2), 0, 1_500);
    }

    [Fact]
    public async Task a_poll_that_came_first_counts_at_the_edge_whoever_asked_for_it()
    {
        var at = await host.Bookmarks("m-two", ask: false);
        await host.Sync();
        Assert.Contains((await host.Source()).Covered.Stretches, s => s.Asked == at);
    }

    [Fact]
    public async Task bookmarks_in_a_burst_share_readings()
    {
        var calls = host.Xai.Calls(XaiCall.Usage);
        for (var i = 0; i < 30; i++) await host.Bookmarks($"m-burst-{i}");
        var last = await host.Bookmarks("m-last");
        await LedgerHost.Until(async () => (await host.Source()).Asked >= last, "the last one served");
        Assert.InRange(host.Xai.Calls(XaiCall.Usage) - calls, 1, 31);
    }

    [Fact]
    public async Task a_bookmark_does_not_move_the_regular_poll_away()
    {
        var due = (await host.Source()).NextDue;
        var at = await host.Bookmarks("m-three");
        await LedgerHost.Until(async () => (await host.Source()).Asked >= at, "served");
        Assert.Equal(due, (await host.Source()).NextDue);
    }
}
