using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

/// <summary>Polls as the schedule makes them, by what the source says.</summary>
public sealed class ScheduledPolls(TestDatabases databases)
{
    [Fact]
    public async Task an_interval_of_a_second_is_honoured_and_a_pause_that_the_provider_asks_for_too()
    {
        await using var host = await PollingScene.Connected(databases, s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        var before = host.Xai.Calls(XaiCall.Usage);
        await Task.Delay(6_000);
        Assert.InRange(host.Xai.Calls(XaiCall.Usage) - before, 3, 7);

        host.Xai.Faults.Order(Fault.TooManyRequests, XaiCall.Usage, times: 1_000, "120");
        await LedgerHost.Until(async () => await host.State() == "failing", "failing");
        var calls = host.Xai.Calls(XaiCall.Usage);
        await Task.Delay(3_000);
        Assert.Equal(calls, host.Xai.Calls(XaiCall.Usage));
        host.Xai.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(125));
        await LedgerHost.Until(async () => await host.State() == "ok", "polls again");
    }

    [Fact]
    public async Task polls_missed_while_everything_was_down_are_made_up_for_by_one()
    {
        await using var world = await PollingScene.Connected(databases, s => s with { PollEvery = TimeSpan.FromMinutes(1) });
        await world.Stop();
        world.Clock.Advance(TimeSpan.FromHours(5));
        var calls = world.Xai.Calls(XaiCall.Usage);
        await using var host = await world.Another();
        for (var i = 0; i < 5; i++) await host.Publish(new PollSweep(world.Clock.GetUtcNow()));
        await LedgerHost.Until(() => Task.FromResult(world.Xai.Calls(XaiCall.Usage) > calls), "a poll");
        await Task.Delay(2_000);
        Assert.Equal(calls + 1, world.Xai.Calls(XaiCall.Usage));
    }

    [Fact]
    public async Task thirty_five_days_are_read_anew_once_a_day()
    {
        await using var host = await PollingScene.Connected(databases, s => s with { PollEvery = TimeSpan.FromHours(12), BackfillDays = 40 });
        var longAgo = host.Clock.GetUtcNow().AddDays(-30);
        host.Spends("1.00", longAgo);
        host.Clock.Advance(TimeSpan.FromHours(13));
        var due = host.Clock.GetUtcNow();
        await host.Publish(new PollSweep(due));
        await LedgerHost.Until(async () => (await host.Source()).Asked >= due, "the regular poll");
        Assert.Equal(Usd.Parse("2.00"), await host.Billed());

        host.Clock.Advance(TimeSpan.FromHours(11.1));
        await host.Publish(new PollSweep(host.Clock.GetUtcNow()));
        await LedgerHost.Until(async () => await host.Billed() == Usd.Parse("3.00"), "what was restated late");
        await LedgerHost.Until(async () => (await host.Source()).DeepAt > due, "all of it");
        var deep = (await host.Source()).DeepAt;
        await host.Publish(new PollSweep(host.Clock.GetUtcNow()));
        await Task.Delay(1_000);
        Assert.Equal(deep, (await host.Source()).DeepAt);
    }

    [Fact]
    public async Task all_that_connecting_reads_is_read_anew_once_a_month()
    {
        await using var host = await PollingScene.Connected(databases, s => s with { PollEvery = TimeSpan.FromHours(12), BackfillDays = 90 });
        var longAgo = host.Clock.GetUtcNow().AddDays(-38);
        Assert.NotNull((await host.Source()).MonthlyAt);
        host.Spends("1.00", longAgo);
        (await host.Post("accounts/-/sync")).Ok();
        Assert.Equal(Usd.Zero, await host.Billed(longAgo.AddDays(-1), longAgo.AddDays(1)));

        host.Clock.Advance(TimeSpan.FromDays(30.5));
        var due = host.Clock.GetUtcNow();
        await host.Publish(new PollSweep(due));
        await LedgerHost.Until(async () => (await host.Source()).MonthlyAt >= due, "the monthly reading");
        Assert.Equal(Usd.Parse("1.00"), await host.Billed(longAgo.AddDays(-1), longAgo.AddDays(1)));
        await LedgerHost.Until(async () => (await host.Source()).DeepAt >= due, "35 days with it");
    }

    [Fact]
    public async Task an_account_that_is_removed_is_read_no_more_and_goes_on_when_it_is_connected_again()
    {
        await using var host = await PollingScene.Connected(databases, s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        (await host.Delete("accounts/prod")).Ok();
        await Task.Delay(500);
        var calls = host.Xai.Calls(XaiCall.Any);
        await Task.Delay(2_500);
        Assert.Equal(calls, host.Xai.Calls(XaiCall.Any));
        host.Spends("0.25");
        await host.Connect();
        Assert.Equal(Usd.Parse("2.25"), await host.Billed());
        calls = host.Xai.Calls(XaiCall.Usage);
        await LedgerHost.Until(() => Task.FromResult(host.Xai.Calls(XaiCall.Usage) >= calls + 2), "polls again");
    }
}
