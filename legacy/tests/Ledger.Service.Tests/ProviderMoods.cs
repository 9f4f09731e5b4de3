using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

/// <summary>What the provider says once, or for a while, does not last longer than that.</summary>
public sealed class ProviderMoods
{
    [Fact]
    public async Task one_refusal_in_passing_does_not_change_what_the_feed_is_grouped_by()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-10));
        await host.Connect();
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        host.Xai.Faults.Order(Fault.InvalidArgument, XaiCall.Usage, times: 1, "something is wrong");
        await host.Sync();
        Assert.Equal("KeyModelUnit", await host.Database.Scalar<string>("select dimensions from ledger_source"));
        Assert.Equal(Usd.Parse("1.00"), (await host.Get("report?since=today")).Ok().Money("total"));
    }

    [Fact]
    public async Task the_usual_grouping_comes_back_with_the_next_deep_poll_when_it_is_taken_again()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        await host.Connect();
        host.Xai.Faults.ModelRefused = true;
        await host.Sync();
        Assert.Equal("KeyDescriptionUnit", await host.Database.Scalar<string>("select dimensions from ledger_source"));
        host.Xai.Faults.ModelRefused = false;
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("0.50"));
        await host.Sync();
        Assert.Equal("KeyModelUnit", await host.Database.Scalar<string>("select dimensions from ledger_source"));
        Assert.Equal(Usd.Parse("1.50"), (await host.Get("report?since=today")).Ok().Money("total"));
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task a_test_tells_a_key_that_is_refused_from_a_provider_that_can_not_be_reached()
    {
        await using var host = await TestHost.Start();
        var key = host.Xai.Issue(host.Team);
        await host.Connect(key: key);
        Assert.Equal(0, (int)(await host.Post("accounts/-/test")).Ok()["exit"]!);
        host.Xai.Faults.Order(Fault.ServerError, XaiCall.Any, times: 1_000);
        Assert.Equal(69, (int)(await host.Post("accounts/-/test")).Ok()["exit"]!);
        host.Xai.Faults.Clear();
        host.Xai.Faults.Order(Fault.TooManyRequests, XaiCall.Usage, times: 1_000, "120");
        Assert.Equal(69, (int)(await host.Post("accounts/-/test")).Ok()["exit"]!);
        host.Xai.Faults.Clear();
        key.Revoked = true;
        var refused = (await host.Post("accounts/-/test")).Ok();
        Assert.Equal((false, 77), ((bool)refused["ok"]!, (int)refused["exit"]!));
    }
}
