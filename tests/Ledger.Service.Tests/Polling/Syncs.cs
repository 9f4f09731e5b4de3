using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

public sealed class Syncs(TestDatabases databases)
{
    [Fact]
    public async Task a_sync_that_nobody_waits_for_is_queued_and_read()
    {
        await using var host = await PollingScene.Connected(databases);
        host.Spends("1.00");
        host.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, times: 1, "1500");
        var queued = (await host.Post("accounts/-/sync", new { noWait = true })).Ok();
        Assert.True((bool)queued["queued"]!);
        Assert.Equal("prod", (string?)queued["account"]!["label"]);
        Assert.Null(queued["readings"]);
        Assert.Equal(Usd.Parse("2.00"), await host.Billed());
        await LedgerHost.Until(async () => await host.Billed() == Usd.Parse("3.00"), "the reading");

        host.Spends("1.00");
        var synced = (await host.Post("accounts/-/sync")).Ok();
        Assert.False((bool)synced["queued"]!);
        Assert.InRange((int)synced["readings"]!, 1, 6);
        Assert.InRange((int)synced["linesChanged"]!, 1, 4);
        Assert.Equal(Usd.Parse("4.00"), await host.Billed());
    }

    [Fact]
    public async Task a_figure_that_was_corrected_after_sixty_days_is_seen_by_a_sync_that_reads_so_far_back()
    {
        await using var host = await LedgerHost.Start(databases, s => s with { BackfillDays = 90 });
        var (longAgo, veryLongAgo) = (host.Clock.GetUtcNow().AddDays(-60), host.Clock.GetUtcNow().AddDays(-200));
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-300));
        host.Spends("10.00", longAgo);
        host.Spends("3.00", veryLongAgo);
        await host.Connect();
        Assert.Equal(Usd.Parse("10.00"), await Then());
        host.Team.Restate(longAgo, host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("6.00"));

        (await host.Post("accounts/-/sync")).Ok();
        Assert.Equal(Usd.Parse("10.00"), await Then());
        (await host.Post("accounts/-/sync", new { since = "61d" })).Ok();
        Assert.Equal(Usd.Parse("6.00"), await Then());
        Assert.Equal(Usd.Zero, await host.Billed(veryLongAgo.AddDays(-1), veryLongAgo.AddDays(1)));

        // Further back than readings are remembered.
        var synced = (await host.Post("accounts/-/sync", new { since = veryLongAgo.AddDays(-100).ToText() })).Ok();
        Assert.InRange((int)synced["linesChanged"]!, 1, 4);
        Assert.Equal(Usd.Parse("3.00"), await host.Billed(veryLongAgo.AddDays(-1), veryLongAgo.AddDays(1)));

        Assert.Equal("request.invalid", (await host.Post("accounts/-/sync", new { since = host.Clock.GetUtcNow().AddHours(1).ToText() })).Code);
        Assert.Equal("time.invalid", (await host.Post("accounts/-/sync", new { since = "2014-12-31T00:00:00Z" })).Code);
        Assert.Equal("time.invalid", (await host.Post("accounts/-/sync", new { since = "10/11/2026" })).Code);

        // Where the provider keeps figures for less time than the books do, its silence is no answer.
        host.Team.Vanish(veryLongAgo, host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt);
        Assert.Equal("provider.contract", (await host.Post("accounts/-/sync", new { since = "220d" })).Code);
        Assert.Equal(Usd.Parse("3.00"), await host.Billed(veryLongAgo.AddDays(-1), veryLongAgo.AddDays(1)));

        Task<Usd> Then() => host.Billed(longAgo.AddDays(-1), longAgo.AddDays(1));
    }

    [Fact]
    public async Task a_long_sync_goes_on_after_the_provider_could_not_be_reached()
    {
        await using var host = await LedgerHost.Start(databases, s => s with { PollEvery = TimeSpan.FromHours(12) });
        var longAgo = host.Clock.GetUtcNow().AddDays(-200);
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-300));
        host.Spends("3.00", longAgo);
        await host.Connect();
        host.Xai.Faults.Order(Fault.TooManyRequests, XaiCall.Usage, times: 1_000, "60");
        (await host.Post("accounts/-/sync", new { since = "201d", noWait = true })).Ok();
        await LedgerHost.Until(async () => await host.State() == "failing", "failing");
        host.Xai.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(65));
        await LedgerHost.Until(async () => await host.Billed(longAgo.AddDays(-1), longAgo.AddDays(1)) == Usd.Parse("3.00"), "the reading");
        await LedgerHost.Until(async () => (await host.Source()).SyncDone is not null, "all of it");
    }

    [Fact]
    public async Task progress_is_told_line_by_line_to_whoever_asks_for_it()
    {
        await using var host = await LedgerHost.Start(databases);
        var reply = await host.Send(HttpMethod.Post, "accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text }, "add", r => r.Headers.Accept.ParseAdd("application/x-ndjson"));
        Assert.Equal(("application/x-ndjson", 200), (reply.ContentType ?? reply.Text, reply.Status));
        var lines = reply.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("\"what\":\"backfill\"", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("{\"result\":{\"account\":", lines[^1], StringComparison.Ordinal);
        Assert.NotNull(reply.Position);
    }

    [Fact]
    public async Task a_bookmark_during_the_backfill_waits_for_one_stretch_and_does_not_hold_it_up()
    {
        await using var host = await LedgerHost.Start(databases, s => s with { BackfillDays = 27 });
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-40));
        host.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, times: 8, "700");
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text, noWait = true })).Ok();
        var at = await host.Bookmarks("m-meanwhile");
        await LedgerHost.Until(async () => (await host.Source()).Asked >= at, "the bookmark's reading");
        Assert.Null((await host.Source()).Backfilled);
        await LedgerHost.Until(async () => (await host.Source()).Backfilled is not null, "all days");
        var covered = (await host.Source()).Covered;
        Assert.Null(covered.LastLacking(new(new DateTimeOffset(2026, 11, 16, 0, 0, 0, TimeSpan.Zero).AddDays(-27), host.Clock.GetUtcNow().FloorToHour()), (await host.Account()).ConnectedAt));
    }
}
