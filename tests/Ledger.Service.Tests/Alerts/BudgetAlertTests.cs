using Ledger.Budgets;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Service.Alerts;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Alerts;

/// <summary>When a budget's thresholds are told of, and when they are not.</summary>
public sealed class BudgetAlertTests(TestDatabases databases)
{
    [Fact]
    public async Task a_threshold_is_told_once_with_what_it_comes_from()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "10.00");
        await scene.Spend("ba", "4.99");
        Assert.Empty(await scene.Crossed());
        await scene.Spend("ba", "5.00");
        await scene.Spend("vigilio", "0.50");
        Assert.Equal(["all 50%"], await scene.Crossed());
        var alert = (await scene.Raised()).OfType<BudgetThresholdCrossed>().Single();
        Assert.Equal((Usd.Parse("5.00"), Usd.Parse("10.00"), Severity.Info), (alert.Spent, alert.Limit, alert.Severity));
        Assert.Equal(new Interval(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero)), alert.Window);
        var key = alert.Circumstances.Drivers.Single(d => d.Dimension == "key");
        Assert.Equal(("k-ba", "xai-ba", Usd.Parse("5.00"), 1000), (key.Value, key.Name, key.Amount, key.Permille));
        Assert.Equal(1, await scene.Mails());
        var listed = Assert.Single((await scene.Host.Get("alerts?open=true")).Ok()["alerts"]!.AsArray())!;
        Assert.Equal(("budget", "open", alert.Alert), ((string?)listed["kind"], (string?)listed["state"], (string?)listed["id"]));
    }

    [Fact]
    public async Task several_thresholds_crossed_at_once_make_one_message_and_never_fire_later()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "10.00");
        await scene.Spend("ba", "8.50");
        Assert.Equal(["all 80%", "all 50% (told)"], await scene.Crossed());
        Assert.Equal(1, await scene.Mails());
        var told = (await scene.Raised()).OfType<BudgetThresholdCrossed>().ToArray();
        Assert.Equal([new Threshold(Basis.Actual, 50, null)], told[0].Also!);
        Assert.Equal(told[0].Alert, told[1].ToldBy);
        // Down below both: two are over, and one mail says so, if it is still true in a quarter of an hour.
        await scene.Spend("ba", "4.00");
        Assert.Equal(2, (await scene.Raised()).OfType<BudgetRecovered>().Count());
        // Figures of an hour that still runs are no restatement.
        Assert.Empty((await scene.Raised()).OfType<LargeRestatement>());
        Assert.Equal(1, await scene.Mails());
        // Up again before that: both stand open again, and nobody is mailed, for what they were told is true.
        await scene.Spend("ba", "9.00");
        Assert.Equal(["all 80%", "all 50% (told)", "all 80%", "all 50% (told)"], await scene.Crossed());
        await scene.GoodNews();
        Assert.Equal(1, await scene.Mails());
        await scene.Spend("ba", "10.00");
        Assert.Equal("all 100%", (await scene.Crossed())[^1]);
        // What was told before is not told along with it.
        Assert.Null((await scene.Raised()).OfType<BudgetThresholdCrossed>().Last().Also);
        Assert.Equal(2, await scene.Mails());
    }

    [Fact]
    public async Task a_cent_to_and_fro_is_no_news_and_five_percent_below_is_good_news_once()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "10.00");
        foreach (var total in new[] { "5.00", "4.99", "5.01", "4.60", "5.00" }) await scene.Spend("ba", total);
        Assert.Single(await scene.Raised());
        await scene.Spend("ba", "4.49");
        var raised = await scene.Raised();
        Assert.Equal(2, raised.Count);
        var recovered = Assert.IsType<BudgetRecovered>(raised[1]);
        Assert.Equal((((IAlert)raised[0]).Alert, Usd.Parse("4.49")), (recovered.Alert, recovered.Spent));
        await scene.GoodNews();
        Assert.Equal(2, await scene.Mails());
    }

    [Fact]
    public async Task a_threshold_that_recovered_is_told_again()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "100.00");
        await scene.Spend("ba", "82.00");
        await scene.Spend("ba", "40.00");
        Assert.Empty(await Open(scene));
        await scene.GoodNews();
        Assert.Equal(2, await scene.Mails());
        await scene.Spend("ba", "82.00");
        // The list says what the budget says.
        Assert.Equal(["all 80%"], await Open(scene));
        Assert.Equal(3, await scene.Mails());
        // Once more, and good news is taken back before anybody heard it: the last word is the third mail, and it is true.
        await scene.Spend("ba", "40.00");
        Assert.Empty(await Open(scene));
        await scene.Spend("ba", "82.00");
        Assert.Equal(["all 80%"], await Open(scene));
        await scene.GoodNews();
        Assert.Equal(3, await scene.Mails());
        Assert.Equal(["", ":again-1", ":again-2"], (await scene.Raised()).OfType<BudgetThresholdCrossed>().Where(e => e.Threshold.Percent == 80).Select(e => e.Key[(e.Key.IndexOf("80%", StringComparison.Ordinal) + 3)..]));
        // And when it is really over, that is told.
        await scene.Spend("ba", "40.00");
        await scene.GoodNews();
        Assert.Equal(4, await scene.Mails());
    }

    private static async Task<IReadOnlyList<string>> Open(AlertScene scene)
    {
        await using var session = scene.Session();
        return [.. (await session.OpenAlerts(scene.Now, 10, default)).Select(a => (BudgetThresholdCrossed)a.Event).Select(e => $"{e.Name} {e.Threshold}")];
    }

    [Fact]
    public async Task a_raise_ends_an_alert_without_a_word_and_its_end_and_an_edit_arm_anew()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "10.00");
        await scene.Spend("ba", "5.00");
        Assert.Equal(["all 50%"], await scene.Crossed());

        var id = Budget.IdOf("all");
        await scene.Seen(Budget.StreamOf(id), new BudgetRaised(id, "month", Usd.Parse("20.00"), scene.Now.AddHours(2), scene.Now, null));
        Assert.IsType<BudgetRecovered>((await scene.Raised())[^1]);
        // Who raised it knows.
        Assert.Equal(0, await scene.Host.Scalar<long>("select count(*) from messages.wolverine_incoming_envelopes where message_type = 'tell-recovery.v1'"));
        await scene.Spend("ba", "6.00");
        Assert.Single(await scene.Crossed());

        // Time alone ends it.
        scene.Clock.Advance(TimeSpan.FromHours(2));
        await scene.Tick();
        Assert.Equal(2, (await scene.Crossed()).Count);

        await scene.Looked(await scene.SetBudget("all", "7.00"));
        Assert.Equal(["all 50%", "all 50%", "all 80%", "all 50% (told)"], await scene.Crossed());
        // Other recipients are no other budget.
        await scene.Looked(await scene.SetBudget("all", "7.00", recipients: ["x@example.org"]));
        Assert.Equal(4, (await scene.Crossed()).Count);
    }

    [Fact]
    public async Task a_raise_of_one_period_tells_nothing_again_of_another()
    {
        await using var scene = await AlertScene.Begin(databases);
        var id = Budget.IdOf("two");
        await scene.Append(Budget.StreamOf(id), new BudgetSet
        {
            Budget = id,
            Name = "two",
            Scope = "all",
            Limits = [new("day", Usd.Parse("10.00")), new("month", Usd.Parse("100.00"))],
            Zone = "UTC",
            WeekStart = DayOfWeek.Monday,
            Thresholds = [new(Basis.Actual, 50, null)],
            Recipients = [],
            Channels = [],
            At = scene.Now,
        });
        await scene.Spend("ba", "6.00");
        Assert.Single(await scene.Crossed());
        await scene.Seen(Budget.StreamOf(id), new BudgetRaised(id, "month", Usd.Parse("200.00"), scene.Now.AddHours(2), scene.Now, null));
        await scene.Spend("ba", "6.10");
        Assert.Equal(["day"], (await scene.Raised()).OfType<BudgetThresholdCrossed>().Select(e => e.Period));
    }

    [Fact]
    public async Task a_mission_whose_start_is_corrected_is_told_of_once()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.Append(Mission.StreamOf("m-1"), new MissionStarted("m-1", "x", null, ["ba"], 1, scene.Hour, scene.Now, null));
        await scene.SetBudget("life", "10.00", "life", "mission:m-1");
        await scene.Spend("ba", "6.00");
        Assert.Single(await scene.Crossed());
        await scene.Seen(Mission.StreamOf("m-1"), new MissionWindowCorrected("m-1", scene.Hour.AddMinutes(-30), null, scene.Now, null));
        await scene.Spend("ba", "6.10");
        Assert.Single(await scene.Crossed());
        // And what was told before the correction is over when it is clear.
        await scene.Spend("ba", "1.00");
        Assert.Single((await scene.Raised()).OfType<BudgetRecovered>());
    }

    [Fact]
    public async Task a_new_period_is_armed_anew_and_late_figures_still_count_for_the_old_one()
    {
        await using var scene = await AlertScene.Begin(databases);
        // Midnight in Kathmandu is 18:15 UTC.
        await scene.SetBudget("day", "10.00", "day", zone: "Asia/Kathmandu");
        var evening = new DateTimeOffset(2026, 11, 16, 18, 0, 0, TimeSpan.Zero);
        scene.Clock.AdvanceTo(evening.AddMinutes(10));
        await scene.Spend("ba", "4.00", evening);
        Assert.Empty(await scene.Crossed());
        scene.Clock.AdvanceTo(evening.AddMinutes(40));
        // The bucket began before midnight, so it is the old day's; it is read after it.
        await scene.Spend("ba", "6.00", evening);
        var late = (await scene.Raised()).OfType<BudgetThresholdCrossed>().Single();
        Assert.Equal(evening.AddMinutes(15), late.Window.End);
        scene.Clock.AdvanceTo(evening.AddMinutes(70));
        await scene.Spend("ba", "5.00", evening.AddHours(1));
        Assert.Equal([evening.AddMinutes(15), evening.AddMinutes(15).AddDays(1)], (await scene.Raised()).OfType<BudgetThresholdCrossed>().Select(e => e.Window.End));
        // Two days later figures of that day are history.
        scene.Clock.Advance(TimeSpan.FromDays(2));
        await scene.Spend("ba", "20.00", evening);
        Assert.DoesNotContain((await scene.Raised()).OfType<BudgetThresholdCrossed>(), e => e.Threshold.Percent == 100);
    }

    [Fact]
    public async Task a_missions_life_and_every_kind_of_scope_are_watched()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.Append(Mission.StreamOf("m-1"), new MissionStarted("m-1", "x", null, ["ba"], 1, scene.Hour, scene.Now, null));
        string[] scopes = ["all", "account:xai-test", "agent:ba", "key:k-ba", "model:grok-4", "unit:Prompt text tokens", "mission:m-1"];
        foreach (var scope in scopes) await scene.SetBudget(scope, "10.00", scope.StartsWith("mission", StringComparison.Ordinal) ? "life" : "week", scope);
        foreach (var other in new[] { "agent:vigilio", "key:k-vigilio", "model:grok-3", "mission:m-2" }) await scene.SetBudget(other, "0.01", "week", other);
        await scene.Spend("ba", "6.00");
        Assert.Equal(scopes.Select(s => $"{s} 50%").Order(), (await scene.Crossed()).Order());
    }

    [Fact]
    public async Task a_forecast_is_told_before_the_money_is_gone_and_not_after()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "10.00", thresholds: [new(Basis.Forecast, 100, null), new(Basis.Actual, 90, null), new(Basis.Actual, 100, null)]);
        for (var hour = 0; hour < 7; hour++)
        {
            scene.Clock.AdvanceTo(scene.Hour.AddHours(hour).AddMinutes(30));
            await scene.Spend("ba", "0.20", scene.Hour.AddHours(hour));
        }
        var forecast = (await scene.Raised()).OfType<BudgetThresholdCrossed>().Single();
        Assert.Equal(("forecast 100%", "rate-24h"), (forecast.Threshold.ToString(), forecast.Forecast.Method));
        Assert.True(forecast.Forecast.Expected >= Usd.Parse("10.00") && forecast.Spent < Usd.Parse("2.00"), $"{forecast.Forecast} {forecast.Spent}");
        Assert.InRange(forecast.Forecast.Exceeds!.Value, scene.Now, forecast.Window.End);
        await scene.Spend("ba", "12.00", scene.Hour.AddHours(6));
        Assert.Equal(["all forecast 100%", "all 100%", "all 90% (told)"], await scene.Crossed());

        // Another whose limit is gone from the start: its forecast is not told after that.
        await scene.SetBudget("gone", "5.00", thresholds: [new(Basis.Forecast, 100, null), new(Basis.Actual, 100, null)]);
        await scene.Spend("ba", "12.01", scene.Hour.AddHours(6));
        Assert.Equal(["gone 100%", "gone forecast 100% (told)"], (await scene.Crossed()).Skip(3));
    }
}
