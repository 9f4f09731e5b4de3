using Ledger.Accounts;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

/// <summary>What the provider says once, or for a while, does not last longer than that.</summary>
public sealed class ProviderMoods(TestDatabases databases)
{
    [Fact]
    public async Task one_refusal_in_passing_does_not_change_what_the_feed_is_grouped_by()
    {
        await using var host = await PollingScene.Connected(databases);
        host.Spends("1.00");
        host.Xai.Faults.Order(Fault.InvalidArgument, XaiCall.Usage, times: 1, "something is wrong");
        await host.Sync();
        Assert.Equal(DimensionSet.KeyModelUnit, (await host.Source()).Dimensions);
        Assert.Equal(Usd.Parse("3.00"), await host.Billed());
    }

    [Fact]
    public async Task the_usual_grouping_comes_back_with_the_next_deep_poll_when_it_is_taken_again()
    {
        await using var host = await PollingScene.Connected(databases);
        host.Xai.Faults.ModelRefused = true;
        await host.Sync();
        Assert.Equal(DimensionSet.KeyDescriptionUnit, (await host.Source()).Dimensions);
        host.Xai.Faults.ModelRefused = false;
        host.Spends("0.50");
        await host.Sync();
        Assert.Equal(DimensionSet.KeyModelUnit, (await host.Source()).Dimensions);
        Assert.Equal(Usd.Parse("2.50"), await host.Billed());
    }

    [Fact]
    public async Task a_test_tells_a_key_that_is_refused_from_a_provider_that_can_not_be_reached()
    {
        await using var host = await LedgerHost.Start(databases);
        var key = host.Xai.Issue(host.Team);
        await host.Connect(key: key);
        Assert.Equal(0, (int)(await host.Post("accounts/-/test")).Ok()["exit"]!);
        host.Xai.Faults.Order(Fault.ServerError, XaiCall.Any, times: 1_000);
        Assert.Equal(69, (int)(await host.Post("accounts/-/test")).Ok()["exit"]!);
        host.Xai.Faults.Clear();
        key.Revoked = true;
        var refused = (await host.Post("accounts/-/test")).Ok();
        Assert.Equal((false, 77), ((bool)refused["ok"]!, (int)refused["exit"]!));
    }
}
