using Ledger.Accounts;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Tests.Budgets;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Forecasts;

public sealed class ForecastStories(TestDatabases databases) : IAsyncLifetime
{
    private static readonly DateTimeOffset hour = SpendScene.Hour;
    private SpendScene scene = null!;

    public async ValueTask InitializeAsync()
    {
        scene = await SpendScene.Begin(databases);
        await scene.Agent("ba");
        await scene.Append(Mission.StreamOf("m-33333333"), new MissionStarted("m-33333333", "Gone", null, ["ba"], 1, hour, scene.Now, null), new MissionCancelled("m-33333333", scene.Now, null));
        // A dollar an hour for two days.
        await scene.Read([.. Enumerable.Range(1, 48).Select(h => ("ba", "1.00", hour.AddHours(-h)))]);
    }

    public ValueTask DisposeAsync() => scene.DisposeAsync();

    [Fact]
    public async Task a_forecast_says_what_a_period_will_have_cost()
    {
        var answer = (await scene.Host.Get("forecast?scope=agent:BA&period=week")).Ok();
        Assert.Equal(("agent:ba", "agent:ba", "week", "UTC"), ((string?)answer["scope"], (string?)answer["scopeName"], (string?)answer["period"], (string?)answer["zone"]));
        // The week began at midnight; ten of the hours lie in it.
        Assert.Equal(("10.00", "rate-24h"), ((string?)answer["spent"], (string?)answer["forecast"]!["method"]));
        Assert.InRange(Usd.Parse((string)answer["forecast"]!["expected"]!).Ticks, Usd.Parse("160.00").Ticks, Usd.Parse("169.00").Ticks);
        Assert.Null(answer["forecast"]!["why"]);

        var all = (await scene.Host.Get("forecast")).Ok();
        Assert.Equal(("all", "month", "48.00"), ((string?)all["scope"], (string?)all["period"], (string?)all["spent"]));
        Assert.Equal("nothing was spent yet", (string?)(await scene.Host.Get("forecast?scope=model:grok-9")).Ok()["forecast"]!["why"]);
    }

    [Fact]
    public async Task a_cancelled_mission_has_no_period() => (await scene.Host.Get("forecast?scope=mission:m-33333333&period=life")).Refused("mission.cancelled");

    [Fact]
    public async Task a_runway_says_when_credit_runs_out_at_the_last_days_rate()
    {
        Assert.Empty((await scene.Host.Get("runway")).Ok()["runways"]!.AsArray());
        await scene.Append(Account.StreamOf(SpendScene.Account), new BalanceObserved(
            SpendScene.Account, 2026, 11, null, Usd.Parse("50.00"), Usd.Parse("2.00"), Usd.Parse("48.00"), null, Usd.Zero, null, [], scene.Now, scene.Now));
        var runway = Assert.Single((await scene.Host.Get("runway?account=prod")).Ok()["runways"]!.AsArray())!;
        Assert.Equal(("prod", "48.00"), ((string?)runway["accountName"], (string?)runway["left"]));
        var end = DateTimeOffset.Parse((string)runway["runsOut"]!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(end, hour.AddHours(47), hour.AddHours(50));
        (await scene.Host.Get("runway?account=nowhere")).Refused("account.unknown");
        // The guard warns of credit that ends within a day, and denies what is not there.
        Assert.Equal("deny", (string?)(await scene.Host.Post("guard", new { agent = "ba", reserve = "48.01" })).Ok()["decision"]);
    }
}
