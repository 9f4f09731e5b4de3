using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

public sealed class Stories
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_mission_between_two_bookmarks_costs_what_was_truly_spent_between_them()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"), hour.AddMinutes(2));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("7.25"), hour.AddDays(-2));
        var connected = await host.Connect();
        Assert.Equal(Usd.Parse("8.25"), connected.Money("billed"));
        Assert.Equal("xai-ba", (string?)connected["keys"]![0]!["name"]);
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("keys/assign", new { key = "xai-ba", owners = new { ba = 1 } })).Ok();

        host.Clock.AdvanceTo(hour.AddMinutes(15));
        var started = (await host.Post("missions", new { title = "Budget TUI", @ref = "trentuna/token-monitor#3" })).Ok();
        var start = DateTimeOffset.Parse((string)started["mission"]!["start"]!, null);
        await host.BookmarkServed(start);

        host.Clock.AdvanceTo(hour.AddMinutes(30));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("4.50"));
        host.Clock.AdvanceTo(hour.AddMinutes(45));
        var ended = (await host.Post("missions/end", new { mission = "trentuna/token-monitor#3" })).Ok();
        var end = DateTimeOffset.Parse((string)ended["mission"]!["end"]!, null);
        await host.BookmarkServed(end);
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("0.50"));
        host.Clock.AdvanceTo(hour.AddMinutes(65));
        await host.Sync();

        var cost = (await host.Get("missions/cost?mission=trentuna/token-monitor%233")).Ok();
        Assert.Equal(host.Team.TrueCost(["ba"], [new(start, end)]), cost.Money("billed"));
        Assert.Equal(Usd.Parse("4.50"), cost.Money("billed"));
        Assert.Equal(Usd.Zero, cost.Money("low"));
        Assert.Equal(Usd.Parse("6.00"), cost.Money("high"));
        Assert.Equal("4.50", (string?)cost["methods"]!["whole"]);
        Assert.False((bool)cost["data"]!["stale"]!);

        var report = (await host.Get("report?by=mission&since=2026-11-01")).Ok();
        Assert.Equal(host.Team.Billed(), report.Money("total"));
        Assert.Equal(host.Team.Billed() - Usd.Parse("4.50"), report.Money("idle"));
        var verified = (await host.Post("verify")).Ok();
        Assert.True((bool)verified["ok"]!, verified.Text);
    }

    [Fact]
    public async Task two_agents_on_one_key_share_its_spend_by_weight()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-vigilio", hour.AddDays(-10));
        host.Team.Spend("vigilio", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("6.00"), hour.AddMinutes(3));
        await host.Connect();
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        (await host.Post("keys/assign", new { key = key.Id, owners = new { ba = 1, vigilio = 3 } })).Ok();

        var report = (await host.Get("report?by=agent&since=today")).Ok();
        Assert.Equal(["vigilio 4.50", "ba 1.50"], report["rows"]!.AsArray().Select(r => $"{r!["agent"]} {r["billed"]}"));
        Assert.True((bool)(await host.Get("keys")).Ok()["keys"]!.AsArray().Single(k => (string?)k!["key"] == key.Id)!["sharedNow"]!);
    }

    [Fact]
    public async Task a_restatement_moves_the_mission_by_its_part_and_as_of_before_it_nothing_has_changed()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(65)));
        var (key, mission) = await WholeHourMission(host, Usd.Parse("6.00"));
        var before = (await host.Get($"missions/cost?mission={mission}")).Ok();
        Assert.Equal(Usd.Parse("6.00"), before.Money("billed"));

        host.Team.Restate(hour.AddMinutes(10), key, Prices.Reasoning, Prices.Prompt, Usd.Parse("3.00"));
        await host.Sync();
        var after = (await host.Get($"missions/cost?mission={mission}")).Ok();
        Assert.Equal(Usd.Parse("3.00"), after.Money("billed"));
        Assert.Equal(Usd.Parse("-3.00"), after.Money("restated"));
        var then = (await host.Get($"missions/cost?mission={mission}&asOf={before["asOf"]!["position"]}")).Ok();
        Assert.Equal(before.Money("billed"), then.Money("billed"));
        var diff = (await host.Get($"missions/diff?mission={mission}&from={before["asOf"]!["position"]}")).Ok();
        Assert.Equal((Usd.Parse("-3.00"), Usd.Zero, Usd.Parse("-3.00")), (diff.Money("change"), diff.Money("moved"), diff.Money("billed")));
    }

    [Fact]
    public async Task an_edit_moves_money_and_the_diff_says_from_whom()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(65)));
        var (_, mission) = await WholeHourMission(host, Usd.Parse("6.00"));
        var before = (await host.Get("status")).Ok()["position"]!;
        var edited = (await host.Patch($"missions/{mission}", new { end = hour.AddMinutes(30) })).Ok();
        Assert.Equal(Usd.Parse("3.00"), edited.Money("moved"));
        var diff = (await host.Get($"missions/diff?mission={mission}&from={before}")).Ok();
        Assert.Equal((Usd.Parse("-3.00"), Usd.Zero), (diff.Money("moved"), diff.Money("billed")));
        Assert.Equal("(idle) 3.00", diff["counterparts"]!.AsArray().Select(c => $"{c!["party"]} {c["moved"]}").Single());

        var explained = (await host.Get($"missions/explain?mission={mission}")).Ok();
        var line = explained["lines"]!.AsArray().Single()!;
        Assert.Equal(("6.00", "3.00", "xai-ba"), ((string?)line["lineTotal"], (string?)line["billed"], (string?)line["keyName"]));
        Assert.NotEmpty(line["readings"]!.AsArray());
        Assert.Equal("6.00", (string?)line["readings"]!.AsArray().Last()!["total"]);
        var cancelled = (await host.Post($"missions/{mission}/cancel")).Ok();
        Assert.Equal(Usd.Parse("3.00"), cancelled.Money("moved"));
        (await host.Post($"missions/{mission}/cancel")).Refused("mission.cancelled");
    }

    [Fact]
    public async Task rotation_keeps_the_books_and_refuses_the_key_of_another_team()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        var first = host.Xai.Issue(host.Team);
        await host.Connect(key: first);
        var head = await host.Head();

        var stranger = new SimulatedTeam(host.Clock, seed: 2);
        (await host.Post("accounts/prod/rotate", new { credential = host.Xai.Issue(stranger).Text })).Refused("credential.other_team");
        Assert.Equal(head, await host.Head());
        var second = host.Xai.Issue(host.Team);
        (await host.Post("accounts/-/rotate", new { credential = second.Text })).Ok();
        first.Revoked = true;
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("0.25"));
        await host.Sync();
        Assert.Equal(Usd.Parse("1.25"), (await host.Get("report?since=today")).Ok().Money("total"));
        Assert.Equal(1, await host.Database.Scalar<long>("select count(*) from ledger_credential"));
    }

    [Fact]
    public async Task an_account_that_is_removed_and_added_again_goes_on_with_its_books()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        var id = (string?)(await host.Connect())["account"]!["id"];
        (await host.Post("accounts", new { provider = "xai", label = "again", credential = host.Xai.Issue(host.Team).Text })).Refused("account.exists");
        (await host.Delete("accounts/prod")).Ok();
        Assert.Equal(0, await host.Database.Scalar<long>("select count(*) from ledger_credential"));
        (await host.Post("accounts/prod/sync")).Refused("account.removed");
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("0.50"));

        var again = await host.Connect("production");
        Assert.Equal(id, (string?)again["account"]!["id"]);
        Assert.Equal(Usd.Parse("1.50"), again.Money("billed"));
        Assert.Equal("production", (string?)(await host.Get("accounts")).Ok()["accounts"]![0]!["label"]);
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task a_key_in_the_environment_connects_as_xai_and_another_one_of_the_team_is_a_rotation()
    {
        await using var host = await TestHost.Start();
        var first = host.Xai.Issue(host.Team);
        await using (var second = await host.Another(s => s with { XaiKey = Providers.Secret.FromPaste(first.Text) }))
        {
            await TestHost.Until(async () => (await second.Get("accounts")).Json["accounts"]!.AsArray().Count == 1, "an account");
            Assert.Equal("xai", (string?)(await second.Get("accounts")).Json["accounts"]![0]!["label"]);
        }
        var stored = await host.Database.Scalar<string>("select fingerprint from ledger_credential");
        await using (var third = await host.Another(s => s with { XaiKey = Providers.Secret.FromPaste(host.Xai.Issue(host.Team).Text) }))
            await TestHost.Until(async () => await host.Database.Scalar<string>("select fingerprint from ledger_credential") != stored, "a rotation");
        Assert.Equal(1, await host.Database.Scalar<long>("select count(*) from ledger_credential"));
    }

    [Fact]
    public async Task quarter_hours_hold_from_the_next_hour_on_and_no_dollar_is_counted_twice()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        await host.Connect();
        (await host.Patch("accounts/-", new { bucket = "15m" })).Ok();
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("2.00"), hour.AddMinutes(50));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("4.00"), hour.AddMinutes(70));
        host.Clock.AdvanceTo(hour.AddMinutes(100));
        await host.Sync();
        Assert.Equal(host.Team.Billed(), (await host.Get("report?since=today")).Ok().Money("total"));
        Assert.Equal("3600 900", string.Join(' ', await Seconds(host)));
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task a_backfill_that_was_cut_off_goes_on_where_it_was()
    {
        await using var host = await TestHost.Start(s => s with { BackfillDays = 20 });
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-40));
        foreach (var days in new[] { 1, 5, 9, 12, 19 })
            host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"), host.Clock.GetUtcNow().AddDays(-days));
        host.Xai.Faults.Order(Fault.ServerError, XaiCall.Usage, times: 1_000);
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text })).Refused("provider.unavailable");
        host.Xai.Faults.Clear();

        var answer = (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text, noWait = true })).Ok();
        Assert.NotEmpty(answer["warnings"]!.AsArray());
        await using var other = await host.Another(s => s with { BackfillDays = 20 });
        await TestHost.Until(async () => (await other.Get("report?since=60d")).Ok().Money("total") == Usd.Parse("5.00"), "all days");
        await TestHost.Until(async () => await host.Database.Scalar<int>("""select floor(extract(epoch from sum("end" - first)) / 86400)::int from ledger_coverage""") == 20, "all days covered");
    }

    [Fact]
    public async Task progress_is_told_line_by_line_and_ends_with_the_result()
    {
        await using var host = await TestHost.Start();
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-10));
        var body = new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text };
        var reply = await host.Send(HttpMethod.Post, "accounts", body, "connect", r => r.Headers.Accept.Add(new("application/x-ndjson")));
        Assert.Equal("application/x-ndjson", reply.ContentType);
        var lines = reply.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => System.Text.Json.Nodes.JsonNode.Parse(l)!).ToArray();
        Assert.Equal("backfill", (string?)lines[0]["progress"]!["what"]);
        Assert.Equal("prod", (string?)lines[^1]["result"]!["account"]!["label"]);

        var refused = await host.Send(HttpMethod.Post, "accounts", body, "connect-2", r => r.Headers.Accept.Add(new("application/x-ndjson")));
        Assert.Equal("account.exists", (string?)System.Text.Json.Nodes.JsonNode.Parse(refused.Text.Split('\n')[^2])!["problem"]!["code"]);
    }

    [Fact]
    public async Task agents_are_made_of_the_keys_names()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-10));
        host.Team.AddKey("xai-vigilio", host.Clock.GetUtcNow().AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        await host.Connect();
        var made = (await host.Post("agents/from-keys")).Ok();
        Assert.Equal(["ba", "vigilio"], made["agents"]!.AsArray().Select(a => (string?)a!["id"]).Order());
        var again = (await host.Post("agents/from-keys")).Ok();
        Assert.Empty(again["assigned"]!.AsArray());
        Assert.Equal(2, again["skipped"]!.AsArray().Count(s => (string?)s!["why"] == "it was assigned before"));
        Assert.Equal(Usd.Zero, (await host.Get("report?since=today")).Ok().Money("unassigned"));
    }

    [Fact]
    public async Task switching_ends_what_the_agent_is_on_at_the_same_instant_and_starting_names_the_overlap()
    {
        await using var host = await TestHost.Start();
        (await host.Post("agents", new { name = "ba" })).Ok();
        var first = (await host.Post("missions", new { title = "First" })).Ok();
        var second = (await host.Post("missions", new { title = "Second" })).Ok();
        Assert.Contains("ba is still on", (string?)second["overlaps"]![0]!["text"], StringComparison.Ordinal);
        (await host.Post("missions/switch", new { title = "Third" })).Refused("mission.ambiguous");
        (await host.Post("missions/end", new { mission = (string?)first["mission"]!["id"] })).Ok();
        var third = (await host.Post("missions/switch", new { title = "Third" })).Ok();
        Assert.Equal((string?)second["mission"]!["id"], (string?)third["ended"]![0]!["id"]);
        Assert.Equal((string?)third["ended"]![0]!["end"], (string?)third["mission"]!["start"]);
        Assert.Empty(third["overlaps"]!.AsArray());
        var reopened = (await host.Post($"missions/{(string?)first["mission"]!["id"]}/reopen")).Ok();
        Assert.Equal(2, (await host.Get($"missions?state=open&minPosition={reopened["position"]}")).Ok()["missions"]!.AsArray().Count);
    }

    [Fact]
    public async Task a_reference_of_several_missions_is_summed_by_cost_and_ended_where_one_is_open()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(65)));
        var (_, mission) = await WholeHourMission(host, Usd.Parse("6.00"));
        (await host.Patch($"missions/{mission}", new { @ref = "a/b#1" })).Ok();
        var open = (await host.Post("missions", new { title = "Again", @ref = "https://git.example.org/a/b/issues/1" })).Ok();
        var cost = (await host.Get($"missions/cost?mission=a/b%231&minPosition={open["position"]}")).Ok();
        Assert.Null(cost["mission"]);
        Assert.Equal(2, cost["missions"]!.AsArray().Count);
        Assert.Equal(Usd.Parse("6.00"), cost.Money("billed"));
        var ended = (await host.Post("missions/end", new { mission = "a/b#1" })).Ok();
        Assert.Equal((string?)open["mission"]!["id"], (string?)ended["mission"]!["id"]);
        (await host.Post("missions/end", new { mission = "a/b#1" })).Refused("mission.ambiguous");
    }

    [Fact]
    public async Task a_line_that_vanishes_keeps_its_total_is_listed_and_counts_as_withdrawn_an_hour_later()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(65)));
        var (key, mission) = await WholeHourMission(host, Usd.Parse("6.00"));
        // Another line stays, whose zeros are all there: so the feed is dense, and absence means something.
        host.Team.Spend("ba", key, Prices.Reasoning, Prices.Completion, Usd.Parse("0.50"), hour.AddMinutes(62));
        host.Team.Vanish(hour.AddMinutes(20), key, Prices.Reasoning, Prices.Prompt);
        await host.Sync();
        var cost = (await host.Get($"missions/cost?mission={mission}")).Ok();
        Assert.Equal(Usd.Parse("6.00"), cost.Money("billed"));
        Assert.Equal("6.00", (string?)cost["data"]!["missing"]!.AsArray().Single()!["total"]);

        host.Clock.Advance(TimeSpan.FromMinutes(61));
        await host.Sync();
        var withdrawn = (await host.Get($"missions/cost?mission={mission}")).Ok();
        Assert.Equal(Usd.Zero, withdrawn.Money("billed"));
        Assert.Empty(withdrawn["data"]!["missing"]!.AsArray());
        host.Team.Unvanish();
        await host.Sync();
        Assert.Equal(Usd.Parse("6.00"), (await host.Get($"missions/cost?mission={mission}")).Ok().Money("billed"));
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task where_model_is_refused_the_feed_is_read_by_description_and_the_choice_is_kept()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        await host.Connect();
        host.Xai.Faults.ModelRefused = true;
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("0.50"));
        await host.Sync();
        Assert.Equal(Usd.Parse("1.50"), (await host.Get("report?since=today")).Ok().Money("total"));
        Assert.Equal("KeyDescriptionUnit", await host.Database.Scalar<string>("select dimensions from ledger_source"));
        await host.Sync();
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task a_mission_of_an_agent_without_a_key_has_no_cost_rather_than_none()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("6.00"));
        await host.Connect();
        (await host.Post("agents", new { name = "ba" })).Ok();
        var started = (await host.Post("missions", new { title = "x", at = "2026-11-16T10:00:00Z" })).Ok();
        var cost = (await host.Get($"missions/cost?mission={started["mission"]!["id"]}&minPosition={started["position"]}")).Ok();
        Assert.Null(cost["billed"]);
        Assert.Equal("no_key", (string?)cost["reason"]);
        Assert.Equal(Usd.Parse("6.00"), (await host.Get("report?since=today")).Ok().Money("unassigned"));
    }

    [Fact]
    public async Task after_a_restart_everything_is_as_it_was()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(65)));
        var (_, mission) = await WholeHourMission(host, Usd.Parse("6.00"));
        var path = $"missions/cost?mission={mission}&asOf={await host.Head()}";
        var before = (await host.Get(path)).Ok();
        await using var again = await host.Another();
        var after = (await again.Get(path)).Ok();
        foreach (var member in new[] { "mission", "billed", "low", "high", "methods", "by", "asOf" })
            Assert.Equal(before[member]!.ToJsonString(), after[member]!.ToJsonString());
    }

    /// <summary>ba's key, and a mission of ba's over the whole hour in which it spent.</summary>
    private static async Task<(string Key, string Mission)> WholeHourMission(TestHost host, Usd spent)
    {
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        await host.Connect();
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("keys/assign", new { key = key.Id, owners = new { ba = 1 } })).Ok();
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, spent, hour.AddMinutes(20));
        var mission = (string)(await host.Post("missions", new { title = "The hour", at = hour })).Ok()["mission"]!["id"]!;
        (await host.Post("missions/end", new { at = hour.AddHours(1) })).Ok();
        await host.Sync();
        return (key.Id, mission);
    }

    private static async Task<int[]> Seconds(TestHost host)
    {
        var seconds = new List<int>();
        await using var command = host.Database.DataSource.CreateCommand("select distinct seconds from views.line where total <> 0 order by seconds desc");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) seconds.Add(reader.GetInt32(0));
        return [.. seconds];
    }
}
