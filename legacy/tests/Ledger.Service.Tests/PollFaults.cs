using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

/// <summary>Whatever the provider does: nothing half done, the figures stay as they were and say how old they are.</summary>
public sealed class PollFaults
{
    [Theory]
    [InlineData(Fault.TooManyRequests, "120", "rate-limited", "provider.unavailable")]
    [InlineData(Fault.ServerError, "500", "unreachable", "provider.unavailable")]
    [InlineData(Fault.Html, null, "contract", "provider.contract")]
    [InlineData(Fault.HtmlAsJson, null, "contract", "provider.contract")]
    [InlineData(Fault.Truncated, null, "contract", "provider.contract")]
    [InlineData(Fault.Nested, null, "contract", "provider.contract")]
    [InlineData(Fault.Figure, "1e400", "contract", "provider.contract")]
    [InlineData(Fault.DuplicateSeries, null, "contract", "provider.contract")]
    [InlineData(Fault.MisalignedBucket, null, "contract", "provider.contract")]
    public async Task a_bad_answer_leaves_the_books_as_they_were_and_says_since_when(Fault fault, string? argument, string kind, string code)
    {
        await using var host = await Connected();
        var head = await host.Head();
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        host.Xai.Faults.Order(fault, XaiCall.Usage, times: 1_000, argument);
        (await host.Post("accounts/-/sync")).Refused(code);

        var report = (await host.Get("report?since=today")).Ok();
        Assert.Equal(Usd.Parse("2.00"), report.Money("total"));
        Assert.True((bool)report["data"]!["stale"]!);
        var account = (await host.Get("accounts")).Ok()["accounts"]![0]!;
        Assert.Equal(("failing", kind), ((string?)account["state"], (string?)account["error"]!["kind"]));
        await TestHost.Until(async () => await host.Head() == head + 1, "one event: the source failed");
        (await host.Post("accounts/-/sync")).Refused(code);
        Assert.Equal(head + 1, await host.Head());

        host.Xai.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromMinutes(3));
        await host.Sync();
        var after = (await host.Get("report?since=today")).Ok();
        Assert.Equal(Usd.Parse("3.00"), after.Money("total"));
        Assert.False((bool)after["data"]!["stale"]!);
        Assert.Equal("ok", (string?)(await host.Get("accounts")).Ok()["accounts"]![0]!["state"]);
    }

    [Fact]
    public async Task a_revoked_key_is_named_and_probed_no_more_than_every_quarter_of_an_hour()
    {
        await using var host = await TestHost.Start(s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        var key = host.Xai.Issue(host.Team);
        await host.Connect(key: key);
        key.Revoked = true;
        await TestHost.Until(async () => (string?)(await host.Get("accounts")).Json["accounts"]![0]!["state"] == "failing", "failing");
        var calls = host.Xai.Calls(XaiCall.Any);
        for (var i = 0; i < 3; i++)
        {
            (await host.Post("agents", new { name = $"a{i}" })).Ok();
            (await host.Post("missions", new { title = "x", agents = new[] { $"a{i}" } })).Ok();
            await Task.Delay(500);
        }
        Assert.Equal(calls, host.Xai.Calls(XaiCall.Any));
        Assert.Equal("auth", (string?)(await host.Get("status")).Ok()["accounts"]![0]!["error"]!["kind"]);
        var tested = (await host.Post("accounts/-/test")).Ok();
        Assert.False((bool)tested["ok"]!);
    }

    [Fact]
    public async Task a_missing_permission_is_named_when_connecting_and_nothing_is_kept()
    {
        await using var host = await TestHost.Start();
        var weak = host.Xai.Issue(host.Team, "weak", "team-token:endpoint:ListApiKeys");
        var refused = (await host.Post("accounts", new { provider = "xai", label = "prod", credential = weak.Text })).Refused("credential.refused");
        Assert.Contains("team-token:endpoint:BillingRead", (string?)refused["detail"], StringComparison.Ordinal);
        Assert.Equal(77, (int)refused["exit"]!);
        Assert.Equal(0, await host.Head());
        Assert.Equal(0, await host.Database.Scalar<long>("select count(*) from ledger_credential"));
    }

    [Fact]
    public async Task a_balance_that_can_not_be_read_does_not_hold_the_spend_up()
    {
        await using var host = await Connected();
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        host.Xai.Faults.Order(Fault.Html, XaiCall.Preview, times: 1_000);
        await host.Sync();
        Assert.Equal(Usd.Parse("3.00"), (await host.Get("report?since=today")).Ok().Money("total"));
    }

    [Fact]
    public async Task polls_that_bring_nothing_new_write_nothing()
    {
        await using var host = await Connected();
        await host.Sync();
        var head = await host.Head();
        for (var i = 0; i < 5; i++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            await host.Sync();
        }
        Assert.Equal(head, await host.Head());
        Assert.InRange((long)(await host.Get("accounts")).Ok()["accounts"]![0]!["lagSeconds"]!, 0, 30);
    }

    [Fact]
    public async Task a_provider_that_drips_does_not_hold_a_bookmark_up()
    {
        await using var host = await Connected();
        (await host.Post("agents", new { name = "ba" })).Ok();
        host.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, times: 1_000, "1500");
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 20; i++)
        {
            (await host.Post("missions", new { title = $"Mission {i}" })).Ok();
            (await host.Post("missions/end", new { agent = "ba" })).Ok();
        }
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task bookmarks_in_a_burst_share_readings()
    {
        await using var host = await Connected();
        (await host.Post("agents", new { name = "ba" })).Ok();
        var calls = host.Xai.Calls(XaiCall.Usage);
        for (var i = 0; i < 50; i++)
        {
            (await host.Post("missions", new { title = $"Mission {i}" })).Ok();
            (await host.Post("missions/end", new { agent = "ba" })).Ok();
        }
        Assert.InRange(host.Xai.Calls(XaiCall.Usage) - calls, 1, 90);
        await TestHost.Until(async () => (await host.Database.Scalar<DateTime>("select max(asked) from ledger_coverage")) > new DateTime(2026, 11, 16), "a reading");
    }

    private static async Task<TestHost> Connected()
    {
        var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("2.00"), host.Clock.GetUtcNow().AddMinutes(-4));
        await host.Connect();
        return host;
    }
}
