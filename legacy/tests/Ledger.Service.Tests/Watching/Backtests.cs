using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Watching;

namespace Ledger.Service.Tests.Watching;

/// <summary>What budgets would have said of the past, also of a past that nobody watched.</summary>
public sealed class Backtests
{
    [Fact]
    public async Task history_is_replayed_hour_by_hour_as_if_it_had_been_watched()
    {
        // All of it is read in afterwards, in one reading.
        await using var scene = await WatchScene.Begin(new DateTimeOffset(2026, 11, 16, 10, 4, 0, TimeSpan.Zero));
        await scene.Read([.. Enumerable.Range(1, 240).Select(h => (h % 3 == 0 ? "vigilio" : "ba", "0.10", scene.Hour.AddHours(-h)))]);
        var node = await scene.Watched();
        var backtest = new Backtest(node.Queries, node.Books, scene.Clock);
        var head = (await scene.Log.Head(default)).Position;

        var result = await backtest.Run([Of("all", "20.00", "month"), Of("agent:vigilio", "2.00", "month"), Of("agent:ba", "1.00", "day"), Of("agent:nobody", "0.01", "day")], backtest.DefaultRange, default);
        Assert.False(result.Partial);
        Assert.Equal(240, result.Rows);
        // Ten cents an hour from the 6th 10:00 on: the hundredth hour, the hundred and sixtieth, the two hundredth; each known when it was over.
        var first = scene.Hour.AddHours(-240);
        var actual = result.Alerts.Where(a => a.Scope == "all" && a.Threshold.Basis == Basis.Actual).ToArray();
        Assert.Equal([first.AddHours(100), first.AddHours(160), first.AddHours(200)], actual.Select(a => a.At));
        Assert.Equal([Usd.Parse("10.00"), Usd.Parse("16.00"), Usd.Parse("20.00")], actual.Select(a => a.Spent));
        Assert.Equal("k-ba", actual[0].Drivers.First(d => d.Dimension == "key").Value);
        Assert.Null(actual[0].Runway);
        var forecast = result.Alerts.Single(a => a.Scope == "all" && a.Threshold.Basis == Basis.Forecast);
        Assert.True(forecast.At < actual[0].At, "A forecast is told before.");
        // A day is $1.60 of ba's: over half and all of it, every whole day anew.
        Assert.Equal(9, result.Alerts.Count(a => a is { Scope: "agent:ba", Threshold: { Basis: Basis.Actual, Percent: 100 } }));
        Assert.DoesNotContain(result.Alerts, a => a.Scope == "agent:nobody");
        Assert.Equal(result.Alerts.OrderBy(a => a.At).Select(a => a.At), result.Alerts.Select(a => a.At));
        // Nothing is written.
        Assert.Equal(head, (await scene.Log.Head(default)).Position);

        // A later range knows what was told before it began.
        var later = await backtest.Run([Of("all", "20.00", "month")], new(first.AddHours(130), scene.Now), default);
        Assert.Equal([80, 100], later.Alerts.Where(a => a.Threshold.Basis == Basis.Actual).Select(a => a.Threshold.Percent!.Value));
    }

    [Fact]
    public async Task an_edit_of_history_counts_as_if_it_had_always_been_so()
    {
        await using var scene = await WatchScene.Begin(new DateTimeOffset(2026, 11, 16, 10, 4, 0, TimeSpan.Zero));
        await scene.Read([.. Enumerable.Range(1, 20).Select(h => ("ba", "1.00", scene.Hour.AddHours(-h)))]);
        await scene.Append("key-ba", new Ledger.Keys.KeyAssigned(WatchScene.Account, "k-ba", [new("vigilio", 1)], null, scene.Now, null));
        var node = await scene.Watched();
        var backtest = new Backtest(node.Queries, node.Books, scene.Clock);
        var result = await backtest.Run([Of("agent:vigilio", "10.00", "month"), Of("agent:ba", "10.00", "month")], backtest.DefaultRange, default);
        Assert.All(result.Alerts, a => Assert.Equal("agent:vigilio", a.Scope));
        Assert.Equal([5, 8, 10], result.Alerts.Where(a => a.Threshold.Basis == Basis.Actual).Select(a => (int)(a.At - scene.Hour.AddHours(-20)).TotalHours));
    }

    private static Budget Of(string scope, string limit, string period) => Budget.Fold(null, new BudgetSet
    {
        Budget = Budget.IdOf(scope),
        Name = scope,
        Scope = scope,
        Limits = [new(period, Usd.Parse(limit))],
        Zone = "UTC",
        WeekStart = DayOfWeek.Monday,
        Thresholds = Threshold.Defaults,
        Recipients = [],
        Channels = [],
        At = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero),
    })!;
}
