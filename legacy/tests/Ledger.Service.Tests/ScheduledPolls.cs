using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

/// <summary>Polls as the schedule makes them: on any node, by what the source says, once.</summary>
public sealed class ScheduledPolls
{
    [Fact]
    public async Task an_interval_of_a_second_is_honoured_and_shared_by_two_nodes()
    {
        await using var one = await Connected(TimeSpan.FromSeconds(1));
        await using var two = await one.Another(s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        var before = one.Xai.Calls(XaiCall.Usage);
        await Task.Delay(6_000);
        Assert.InRange(one.Xai.Calls(XaiCall.Usage) - before, 3, 7);
    }

    [Fact]
    public async Task when_the_node_that_polls_stops_the_other_goes_on()
    {
        await using var one = await Connected(TimeSpan.FromSeconds(1));
        await using var two = await one.Another(s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        await Task.Delay(1_000);
        await one.Stop();
        var calls = one.Xai.Calls(XaiCall.Usage);
        await TestHost.Until(() => Task.FromResult(one.Xai.Calls(XaiCall.Usage) >= calls + 3), "three polls by the other node", seconds: 12);
    }

    [Fact]
    public async Task polls_missed_while_everything_was_down_are_made_up_for_by_one()
    {
        await using var world = await Connected(TimeSpan.FromMinutes(1));
        await world.Stop();
        world.Clock.Advance(TimeSpan.FromHours(5));
        var calls = world.Xai.Calls(XaiCall.Usage);
        await using var one = await world.Another(s => s with { PollEvery = TimeSpan.FromMinutes(1) });
        await using var two = await world.Another(s => s with { PollEvery = TimeSpan.FromMinutes(1) });
        await TestHost.Until(() => Task.FromResult(world.Xai.Calls(XaiCall.Usage) > calls), "a poll");
        await Task.Delay(3_000);
        Assert.Equal(calls + 1, world.Xai.Calls(XaiCall.Usage));
    }

    [Fact]
    public async Task thirty_five_days_are_read_anew_once_a_day_by_one_of_the_nodes()
    {
        await using var one = await Connected(TimeSpan.FromHours(12), s => s with { BackfillDays = 40 });
        await using var two = await one.Another(s => s with { PollEvery = TimeSpan.FromHours(12), BackfillDays = 40 });
        var longAgo = one.Clock.GetUtcNow().AddDays(-30);
        one.Team.Spend("ba", one.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"), longAgo);
        one.Clock.Advance(TimeSpan.FromHours(13));
        await TestHost.Until(async () => await one.Database.Scalar<bool>($"select asked >= '{(one.Clock.GetUtcNow() - TimeSpan.FromMinutes(5)).ToText()}' from ledger_source"), "the regular poll");
        Assert.Equal(Usd.Zero, await Spent(one, longAgo));

        one.Clock.Advance(TimeSpan.FromHours(11.1));
        await TestHost.Until(async () => await Spent(one, longAgo) == Usd.Parse("1.00"), "what was restated late");
        var deep = await one.Database.Scalar<DateTime>("select deep_at from ledger_source");
        await Task.Delay(3_000);
        Assert.Equal(deep, await one.Database.Scalar<DateTime>("select deep_at from ledger_source"));
    }

    [Fact]
    public async Task a_provider_that_asks_for_a_pause_gets_it()
    {
        await using var host = await Connected(TimeSpan.FromSeconds(1));
        host.Xai.Faults.Order(Fault.TooManyRequests, XaiCall.Usage, times: 1_000, "120");
        await TestHost.Until(async () => (string?)(await host.Get("accounts")).Json["accounts"]![0]!["state"] == "failing", "failing");
        var calls = host.Xai.Calls(XaiCall.Usage);
        await Task.Delay(3_000);
        Assert.Equal(calls, host.Xai.Calls(XaiCall.Usage));
        host.Xai.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(125));
        await TestHost.Until(async () => (string?)(await host.Get("accounts")).Json["accounts"]![0]!["state"] == "ok", "polls again");
    }

    [Fact]
    public async Task an_account_that_is_removed_loses_its_jobs_and_gets_them_back_with_the_account()
    {
        await using var one = await Connected(TimeSpan.FromSeconds(1));
        await using var two = await one.Another(s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        await Jobs(one, "poll,re-read");
        (await one.Delete("accounts/prod")).Ok();
        await Jobs(one, "");
        var calls = one.Xai.Calls(XaiCall.Any);
        await Task.Delay(2_500);
        await Jobs(one, "");
        Assert.Equal(calls, one.Xai.Calls(XaiCall.Any));
        await one.Connect();
        await Jobs(one, "poll,re-read");
    }

    [Fact]
    public async Task a_poll_that_the_schedule_lost_is_set_anew()
    {
        await using var world = await Connected(TimeSpan.FromSeconds(1));
        await world.Stop();
        await world.Database.Execute("drop schema quartz cascade");
        var calls = world.Xai.Calls(XaiCall.Usage);
        await using var again = await world.Another(s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        await TestHost.Until(() => Task.FromResult(world.Xai.Calls(XaiCall.Usage) > calls + 1), "polls again");
        await Jobs(again, "poll,re-read");
    }

    private static Task Jobs(TestHost host, string expected) => TestHost.Until(
        async () => await host.Database.Scalar<string>("select coalesce(string_agg(trigger_group, ',' order by trigger_group), '') from quartz.qrtz_triggers where trigger_name <> 'all' and trigger_group <> 'digest'") == expected, $"jobs: '{expected}'");

    private static async Task<Usd> Spent(TestHost host, DateTimeOffset at) =>
        (await host.Get($"report?since={at.AddHours(-2).ToText()}&until={at.AddHours(2).ToText()}")).Ok().Money("total");

    private static async Task<TestHost> Connected(TimeSpan every, Func<Hosting.ServiceSettings, Hosting.ServiceSettings>? change = null)
    {
        var host = await TestHost.Start(s => (change ?? (x => x))(s with { PollEvery = every }));
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-39));
        await host.Connect();
        return host;
    }
}
