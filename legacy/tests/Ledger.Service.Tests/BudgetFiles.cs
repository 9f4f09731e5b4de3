using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

public sealed class BudgetFiles
{
    private static readonly DateTimeOffset hour = BudgetStories.Hour;

    [Fact]
    public async Task a_plan_says_what_an_apply_then_does_and_a_second_apply_does_nothing()
    {
        await using var host = await BudgetStories.Spent("6.00");
        (await host.Post("budgets", new { name = "stays", scope = "all", limits = new[] { new { period = "day", limit = "5" } } })).Ok();
        (await host.Post("budgets", new { name = "grows", scope = "all", limits = new[] { new { period = "week", limit = "5" } } })).Ok();
        (await host.Post("budgets", new { name = "goes", scope = "all", limits = new[] { new { period = "week", limit = "5" } } })).Ok();
        var written = await BudgetStories.Written(host);
        const string file = """
            {"prune":true,"budgets":[
              {"name":"stays","scope":"everything","limits":[{"period":"day","limit":5}]},
              {"name":"grows","scope":"all","limits":[{"period":"week","limit":"7.50"}],"thresholds":["90%"]},
              {"scope":"agent:ba","limits":[{"period":"month","limit":"31"}],"zone":"Europe/Brussels"}]}
            """;
        var plan = (await host.Post("budgets/plan", file)).Ok();
        Assert.Equal(["stays unchanged", "grows changed", "agent:ba set", "goes closed"], plan["budgets"]!.AsArray().Select(b => $"{b!["name"]} {b["action"]}"));
        Assert.True((bool)plan["changes"]!);
        Assert.Equal(["limits: week $5.00 -> week $7.50", "thresholds: 50%, 80%, 100%, forecast 100% -> 90%"],
            plan["budgets"]![1]!["differences"]!.AsArray().Select(d => $"{d!["field"]}: {d["before"]} -> {d["after"]}"));
        Assert.Equal(written, await BudgetStories.Written(host));

        var applied = (await host.Post("budgets/apply", file, "apply")).Ok();
        Assert.Equal(plan["budgets"]!.ToJsonString(), applied["budgets"]!.ToJsonString());
        Assert.Equal(written + 3, await BudgetStories.Written(host));
        Assert.True((await host.Post("budgets/apply", file, "apply")).Ok().IsReplay);
        var again = (await host.Post("budgets/apply", file)).Ok();
        Assert.False((bool)again["changes"]!);
        Assert.Equal(written + 3, await BudgetStories.Written(host));
        Assert.False((bool)(await host.Post("budgets/plan", file)).Ok()["changes"]!);
        Assert.Equal(["agent:ba", "grows", "stays"], (await host.Get("budgets")).Ok()["budgets"]!.AsArray().Select(b => (string?)b!["name"]));
    }

    [Fact]
    public async Task a_backtest_sends_the_alerts_that_would_have_been_at_the_time_they_would_have_been()
    {
        // Read in by connecting: every bucket counts as read at its end, as if somebody had watched.
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(5)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-7));
        foreach (var (hours, amount) in new[] { (-50, "2.00"), (-49, "4.00"), (-20, "3.00"), (-3, "4.00") })
            host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse(amount), hour.AddHours(hours).AddMinutes(10));
        await host.Connect();
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("keys/assign", new { key = key.Id, owners = new { ba = 1 } })).Ok();
        var written = await BudgetStories.Written(host);

        var body = new { budgets = new[] { new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "10" } }, thresholds = new[] { "20%", "50%", "80%", "100%" } } }, since = "7d" };
        var tested = (await host.Post("budgets/backtest", body)).Ok();
        Assert.Equal(
            [
                $"{hour.AddHours(-49).ToText()} 20% 2.00 []",
                $"{hour.AddHours(-48).ToText()} 50% 6.00 []",
                $"{hour.AddHours(-19).ToText()} 80% 9.00 []",
                $"{hour.AddHours(-2).ToText()} 100% 13.00 []",
            ],
            tested["alerts"]!.AsArray().Select(a => $"{a!["at"]} {a["threshold"]} {a["spent"]} {a["also"]!.ToJsonString()}"));
        var together = (await host.Post("budgets/backtest", new { budgets = new[] { new { scope = "all", limits = new[] { new { period = "day", limit = "3" } }, thresholds = new[] { "50%", "80%", "100%" } } }, since = "7d" })).Ok();
        // 14 November is over its limit at once: one message; 15 and 16 November are days of their own.
        Assert.Equal(["2026-11-14T09:00:00Z 50% []", "2026-11-14T10:00:00Z 100% [\"80%\"]", "2026-11-15T15:00:00Z 100% [\"80%\",\"50%\"]", "2026-11-16T08:00:00Z 100% [\"80%\",\"50%\"]"],
            together["alerts"]!.AsArray().Select(a => $"{a!["at"]} {a["threshold"]} {a["also"]!.ToJsonString()}"));
        Assert.Equal(0, (int)(await host.Post("budgets/backtest")).Ok()["count"]!);
        Assert.Equal(written, await BudgetStories.Written(host));
    }

    [Fact]
    public async Task an_alert_is_listed_acknowledged_once_and_counted_in_the_status()
    {
        await using var host = await BudgetStories.Spent("6.00");
        Assert.Equal(0, (int)(await host.Get("status")).Ok()["alerts"]!["open"]!);
        var position = await Raise(host, "a-11111111", 80);
        var listed = (await host.Get($"alerts?open=true&minPosition={position}")).Ok();
        var alert = Assert.Single(listed["alerts"]!.AsArray())!;
        Assert.Equal(("a-11111111", "budget", "warning", "open"), ((string?)alert["id"], (string?)alert["kind"], (string?)alert["severity"], (string?)alert["state"]));
        Assert.Contains("ba", (string?)alert["headline"], StringComparison.Ordinal);
        Assert.Empty((await host.Get("alerts?kind=runway")).Ok()["alerts"]!.AsArray());
        Assert.Empty((await host.Get("alerts?since=2026-11-17")).Ok()["alerts"]!.AsArray());
        var status = (await host.Get("status")).Ok();
        Assert.Equal((1, (string?)alert["headline"]), ((int)status["alerts"]!["open"]!, (string?)status["alerts"]!["latest"]![0]!["headline"]));

        var acked = (await host.Post("alerts/a-11111111/ack")).Ok();
        Assert.Equal("acknowledged", (string?)acked["alert"]!["state"]);
        var written = await BudgetStories.Written(host);
        (await host.Post("alerts/a-11111111/ack")).Ok();
        Assert.Equal(written, await BudgetStories.Written(host));
        Assert.Equal("acknowledged", (string?)(await host.Get($"alerts?minPosition={await host.Head()}")).Ok()["alerts"]![0]!["state"]);
    }

    [Fact]
    public async Task a_budget_that_is_over_is_in_the_status()
    {
        await using var host = await BudgetStories.Spent("6.00");
        (await host.Post("budgets", new { name = "tight", scope = "all", limits = new[] { new { period = "day", limit = "5" } } })).Ok();
        await host.Sync();
        var over = Assert.Single((await host.Get("status")).Ok()["budgetsOver"]!.AsArray())!;
        Assert.Equal(("tight", "day", "6.00", "5.00"), ((string?)over["name"], (string?)over["period"], (string?)over["spent"], (string?)over["limit"]));
    }

    /// <summary>Writes an alert as a watcher would.</summary>
    private static async Task<long> Raise(TestHost host, string id, int percent)
    {
        var log = (Log.IEventLog)host.Host.Services.GetService(typeof(Log.IEventLog))!;
        var now = host.Clock.GetUtcNow().ToMicroseconds();
        var alert = new Ledger.Alerts.BudgetThresholdCrossed
        {
            Alert = id,
            Key = $"budget:b-1:{id}",
            Severity = Ledger.Alerts.Severity.Warning,
            Budget = "b-1",
            Name = "agent:ba",
            Scope = "agent:ba",
            Period = "month",
            Window = new(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero)),
            Threshold = new(Ledger.Budgets.Basis.Actual, percent, null),
            Spent = Usd.Parse("6.00"),
            Limit = Usd.Parse("7.00"),
            Forecast = new(null, null, null, null, null, "too little data"),
            Circumstances = Ledger.Alerts.Circumstances.None,
            At = now,
        };
        var stream = new Log.StreamAppend(Ledger.Alerts.Alerts.Stream(id), 0, [Log.EventJson.ToNew(alert, id, "alert", now)]);
        return ((Log.AppendResult.Written)await log.Append(new() { Streams = [stream] }, CancellationToken.None)).Last;
    }
}
