using Ledger.Accounts;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Tests.Polling;

/// <summary>A new user's settings: what a mission costs is what the provider stamped inside it, by the finest buckets it serves.</summary>
public sealed class FineBuckets(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("", "0.48", "0.48", "0.48")]
    [InlineData("1", null, "0.37", "4.18")]
    [InlineData("1 60", null, "0.00", "9.18")]
    [InlineData("1 60 900", null, "0.00", "9.18")]
    public async Task a_mission_costs_what_was_stamped_inside_it_whatever_is_refused(string refused, string? billed, string low, string high)
    {
        await using var host = await Team();
        host.Xai.Faults.WidthsRefused = refused.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(int.Parse, _ => DateTimeOffset.MaxValue);
        await Work(host);

        var cost = await Cost(host);
        if (billed is not null) Assert.Equal(billed, (string?)cost["billed"]);
        Assert.Equal((low, high), ((string?)cost["low"], (string?)cost["high"]));
        Assert.Equal(host.Team.Billed(), (await host.Get("report?since=2026-11-01")).Ok().Money("total"));
        Assert.All((await host.Post("verify")).Ok()["checks"]!.AsArray(), c => Assert.True((bool)c!["ok"]!, c.ToJsonString()));

        // 35 days are six requests by the hour; what was refused is tried again.
        var calls = host.Xai.Calls(XaiCall.Usage);
        await host.Sync();
        Assert.InRange(host.Xai.Calls(XaiCall.Usage) - calls, 6, 9);
    }

    [Fact]
    public async Task a_poll_in_which_no_edge_hour_moved_costs_one_request_and_one_that_moved_at_most_two_more()
    {
        await using var host = await Team();
        Spend(host, "0.70", "10:07:18");
        host.Clock.AdvanceTo(At("10:07:20"));
        (await host.Post("missions", new { title = "Budget TUI", @ref = "t/x#1" })).Ok();
        await LedgerHost.Until(async () => await Widths(host) == "1 60", "the hour by the minute");
        host.Clock.AdvanceTo(At("10:12:00"));
        Assert.Equal(1, await Polled(host));
        Spend(host, "0.20", "10:12:00");
        Assert.Equal(2, await Polled(host));
        Spend(host, "0.11", "10:07:25");
        Assert.Equal(3, await Polled(host));
        Assert.Equal(1, await Polled(host));
    }

    [Fact]
    public async Task a_width_that_is_refused_for_the_running_hour_is_not_asked_for_again_that_day()
    {
        await using var host = await Team();
        host.Xai.Faults.WidthsRefused = new() { [1] = DateTimeOffset.MaxValue };
        host.Clock.AdvanceTo(At("10:07:20"));
        (await host.Post("missions", new { title = "Budget TUI", @ref = "t/x#1" })).Ok();
        Spend(host, "0.11", "10:07:25");
        host.Clock.AdvanceTo(At("10:12:00"));
        await Polled(host);
        for (var minute = 15; minute < 40; minute += 10)
        {
            host.Clock.AdvanceTo(At($"10:{minute}:00"));
            Spend(host, "0.10", "10:07:40");
            // The hour, and its minutes.
            Assert.Equal(2, await Polled(host));
        }
        host.Xai.Faults.WidthsRefused = [];
        host.Clock.Advance(TimeSpan.FromDays(1.5));
        await host.Sync();
        Assert.Equal("1 60", await Widths(host));
    }

    [Fact]
    public async Task what_one_polls_requests_do_not_suffice_for_is_read_behind_it()
    {
        await using var host = await Team();
        var key = host.Team.Key("xai-ba").Id;
        for (var i = 0; i < 12; i++)
        {
            var start = hour.AddHours(-30 + i).AddMinutes(10).AddSeconds(20);
            (await host.Post("missions", new { title = $"M{i}", @ref = $"t/m#{i}", at = start })).Ok();
            (await host.Post("missions/end", new { mission = $"t/m#{i}", at = start.AddMinutes(20) })).Ok();
            foreach (var (seconds, dollars) in new[] { (-5, "1.00"), (5, "0.10"), (1195, "0.20"), (1205, "4.00") })
                host.Team.Spend("ba", key, Prices.Reasoning, Prices.Prompt, Usd.Parse(dollars), start.AddSeconds(seconds));
        }
        // Twelve hours, twenty-four minutes with an edge: more than one message may ask for.
        await Polled(host);
        await LedgerHost.Until(async () =>
        {
            foreach (var i in Enumerable.Range(0, 12))
                if (await Cost(host, $"t/m#{i}") is var cost && ((string?)cost["low"], (string?)cost["high"]) != ("0.30", "0.30")) return false;
            return true;
        }, "all of them to the second", 40);
        Assert.Equal(host.Team.Billed(), (await host.Get("report?since=2026-11-01")).Ok().Money("total"));
    }

    [Fact]
    public async Task a_width_that_was_served_yesterday_and_is_refused_today_is_given_up_only_where_the_hour_moved()
    {
        await using var host = await Team();
        await Work(host);
        host.Xai.Faults.WidthsRefused = new() { [1] = DateTimeOffset.MaxValue, [60] = DateTimeOffset.MaxValue, [900] = DateTimeOffset.MaxValue };
        await host.Sync();
        Assert.Equal("1 60", await Widths(host));
        Spend(host, "0.05", "10:40:00");
        await host.Sync();
        Assert.Equal("3600", await Widths(host));
        Assert.Equal(("0.00", "9.23"), await Cost(host) is var whole ? ((string?)whole["low"], (string?)whole["high"]) : default);
        host.Xai.Faults.WidthsRefused = [];
        await host.Sync();
        Assert.Equal(("0.48", "0.48"), await Cost(host) is var fine ? ((string?)fine["low"], (string?)fine["high"]) : default);
        Assert.Equal(host.Team.Billed(), (await host.Get("report?since=2026-11-01")).Ok().Money("total"));
        Assert.All((await host.Post("verify")).Ok()["checks"]!.AsArray(), c => Assert.True((bool)c!["ok"]!, c.ToJsonString()));
    }

    [Fact]
    public async Task minutes_that_do_not_add_up_leave_the_hour_whole_and_the_bill_right()
    {
        await using var host = await Team();
        host.Xai.Faults.Finer = (seconds, start, _, dollars) => start >= At("10:30:00") ? dollars / 2 : dollars;
        await Work(host);
        Assert.Equal("3600", await Widths(host));
        Assert.Equal(("0.00", "9.18"), await Cost(host) is var cost ? ((string?)cost["low"], (string?)cost["high"]) : default);
        Assert.Equal(host.Team.Billed(), (await host.Get("report?since=2026-11-01")).Ok().Money("total"));
    }

    [Fact]
    public async Task a_window_moved_in_the_past_is_told_finely_and_what_was_shown_then_stays()
    {
        await using var host = await Team();
        var key = host.Team.Key("xai-ba").Id;
        var old = hour.AddDays(-6);
        foreach (var (minute, dollars) in new[] { (5.5, "1.00"), (20.5, "2.00"), (50.5, "4.00") })
            host.Team.Spend("ba", key, Prices.Reasoning, Prices.Prompt, Usd.Parse(dollars), old.AddMinutes(minute));
        await host.Sync();
        (await host.Post("missions", new { title = "Late", @ref = "t/x#2", at = old.AddMinutes(10) })).Ok();
        (await host.Post("missions/end", new { mission = "t/x#2", at = old.AddMinutes(50.6) })).Ok();
        // Regular readings don't reach six days back: this is asked for behind everything else.
        await LedgerHost.Until(async () => (string?)(await Cost(host, "t/x#2"))["low"] == "6.00", "the old hour by the second");
        var cost = await Cost(host, "t/x#2");
        Assert.Equal(("6.00", "6.00", "6.00"), ((string?)cost["billed"], (string?)cost["low"], (string?)cost["high"]));

        var ended = await host.Scalar<long>("select max(seq_id) from mt_events where type = 'mission-ended.v1'");
        var before = (await host.Get($"missions/cost?mission=t/x%232&asOf={ended}")).Ok();
        Assert.Equal(("0.00", "7.00"), ((string?)before["low"], (string?)before["high"]));
        var diff = (await host.Get($"missions/diff?mission=t/x%232&from={ended}&to={await host.Head()}")).Ok();
        Assert.Equal(diff.Money("change"), diff.Money("moved") + diff.Money("refined") + diff.Money("billed"));
        Assert.Equal((Usd.Zero, Usd.Zero), (diff.Money("moved"), diff.Money("billed")));
        Assert.NotEqual(Usd.Zero, diff.Money("refined"));
        Assert.DoesNotContain((await host.Get("alerts")).Ok()["alerts"]!.AsArray(), a => a!.ToJsonString().Contains("restated", StringComparison.Ordinal));
    }

    [Fact]
    public async Task an_old_hour_that_cannot_be_read_stays_whole_and_the_account_is_read_as_ever()
    {
        await using var host = await Team();
        var (key, old) = (host.Team.Key("xai-ba").Id, hour.AddDays(-6));
        foreach (var minute in new[] { 5.5, 20.5 }) host.Team.Spend("ba", key, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"), old.AddMinutes(minute));
        await host.Sync();
        // One hour, cut off in every grouping.
        host.Xai.Faults.Order(Fault.LimitReached, XaiCall.Usage, times: 3);
        (await host.Post("missions", new { title = "Late", @ref = "t/x#2", at = old.AddMinutes(10) })).Ok();
        await LedgerHost.Until(async () => await host.Scalar<long>("select count(*) from messages.wolverine_incoming_envelopes where message_type = 'refine-edges.v1' and status = 'Handled'") == 1, "the message about its edge");
        Assert.Null((await host.Source()).Failing);
        (await host.Post("missions/end", new { mission = "t/x#2", at = old.AddMinutes(30) })).Ok();
        // Its other edge asks for the hour again.
        await LedgerHost.Until(async () => await Cost(host, "t/x#2") is var cost && ((string?)cost["low"], (string?)cost["high"]) == ("1.00", "1.00"), "the old hour by the second");
    }

    [Fact]
    public async Task a_model_that_the_provider_renames_costs_what_it_did_and_missions_keep_their_parts()
    {
        await using var host = await Team();
        await Work(host);
        (await host.Post("budgets", new { name = "team", scope = "all", limits = new[] { new { period = "month", limit = "10.00" } } })).Ok();
        var before = await Cost(host);
        host.Team.Rename(Prices.Reasoning, "grok-4.3");
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        await host.Sync();
        var report = (await host.Get("report?since=2026-11-01&by=model")).Ok();
        Assert.Equal(Usd.Parse("9.18"), report.Money("total"));
        Assert.Equal("grok-4.3", (string?)Assert.Single(report["rows"]!.AsArray())!["model"]);
        var after = await Cost(host);
        Assert.Equal(((string?)before["billed"], (string?)before["low"], (string?)before["high"]), ((string?)after["billed"], (string?)after["low"], (string?)after["high"]));
        Assert.Empty(report["data"]!["missing"]!.AsArray());
        Assert.NotEqual("over", (string?)(await host.Get("budgets")).Ok()["budgets"]![0]!["state"]);
    }

    /// <summary>An account of 0.1 wrote no finest width: it reads as one that splits, and its edges of 90 days are told finely once.</summary>
    [Fact]
    public async Task an_account_of_0_1_is_split_once_and_the_next_digest_says_what_it_moved()
    {
        await using var host = await Team();
        await host.Patch("accounts/prod", new { bucket = "1h" });
        await Work(host);
        Assert.Equal("3600", await Widths(host));
        host.Clock.AdvanceTo(hour.AddDays(8));
        await host.Sync();
        (await host.Post("digest/send", new { week = "2026-W47", to = new[] { "ludo@example.org" } })).Ok();
        // The log as 0.1 wrote it.
        await host.Scalar<long>("with said as (update mt_events set data = data - 'finestSeconds' where type like 'account-%' returning 1) select count(*) from said");
        var store = host.Services.GetRequiredService<IDocumentStore>();
        await using (var session = store.LightweightSession())
        {
            var account = Assert.Single(await session.Query<Account>().ToListAsync());
            session.Store(account with { FinestSeconds = Account.Fold(null, new AccountConnected(account.Id, "xai", account.Team, account.Label, 3600, null, account.ConnectedAt, null))!.FinestSeconds });
            session.Store((await session.LoadAsync<Source>(account.Id))! with { EdgesLookedFor = null });
            await session.SaveChangesAsync();
        }
        await Polled(host);
        await LedgerHost.Until(async () => await Widths(host) == "1 60", "the old hour by the second");
        Assert.Equal(("0.48", "0.48", "0.48"), await Cost(host) is var cost ? ((string?)cost["billed"], (string?)cost["low"], (string?)cost["high"]) : default);

        host.Clock.AdvanceTo(hour.AddDays(15));
        await host.Sync();
        var digest = (await host.Get("digest?week=2026-W48")).Ok();
        Assert.Equal(1, (int)digest["refined"]!["hours"]!);
        Assert.NotEqual("0.00", (string?)digest["refined"]!["moved"]);
        Assert.Empty(digest["moved"]!.AsArray());
    }

    /// <summary>A regular poll, as its turn comes; answers how many requests for usage it took.</summary>
    private static async Task<int> Polled(LedgerHost host)
    {
        var calls = host.Xai.Calls(XaiCall.Usage);
        var account = await host.Scalar<string>("select id from mt_doc_source");
        await host.Services.GetRequiredService<IMessageBus>().InvokeAsync(new PollAccount(account, PollReason.Due, host.Clock.GetUtcNow(), HoursMax: 7 * 24));
        return host.Xai.Calls(XaiCall.Usage) - calls;
    }

    /// <summary>In which widths the books hold the hour.</summary>
    private static async Task<string> Widths(LedgerHost host)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var days = await session.Query<HeldDay>().ToListAsync();
        return string.Join(' ', days.SelectMany(d => d.Lines()).Where(l => l.Total != Usd.Zero && l.Name.Start.FloorToHour() == hour).Select(l => l.Name.Seconds).Distinct().Order());
    }

    /// <summary>Connected with a management key and nothing else, before the spend of the hour is over.</summary>
    private async Task<LedgerHost> Team()
    {
        var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        Spend(host, "5.00", "10:02:11");
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text })).Ok();
        (await host.Post("agents/from-keys")).Ok();
        return host;
    }

    private static async Task Work(LedgerHost host)
    {
        Spend(host, "0.70", "10:07:18");
        host.Clock.AdvanceTo(At("10:07:20"));
        (await host.Post("missions", new { title = "Budget TUI", @ref = "t/x#1" })).Ok();
        Spend(host, "0.11", "10:07:25");
        Spend(host, "0.20", "10:12:00");
        Spend(host, "0.17", "10:30:59");
        host.Clock.AdvanceTo(At("10:31:05"));
        (await host.Post("missions/end", new { mission = "t/x#1" })).Ok();
        Spend(host, "3.00", "10:31:09");
        host.Clock.AdvanceTo(At("12:10:00"));
        await host.Sync();
    }

    private static async Task<Reply> Cost(LedgerHost host, string mission = "t/x#1") =>
        (await host.Get($"missions/cost?mission={Uri.EscapeDataString(mission)}&minPosition={await host.Head()}")).Ok();

    private static void Spend(LedgerHost host, string dollars, string at) =>
        host.Team.Spend("ba", host.Team.Key("xai-ba").Id, Prices.Reasoning, Prices.Prompt, Usd.Parse(dollars), At(at));

    private static DateTimeOffset At(string time) => hour.Date.Add(TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture)) is var at ? new(at, TimeSpan.Zero) : default;
}
