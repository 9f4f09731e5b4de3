using Ledger.Missions;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Budgets;

public sealed class BudgetStories(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = SpendScene.Hour;

    [Fact]
    public async Task setting_a_budget_says_where_it_stands_and_a_new_limit_is_a_change()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var host = scene.Host;
        var set = (await host.Post("budgets", new { scope = "agent:BA", limits = new[] { new { period = "month", limit = "10" } } }, "set")).Ok();
        Assert.Equal(("set", "agent:ba", "agent:ba"), ((string?)set["change"], (string?)set["budget"]!["name"], (string?)set["budget"]!["scope"]));
        Assert.NotNull(set.Position);
        var period = set["budget"]!["periods"]![0]!;
        Assert.Equal(("6.00", "ok", "2026-12-01T00:00:00Z"), ((string?)period["spent"], (string?)period["state"], (string?)period["resets"]));
        Assert.Equal(60m, (decimal)period["percent"]!);
        Assert.Equal(["50%"], period["passed"]!.AsArray().Select(t => (string?)t));

        var again = (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = 10 } } })).Ok();
        Assert.Equal(("unchanged", 1), ((string?)again["change"], await scene.Written()));
        var changed = (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "5.00" }, new { period = "day", limit = "100" } } })).Ok();
        Assert.Equal(("changed", "over ok"), ((string?)changed["change"], string.Join(' ', changed["budget"]!["periods"]!.AsArray().Select(p => (string?)p!["state"]))));

        var listed = (await host.Get($"budgets?minPosition={await host.Head()}")).Ok();
        Assert.Equal("agent:ba", (string?)listed["budgets"]![0]!["scopeName"]);
        Assert.Equal(["6.00", "6.00"], listed["budgets"]![0]!["periods"]!.AsArray().Select(p => (string?)p!["spent"]));
        Assert.False((bool)listed["data"]!["stale"]!);
        Assert.True((await host.Post("budgets", new { scope = "agent:BA", limits = new[] { new { period = "month", limit = "10" } } }, "set")).IsReplay);
    }

    [Fact]
    public async Task what_was_spent_before_the_account_was_connected_counts()
    {
        await using var scene = await SpendScene.Begin(databases, connectedAt: hour);
        await scene.Agent("ba");
        await scene.Read(("ba", "4.00", hour.AddDays(-3)), ("ba", "1.00", hour));
        var set = (await scene.Host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "10" } } })).Ok();
        Assert.Equal("5.00", (string?)set["budget"]!["periods"]![0]!["spent"]);
    }

    /// <summary>The log may hold a zone that later versions of the time zone database dropped.</summary>
    [Fact]
    public async Task a_budget_in_a_zone_that_nobody_knows_is_unknown_and_stops_nothing_else()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        await scene.SetBudget("elsewhere", "all", "10", zone: "Mars/Olympus");
        var period = (await scene.Host.Get("budgets")).Ok()["budgets"]![0]!["periods"]![0]!;
        Assert.Equal("unknown", (string?)period["state"]);
        Assert.Null(period["spent"]);
        Assert.StartsWith("the time zone Mars/Olympus is not known", (string?)period["forecast"]!["why"], StringComparison.Ordinal);
        Assert.Equal("allow", (string?)(await scene.Host.Get("guard")).Ok()["decision"]);
    }

    [Fact]
    public async Task spent_is_null_and_the_state_unknown_while_nothing_was_read()
    {
        await using var host = await LedgerHost.Start(databases);
        var set = (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "quarter", limit = "10" } } })).Ok();
        var period = set["budget"]!["periods"]![0]!;
        Assert.Null(period["spent"]);
        Assert.Null(period["percent"]);
        Assert.Equal("unknown", (string?)period["state"]);
        Assert.Equal("no account was read completely yet", (string?)period["forecast"]!["why"]);
        Assert.Equal("unknown", (string?)(await host.Get("guard")).Ok()["decision"]);
        var forecast = (await host.Get("forecast")).Ok();
        Assert.Null(forecast["spent"]);
        Assert.Equal("no account was read completely yet", (string?)forecast["forecast"]!["why"]);
        Assert.Empty((await host.Get("runway")).Ok()["runways"]!.AsArray());
    }

    [Fact]
    public async Task a_raise_counts_until_its_end_and_closing_ends_watching()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var host = scene.Host;
        (await host.Post("budgets", new { name = "Team", scope = "all", limits = new[] { new { period = "month", limit = "5" } } })).Ok();
        Assert.Equal("deny", (string?)(await host.Get("guard?agent=ba")).Ok()["decision"]);
        var raised = (await host.Post("budgets/team/raise", new { limit = "80", until = hour.AddDays(7).ToText() })).Ok();
        var period = raised["budget"]!["periods"]![0]!;
        Assert.Equal(("80.00", "5.00", "2026-11-23T10:00:00Z", "ok"), ((string?)period["limit"], (string?)period["setLimit"], (string?)period["raisedUntil"], (string?)period["state"]));
        Assert.Equal("allow", (string?)(await host.Get($"guard?agent=ba&minPosition={raised.Position}")).Ok()["decision"]);
        host.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal("over", (string?)(await host.Get("budgets")).Ok()["budgets"]![0]!["periods"]![0]!["state"]);

        var closed = (await host.Post("budgets/TEAM/close")).Ok();
        Assert.Equal("closed", (string?)closed["change"]);
        Assert.Equal("unchanged", (string?)(await host.Post("budgets/team/close")).Ok()["change"]);
        Assert.Empty((await host.Get("budgets")).Ok()["budgets"]!.AsArray());
        Assert.Single((await host.Get("budgets?closed=true")).Ok()["budgets"]!.AsArray());
        (await host.Post("budgets/team/raise", new { limit = "90", until = hour.AddDays(20).ToText() })).Refused("budget.closed");
        (await host.Get("guard?budget=team")).Refused("budget.closed");
        Assert.Equal("set", (string?)(await host.Post("budgets", new { name = "team", scope = "all", limits = new[] { new { period = "month", limit = "5" } } })).Ok()["change"]);
    }

    [Fact]
    public async Task a_life_is_a_missions_and_a_slash_in_a_name_is_part_of_it()
    {
        await using var scene = await SpendScene.Begin(databases);
        await scene.Agent("ba");
        await scene.Append(Mission.StreamOf("m-11111111"), new MissionStarted("m-11111111", "X", "o/r#3", ["ba"], 1, hour, scene.Now, null));
        await scene.Read(("ba", "6.00", hour));
        var set = (await scene.Host.Post("budgets", new { name = "o/r#3", scope = "mission:o/r#3", limits = new[] { new { period = "life", limit = "10" } } })).Ok();
        Assert.Equal(("mission:m-11111111", "mission:o/r#3"), ((string?)set["budget"]!["scope"], (string?)set["budget"]!["scopeName"]));
        var period = set["budget"]!["periods"]![0]!;
        Assert.Equal("6.00", (string?)period["spent"]);
        Assert.Null(period["resets"]);
        Assert.Equal("the period has no end yet", (string?)period["forecast"]!["why"]);
        await scene.Append(Mission.StreamOf("m-11111111"), new MissionCancelled("m-11111111", scene.Now, null));
        var cancelled = (await scene.Host.Get("budgets")).Ok()["budgets"]![0]!["periods"]![0]!;
        Assert.Equal(("unknown", "the mission was cancelled"), ((string?)cancelled["state"], (string?)cancelled["forecast"]!["why"]));
        Assert.Equal("closed", (string?)(await scene.Host.Post("budgets/o%2Fr%233/close")).Ok()["change"]);
    }

    [Fact]
    public async Task a_window_is_cut_in_the_zone_of_its_budget()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var set = (await scene.Host.Post("budgets", new { scope = "all", zone = "Europe/Brussels", weekStart = "Sunday", limits = new[] { new { period = "week", limit = "10" }, new { period = "2026-11-01..2026-12-01", limit = "11" } } })).Ok();
        var periods = set["budget"]!["periods"]!;
        Assert.Equal(("2026-11-14T23:00:00Z", "2026-11-21T23:00:00Z"), ((string?)periods[0]!["window"]!["start"], (string?)periods[0]!["window"]!["end"]));
        Assert.Equal(("2026-11-01T00:00:00Z..2026-12-01T00:00:00Z", (string?)null), ((string?)periods[1]!["period"], (string?)periods[1]!["resets"]));
    }
}
