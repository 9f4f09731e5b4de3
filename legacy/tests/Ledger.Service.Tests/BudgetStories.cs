using Ledger.Budgets;
using Ledger.Money;
using Ledger.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests;

public sealed class BudgetStories
{
    internal static readonly DateTimeOffset Hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task setting_a_budget_says_where_it_stands_and_a_new_limit_is_a_change()
    {
        await using var host = await Spent("6.00");
        var set = (await host.Post("budgets", new { scope = "agent:BA", limits = new[] { new { period = "month", limit = "10" } } }, "set")).Ok();
        Assert.Equal(("set", "agent:ba", "agent:ba"), ((string?)set["change"], (string?)set["budget"]!["name"], (string?)set["budget"]!["scope"]));
        var period = set["budget"]!["periods"]![0]!;
        Assert.Equal(("6.00", "warn", "2026-12-01T00:00:00Z"), ((string?)period["spent"], (string?)period["state"], (string?)period["resets"]));
        Assert.Equal(60m, (decimal)period["percent"]!);
        Assert.Equal(["50%"], period["passed"]!.AsArray().Select(t => (string?)t));

        var again = (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = 10 } } })).Ok();
        Assert.Equal(("unchanged", 1), ((string?)again["change"], await Written(host)));
        var changed = (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "5.00" }, new { period = "day", limit = "100" } } })).Ok();
        Assert.Equal(["over", "ok"], changed["budget"]!["periods"]!.AsArray().Select(p => (string?)p!["state"]));

        var listed = (await host.Get($"budgets?minPosition={await host.Head()}")).Ok();
        Assert.Equal("agent:ba", (string?)listed["budgets"]![0]!["scopeName"]);
        Assert.Equal(["6.00", "6.00"], listed["budgets"]![0]!["periods"]!.AsArray().Select(p => (string?)p!["spent"]));
        Assert.True((await host.Post("budgets", new { scope = "agent:BA", limits = new[] { new { period = "month", limit = "10" } } }, "set")).IsReplay);
    }

    /// <summary>Books may move to a machine with less time zone data.</summary>
    [Fact]
    public async Task a_budget_in_a_zone_that_this_machine_does_not_know_is_unknown_and_stops_nothing_else()
    {
        await using var host = await Spent("6.00");
        var set = new BudgetSet
        {
            Budget = "b-1",
            Name = "elsewhere",
            Scope = "all",
            Limits = [new("month", Usd.Parse("10"))],
            Zone = "Mars/Olympus",
            WeekStart = DayOfWeek.Monday,
            Thresholds = Threshold.Defaults,
            Recipients = [],
            Channels = [],
            At = Hour,
        };
        await host.Host.Services.GetRequiredService<IEventLog>().Append(new() { Streams = [new(Budget.StreamOf("b-1"), 0, [EventJson.ToNew(set, "test", "set", Hour)])] }, CancellationToken.None);
        var period = (await host.Get($"budgets?minPosition={await host.Head()}")).Ok()["budgets"]![0]!["periods"]![0]!;
        Assert.Equal("unknown", (string?)period["state"]);
        Assert.Null(period["spent"]);
        Assert.StartsWith("this machine does not know the time zone Mars/Olympus", (string?)period["forecast"]!["why"], StringComparison.Ordinal);
        foreach (var path in new[] { "status", "guard", "/metrics" }) (await host.Get(path)).Ok();
    }

    [Fact]
    public async Task spent_is_null_and_the_state_unknown_while_nothing_was_read()
    {
        await using var host = await TestHost.Start();
        var set = (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "quarter", limit = "10" } } })).Ok();
        var period = set["budget"]!["periods"]![0]!;
        Assert.Null(period["spent"]);
        Assert.Null(period["percent"]);
        Assert.Equal("unknown", (string?)period["state"]);
        Assert.Equal("no account was read completely yet", (string?)period["forecast"]!["why"]);
        Assert.Equal("unknown", (string?)(await host.Get("guard")).Ok()["decision"]);
        Assert.Null((await host.Get("forecast")).Ok()["spent"]);
        Assert.Empty((await host.Get("runway")).Ok()["runways"]!.AsArray());
    }

    [Fact]
    public async Task a_raise_counts_until_its_end_and_closing_ends_watching()
    {
        await using var host = await Spent("6.00");
        (await host.Post("budgets", new { name = "Team", scope = "all", limits = new[] { new { period = "month", limit = "5" } } })).Ok();
        Assert.Equal("deny", (string?)(await host.Get($"guard?agent=ba&minPosition={await host.Head()}")).Ok()["decision"]);
        var raised = (await host.Post("budgets/team/raise", new { limit = "80", until = Hour.AddDays(7).ToText() })).Ok();
        var period = raised["budget"]!["periods"]![0]!;
        Assert.Equal(("80.00", "5.00", "2026-11-23T10:00:00Z", "ok"), ((string?)period["limit"], (string?)period["setLimit"], (string?)period["raisedUntil"], (string?)period["state"]));
        Assert.Equal("allow", (string?)(await host.Get("guard?agent=ba&minPosition=" + raised["position"])).Ok()["decision"]);
        host.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal("over", (string?)(await host.Get("budgets")).Ok()["budgets"]![0]!["periods"]![0]!["state"]);

        var closed = (await host.Post("budgets/TEAM/close")).Ok();
        Assert.Equal("closed", (string?)closed["change"]);
        Assert.Empty((await host.Get("budgets?minPosition=" + closed["position"])).Ok()["budgets"]!.AsArray());
        Assert.Single((await host.Get("budgets?closed=true")).Ok()["budgets"]!.AsArray());
        (await host.Post("budgets/team/raise", new { limit = "90", until = Hour.AddDays(20).ToText() })).Refused("budget.closed");
        (await host.Get("guard?budget=team")).Refused("budget.closed");
        Assert.Equal("set", (string?)(await host.Post("budgets", new { name = "team", scope = "all", limits = new[] { new { period = "month", limit = "5" } } })).Ok()["change"]);
    }

    [Fact]
    public async Task a_life_is_a_missions_and_a_slash_in_a_name_is_part_of_it()
    {
        await using var host = await Spent("6.00");
        var mission = (await host.Post("missions", new { title = "X", @ref = "o/r#3", agents = new[] { "ba" }, at = Hour.ToText() })).Ok();
        var id = (string)mission["mission"]!["id"]!;
        await host.Sync();
        var set = (await host.Post("budgets", new { name = "o/r#3", scope = "mission:o/r#3", limits = new[] { new { period = "life", limit = "10" } } })).Ok();
        Assert.Equal(($"mission:{id}", "mission:o/r#3"), ((string?)set["budget"]!["scope"], (string?)set["budget"]!["scopeName"]));
        var period = set["budget"]!["periods"]![0]!;
        Assert.Equal("6.00", (string?)period["spent"]);
        Assert.Null(period["resets"]);
        Assert.Equal("closed", (string?)(await host.Post("budgets/o%2Fr%233/close")).Ok()["change"]);
    }

    [Fact]
    public async Task a_window_is_cut_in_the_zone_of_its_budget()
    {
        await using var host = await Spent("6.00");
        var set = (await host.Post("budgets", new { scope = "all", zone = "Europe/Brussels", weekStart = "Sunday", limits = new[] { new { period = "week", limit = "10" }, new { period = "2026-11-01..2026-12-01", limit = "11" } } })).Ok();
        var periods = set["budget"]!["periods"]!;
        Assert.Equal(("2026-11-14T23:00:00Z", "2026-11-21T23:00:00Z"), ((string?)periods[0]!["window"]!["start"], (string?)periods[0]!["window"]!["end"]));
        Assert.Equal(("2026-11-01T00:00:00Z..2026-12-01T00:00:00Z", (string?)null), ((string?)periods[1]!["period"], (string?)periods[1]!["resets"]));
    }

    [Fact]
    public async Task runway_and_forecast_answer_or_say_why_not()
    {
        await using var host = await Spent("6.00");
        var runway = (await host.Get("runway")).Ok()["runways"]!.AsArray();
        Assert.All(runway, r => Assert.NotNull(r!["left"]));
        (await host.Get("runway?account=nowhere")).Refused("account.unknown");
        var forecast = (await host.Get("forecast?scope=agent:ba&period=week")).Ok();
        Assert.Equal(("6.00", "agent:ba", "week"), ((string?)forecast["spent"], (string?)forecast["scope"], (string?)forecast["period"]));
        Assert.True(forecast["forecast"]!["expected"] is not null ^ forecast["forecast"]!["why"] is not null, forecast.Text);
    }

    /// <summary>How many events commands of this kind wrote; what watching adds meanwhile is not theirs.</summary>
    internal static Task<long> Written(TestHost host) => host.Database.Scalar<long>(
        "select count(*) from mt_events where type in ('budget-set.v1', 'budget-raised.v1', 'budget-closed.v1', 'hold-taken.v1', 'hold-released.v1', 'alert-acknowledged.v1')");

    /// <summary>An agent <c>ba</c> with the one key, and money spent at 10:02 on 16 November.</summary>
    internal static async Task<TestHost> Spent(string amount, string agent = "ba")
    {
        var host = await TestHost.Start(clock: new(Hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-" + agent, Hour.AddDays(-10));
        host.Team.BuyCredit(Usd.Parse("1000"), Hour.AddDays(-20));
        host.Team.Spend(agent, key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse(amount), Hour.AddMinutes(2));
        await host.Connect();
        (await host.Post("agents", new { name = agent })).Ok();
        (await host.Post("keys/assign", new { key = key.Id, owners = new Dictionary<string, int> { [agent] = 1 } })).Ok();
        return host;
    }
}
