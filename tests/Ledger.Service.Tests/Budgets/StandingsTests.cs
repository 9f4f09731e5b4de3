using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Budgets;
using Ledger.Service.Digests;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Budgets;

/// <summary>The same budgets over the books as they are and as of a position.</summary>
public sealed class StandingsTests(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = SpendScene.Hour;

    [Fact]
    public async Task as_of_the_current_position_budgets_stand_where_they_stand_now()
    {
        await using var scene = await SpendScene.Begin(databases);
        await scene.Agent("ba");
        await scene.Agent("vigilio");
        await scene.Append(Mission.StreamOf("m-11111111"), new MissionStarted("m-11111111", "X", "o/r#3", ["ba"], 1, hour.AddHours(-9), scene.Now, null));
        await scene.Read([.. Enumerable.Range(1, 200).Select(h => (h % 3 == 0 ? "vigilio" : "ba", $"0.{h % 7}1", hour.AddHours(-h)))]);
        foreach (var (scope, period) in new[]
        {
            ("all", "month"), ("agent:ba", "week"), ("agent:vigilio", "day"), ("key:k-ba", "quarter"), ("model:grok-4", "2026-11-10..2026-11-20"), ("mission:m-11111111", "life"), ("unit:nothing", "month"),
            ($"account:{SpendScene.Account}", "month"),
        })
            await scene.SetBudget(scope, scope, "20.00", period);

        await using var session = scene.Host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var budgets = await session.OpenBudgets(default);
        Scope[] scopes = [.. budgets.Select(b => b.Scope)];
        await using var now = await scene.Host.Services.GetRequiredService<CurrentBooks>().Open(session, scopes, default);
        var then = new BooksAsOf(now.View, now.View.Position, await session.MissionsOf(scopes, default), now.Reach, now.Credits);
        var at = scene.Now;
        var (live, past) = (await BudgetStandings.At(budgets, now, at, default), await BudgetStandings.At(budgets, then, at, default));
        Assert.Equal(8, live.Count);
        foreach (var (a, b) in live.Zip(past))
        {
            Assert.Equal((a.Budget.Id, a.Window, a.Why, a.State?.Spent, a.State?.State), (b.Budget.Id, b.Window, b.Why, b.State?.Spent, b.State?.State));
            Assert.Equal(a.State?.Forecast, b.State?.Forecast);
        }
        Assert.Equal(Usd.Zero, live.Single(s => s.Budget.Name == "unit:nothing").State!.Spent);

        var shown = DigestBudgets.Worst(past, [], now.Names.NameOf);
        Assert.Equal(8, shown.Count);
        Assert.Equal("over", shown[0].State);
        Assert.Contains(shown, s => s.Scope == "mission X" && s.Period == "life");
        Assert.Equal(shown.Select(s => s.State), shown.OrderBy(s => s.State switch { "over" => 0, "warn" => 1, "unknown" => 2, _ => 3 }).Select(s => s.State));
    }

    [Fact]
    public void a_budget_of_days_is_told_by_the_weeks_worst_day()
    {
        var monday = new DateTimeOffset(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);
        var budget = Budget.Fold(null, new BudgetSet
        {
            Budget = "b-1",
            Name = "ba",
            Scope = "agent:ba",
            Limits = [new("day", Usd.Parse("5.00"))],
            Zone = "UTC",
            WeekStart = DayOfWeek.Monday,
            Thresholds = Threshold.Defaults,
            Recipients = [],
            Channels = [],
            At = monday.AddDays(-7),
        })!;
        BudgetStanding On(int day, string spent)
        {
            var window = new Interval(monday.AddDays(day), monday.AddDays(day + 1));
            var state = new BudgetState(budget, "day", window, Usd.Parse("5.00"), Usd.Parse(spent), Usd.Zero, new(null, null, null, null, null, "not asked for"));
            return new(budget, "day", window, window.End.AddMicroseconds(-1), state, SpendSeries.Empty, null);
        }
        var shown = Assert.Single(DigestBudgets.Worst([On(6, "1.00")], [On(0, "5.10"), On(2, "7.75"), On(3, "4.00"), On(6, "1.00")], _ => null));
        Assert.Equal(("over", Usd.Parse("7.75"), 2, monday.AddDays(2), "UTC"), (shown.State, shown.Spent, shown.DaysOver, shown.Window.Start, shown.Zone));
        Assert.Null(Assert.Single(DigestBudgets.Worst([On(0, "1.00")], [], _ => null)).DaysOver);
    }

    [Fact]
    public async Task as_of_an_earlier_position_they_stand_where_they_stood()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        await scene.SetBudget("agent:ba", "agent:ba", "20.00");
        var before = await scene.Host.Head();
        await scene.Read(("ba", "16.00", hour));
        await using var view = await scene.Host.Services.GetRequiredService<SpendViews>().Open(default);
        await using var session = scene.Host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var budgets = await session.OpenBudgets(default);
        var known = new DataFreshness(scene.Now, 0, false);
        var then = await BudgetStandings.At(budgets, new BooksAsOf(view, before, new Dictionary<string, Mission>(), _ => known, (_, _) => throw new NotSupportedException()), scene.Now, default);
        Assert.Equal(Usd.Parse("6.00"), Assert.Single(then).State!.Spent);
        var unread = await BudgetStandings.At(budgets, new BooksAsOf(view, 0, new Dictionary<string, Mission>(), _ => DataFreshness.Unknown, (_, _) => throw new NotSupportedException()), scene.Now, default);
        Assert.Equal((null, "no account was read completely yet"), (Assert.Single(unread).State, unread[0].Why));
    }

    [Fact]
    public async Task a_window_that_is_just_over_is_watched_with_its_own_limit()
    {
        await using var scene = await SpendScene.Begin(databases, now: hour.AddHours(-10).AddMinutes(30));
        await scene.Agent("ba");
        await scene.Read(("ba", "6.00", scene.Now.FloorToHour().AddHours(-1)), ("ba", "1.00", scene.Now.FloorToHour()));
        await scene.SetBudget("all", "all", "5.00", "day");
        await using var session = scene.Host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var budget = Assert.Single(await session.OpenBudgets(default));
        await using var books = await scene.Host.Services.GetRequiredService<CurrentBooks>().Open(session, [budget.Scope], default);
        var windows = BudgetWindows.Watched(budget, null, books.Mission, scene.Now).ToArray();
        var standings = await BudgetStandings.In(windows, books, scene.Now, default);
        Assert.Equal(["1.00 ok", "6.00 over"], standings.Select(s => $"{s.State!.Spent} {s.State.State}"));
    }
}
