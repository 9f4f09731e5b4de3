using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Missions;

public sealed class MissionStories(TestDatabases databases) : IAsyncLifetime
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    private LedgerHost host = null!;

    public async ValueTask InitializeAsync() => host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task a_mission_over_the_whole_hour_costs_exactly_what_the_hour_cost()
    {
        var (_, key, mission) = await WholeHour("6.00");
        var cost = (await host.Get($"missions/cost?mission={mission}&by=key,day")).Ok();
        Assert.Equal(("6.00", "6.00", "6.00"), ((string?)cost["billed"], (string?)cost["low"], (string?)cost["high"]));
        Assert.Equal("6.00", (string?)cost["methods"]!["whole"]);
        Assert.Equal("""{"key":"KEY","keyName":"xai-ba","day":"2026-11-16","billed":"6.00"}""".Replace("KEY", key, StringComparison.Ordinal), cost["by"]![0]!.ToJsonString());
        Assert.False((bool)cost["data"]!["stale"]!);
        Assert.Equal("6.00", (string?)cost["data"]!["preliminary"]);

        var listed = (await host.Get("missions")).Ok();
        Assert.Equal((mission, "6.00"), ((string?)listed["missions"]![0]!["id"], (string?)listed["missions"]![0]!["billed"]));
        // A reading of the balance may come in between.
        Assert.InRange((long)listed["asOf"]!["position"]!, (long)cost["asOf"]!["position"]!, await host.Head());
    }

    [Fact]
    public async Task an_edit_moves_money_and_the_diff_says_from_whom()
    {
        var (_, _, mission) = await WholeHour("6.00");
        var before = (await host.Get($"missions/cost?mission={mission}")).Ok()["asOf"]!["position"];
        var edited = (await host.Patch($"missions/{mission}", new { end = hour.AddMinutes(30) })).Ok();
        Assert.Equal(Usd.Parse("3.00"), edited.Money("moved"));
        var diff = (await host.Get($"missions/diff?mission={mission}&from={before}")).Ok();
        Assert.Equal((Usd.Parse("-3.00"), Usd.Parse("-3.00"), Usd.Zero), (diff.Money("change"), diff.Money("moved"), diff.Money("billed")));
        Assert.Equal("(idle) ba 3.00", diff["counterparts"]!.AsArray().Select(c => $"{c!["party"]} {c["agent"]} {c["moved"]}").Single());
        Assert.Equal(("6.00", "3.00"), ((string?)diff["from"]!["billed"], (string?)diff["to"]!["billed"]));

        var explained = (await host.Get($"missions/explain?mission={mission}")).Ok();
        var line = explained["lines"]!.AsArray().Single()!;
        Assert.Equal(("prod", "6.00", "3.00", "xai-ba"), ((string?)line["account"], (string?)line["lineTotal"], (string?)line["billed"], (string?)line["keyName"]));
        Assert.Equal("6.00", (string?)line["readings"]!.AsArray().Single()!["total"]);
        Assert.Equal(["(idle) prorated 3.00", $"{mission} prorated 3.00"], line["parts"]!.AsArray().Select(p => $"{p!["mission"]} {p["method"]} {p["billed"]}").Order());

        Assert.Equal(Usd.Parse("3.00"), (await host.Post($"missions/{mission}/cancel")).Ok().Money("moved"));
        Assert.Equal("cancelled", (string?)(await host.Get("missions?state=cancelled")).Ok()["missions"]!.AsArray().Single()!["state"]);
        var list = (await host.Get("missions?state=uncancelled")).Ok();
        Assert.Equal(1, (long)list["cancelled"]!);
        Assert.DoesNotContain(list["missions"]!.AsArray(), m => (string?)m!["state"] == "cancelled");
        Assert.Equal((1L, 0L), ((long)(await host.Get($"missions?state=uncancelled&asOf={await host.Head()}")).Ok()["cancelled"]!, (long)(await host.Get("missions")).Ok()["cancelled"]!));
        (await host.Post($"missions/{mission}/cancel")).Refused("mission.cancelled");
    }

    [Fact]
    public async Task a_restatement_moves_the_mission_by_its_part_and_as_of_before_it_nothing_has_changed()
    {
        var (given, key, mission) = await WholeHour("6.00");
        var before = (await host.Get($"missions/cost?mission={mission}")).Ok();
        var position = await given.Bills((key, hour, "3.00"));
        var after = (await host.Get($"missions/cost?mission={mission}&minPosition={position}")).Ok();
        Assert.Equal((Usd.Parse("3.00"), Usd.Parse("-3.00")), (after.Money("billed"), after.Money("restated")));
        var then = (await host.Get($"missions/cost?mission={mission}&asOf={before["asOf"]!["position"]}")).Ok();
        Assert.Equal(before.Money("billed"), then.Money("billed"));
        var diff = (await host.Get($"missions/diff?mission={mission}&from={before["asOf"]!["position"]}")).Ok();
        Assert.Equal((Usd.Parse("-3.00"), Usd.Zero, Usd.Parse("-3.00")), (diff.Money("change"), diff.Money("moved"), diff.Money("billed")));
        var list = (await host.Get($"missions?asOf={before["asOf"]!["position"]}")).Ok();
        Assert.Equal("6.00", (string?)list["missions"]![0]!["billed"]);
    }

    [Fact]
    public async Task switching_ends_what_the_agent_is_on_at_the_same_instant_and_starting_names_the_overlap()
    {
        (await host.Post("agents", new { name = "ba" })).Ok();
        var first = (await host.Post("missions", new { title = "First" })).Ok();
        var second = (await host.Post("missions", new { title = "Second" })).Ok();
        Assert.Equal($"ba is still on {first["mission"]!["id"]} \"First\" since just now; spend is shared. `mission switch` ends it.", (string?)second["overlaps"]![0]!["text"]);
        (await host.Post("missions/switch", new { title = "Third" })).Refused("mission.ambiguous");
        (await host.Post("missions/end", new { mission = (string?)first["mission"]!["id"] })).Ok();
        var third = (await host.Post("missions/switch", new { title = "Third" })).Ok();
        Assert.Equal((string?)second["mission"]!["id"], (string?)third["ended"]![0]!["id"]);
        Assert.Equal((string?)third["ended"]![0]!["end"], (string?)third["mission"]!["start"]);
        Assert.Empty(third["overlaps"]!.AsArray());
        (await host.Post($"missions/{(string?)first["mission"]!["id"]}/reopen")).Ok();
        Assert.Equal(["First", "Third"], (await host.Get("missions?state=open")).Ok()["missions"]!.AsArray().Select(m => (string?)m!["title"]));
        Assert.Equal(2, (await host.Get("missions?agent=ba&limit=2")).Ok()["missions"]!.AsArray().Count);
        Assert.True((bool)(await host.Get("missions?agent=ba&limit=2")).Ok()["more"]!);
    }

    [Fact]
    public async Task a_reference_of_several_missions_is_summed_by_cost_and_ended_where_one_is_open()
    {
        var (_, _, mission) = await WholeHour("6.00");
        (await host.Patch($"missions/{mission}", new { @ref = "a/b#1" })).Ok();
        var open = (await host.Post("missions", new { title = "Again", @ref = "https://git.example.org/a/b/issues/1" })).Ok();
        var cost = (await host.Get("missions/cost?mission=a/b%231")).Ok();
        Assert.Null(cost["mission"]);
        Assert.Equal(2, cost["missions"]!.AsArray().Count);
        Assert.Equal(Usd.Parse("6.00"), cost.Money("billed"));
        var ended = (await host.Post("missions/end", new { mission = "a/b#1" })).Ok();
        Assert.Equal((string?)open["mission"]!["id"], (string?)ended["mission"]!["id"]);
        (await host.Post("missions/end", new { mission = "a/b#1" })).Refused("mission.ambiguous");
        Assert.Equal((string?)open["mission"]!["id"], (string?)(await host.Get($"missions/cost?mission={((string)open["mission"]!["id"]!)[..6]}")).Ok()["mission"]!["id"]);
    }

    [Fact]
    public async Task a_mission_of_an_agent_without_a_key_has_no_cost_rather_than_none()
    {
        var given = await Given.Account(host);
        await given.Bills((await given.Key("xai-ba"), hour, "6.00"));
        (await host.Post("agents", new { name = "ba" })).Ok();
        var started = (await host.Post("missions", new { title = "x", at = hour })).Ok();
        var cost = (await host.Get($"missions/cost?mission={started["mission"]!["id"]}")).Ok();
        Assert.Null(cost["billed"]);
        Assert.Equal("no_key", (string?)cost["reason"]);
        Assert.Equal("no_key", (string?)(await host.Get("missions")).Ok()["missions"]![0]!["reason"]);
        Assert.Equal(Usd.Parse("6.00"), (await host.Get("report?since=today")).Ok().Money("unassigned"));
    }

    [Fact]
    public async Task a_bookmark_that_the_client_kept_counts_at_its_own_instant()
    {
        (await host.Post("agents", new { name = "ba" })).Ok();
        var at = hour.AddMinutes(20);
        var started = (await host.Send(HttpMethod.Post, "missions", new { title = "Kept" }, "kept", r => r.Headers.Add("Bookmark-At", at.ToText()))).Ok();
        Assert.Equal(at.ToText(), (string?)started["mission"]!["start"]);
        var ended = (await host.Send(HttpMethod.Post, "missions/end", null, "kept-too", r => r.Headers.Add("Bookmark-At", at.AddMinutes(5).ToText()))).Ok();
        Assert.Equal(at.AddMinutes(5).ToText(), (string?)ended["mission"]!["end"]);
        (await host.Send(HttpMethod.Post, "missions", new { title = "Late" }, "late", r => r.Headers.Add("Bookmark-At", "soon"))).Refused("time.invalid");
    }

    [Fact]
    public async Task a_start_whose_answer_is_forgotten_keeps_its_mission()
    {
        (await host.Post("agents", new { name = "ba" })).Ok();
        var body = new { title = "Once", @ref = "a/b#7" };
        var first = (await host.Post("missions", body, "once")).Ok();
        (await host.Patch($"missions/{first["mission"]!["id"]}", new { title = "Renamed" })).Ok();
        await Forget();
        var again = (await host.Post("missions", body, "once")).Ok();
        Assert.Equal((string?)first["mission"]!["id"], (string?)again["mission"]!["id"]);
        Assert.Equal("Renamed", (string?)again["mission"]!["title"]);
        Assert.Single((await host.Get("missions")).Ok()["missions"]!.AsArray());
    }

    [Fact]
    public async Task two_keys_with_one_short_hash_make_two_missions()
    {
        (await host.Post("agents", new { name = "ba" })).Ok();
        var taken = Ids.Short("m", "colliding");
        await using (var session = host.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            session.Events.StartStream<Mission>(Mission.StreamOf(taken), new MissionStarted(taken, "Another", null, ["ba"], 1, hour, hour, "admin"));
            await session.SaveChangesAsync();
        }
        var started = (await host.Post("missions", new { title = "Mine" }, "colliding")).Ok();
        Assert.Equal(Ids.Short("m", "colliding/2"), (string?)started["mission"]!["id"]);
    }

    /// <summary>ba's key, and a mission of ba's over the whole hour in which it spent.</summary>
    private async Task<(Given Given, string Key, string Mission)> WholeHour(string spent)
    {
        var given = await Given.Account(host);
        var key = await given.Spender("ba", hour, spent);
        var mission = (string)(await host.Post("missions", new { title = "The hour", at = hour })).Ok()["mission"]!["id"]!;
        (await host.Post("missions/end", new { at = hour.AddHours(1) })).Ok();
        return (given, key, mission);
    }

    private async Task Forget()
    {
        var table = await host.Scalar<string>("select table_schema || '.' || table_name from information_schema.tables where table_name like 'wolverine%dedup%response%' limit 1");
        await host.Scalar<long>($"with gone as (delete from {table} returning 1) select count(*) from gone");
    }
}
