using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Missions;
using Ledger.Money;

namespace Ledger.Tests.Budgets;

/// <summary>Which windows are looked at, what follows from them, and the same again over the past.</summary>
public sealed class BudgetWindowsTests
{
    private static readonly Mission mission = Mission.Fold(null, new MissionStarted("m-1", "Budget TUI", null, ["ba"], 1, Time("2026-11-10T10:00:00Z"), Time("2026-11-10T10:00:00Z"), null))!;

    [Fact]
    public void the_running_window_is_looked_at()
    {
        var watched = Assert.Single(Watched("day", "2026-11-16T12:00:00Z", changed: new(Time("2026-11-16T11:00:00Z"), Time("2026-11-16T11:00:00Z"))));
        Assert.Equal((new(Time("2026-11-15T23:00:00Z"), Time("2026-11-16T23:00:00Z")), Time("2026-11-16T12:00:00Z")), (watched.Window, watched.At));
        Assert.Equal(watched.Window, watched.Counted);
    }

    [Fact]
    public void a_window_that_is_just_over_is_looked_at_where_late_figures_may_lie_in_it()
    {
        Assert.Equal([Time("2026-11-15T23:00:00Z"), Time("2026-11-14T23:00:00Z")], Watched("day", "2026-11-16T12:00:00Z", changed: new(Time("2026-11-15T22:00:00Z"), Time("2026-11-16T11:00:00Z"))).Select(w => w.Window.Start));
        var before = Watched("day", "2026-11-16T12:00:00Z", changed: null).Last();
        Assert.Equal(before.Window.End.AddMicroseconds(-1), before.At);
        Assert.Single(Watched("month", "2026-11-16T12:00:00Z", changed: null));
    }

    [Fact]
    public void a_stretch_is_looked_at_from_its_start_until_a_day_after_its_end()
    {
        const string stretch = "2026-11-01T00:00:00Z..2026-11-10T00:00:00Z";
        Assert.Empty(Watched(stretch, "2026-10-31T23:59:59Z"));
        Assert.Equal(Time("2026-11-05T00:00:00Z"), Assert.Single(Watched(stretch, "2026-11-05T00:00:00Z")).At);
        Assert.Equal(Time("2026-11-09T23:59:59.999999Z"), Assert.Single(Watched(stretch, "2026-11-10T12:00:00Z")).At);
        Assert.Empty(Watched(stretch, "2026-11-11T00:00:00Z"));
    }

    [Fact]
    public void a_missions_life_counts_all_that_the_mission_carries()
    {
        var budget = Of("life", "mission:m-1");
        var watched = Assert.Single(BudgetWindows.Watched(budget, null, _ => mission, Time("2026-11-16T12:00:00Z")));
        Assert.Equal((mission.Life, Interval.Always), (watched.Window, watched.Counted));
        Assert.Empty(BudgetWindows.Watched(budget, null, _ => mission with { Cancelled = true }, Time("2026-11-16T12:00:00Z")));
        Assert.Empty(BudgetWindows.Watched(budget, null, _ => null, Time("2026-11-16T12:00:00Z")));
        Assert.Equal(Interval.Always, BudgetWindows.Counted("life", mission.Life));
    }

    [Fact]
    public void a_period_has_the_window_it_is_in_whether_it_runs_or_not()
    {
        var at = Time("2026-11-16T12:00:00Z");
        var day = new Interval(Time("2026-11-15T23:00:00Z"), Time("2026-11-16T23:00:00Z"));
        Assert.Equal(day, BudgetWindows.At(Scope.Everything, "day", "Europe/Brussels", DayOfWeek.Monday, _ => null, at));
        Assert.Equal(mission.Life, BudgetWindows.At(new(ScopeKind.Mission, "m-1"), "life", "Europe/Brussels", DayOfWeek.Monday, id => id == "m-1" ? mission : null, at));
        Assert.Null(BudgetWindows.At(new(ScopeKind.Mission, "m-1"), "life", "Europe/Brussels", DayOfWeek.Monday, _ => mission with { Cancelled = true }, at));
        Assert.Equal(day, BudgetWindows.Counted("day", day));
        Assert.False(Period.TryParse("2026-11-01..2026-11-01", out _));
        Assert.False(Period.TryParse(null, out _));
        Assert.False(Scope.TryParse(null, out _));
        Assert.Equal("all", $"{Scope.Everything}");
    }

    [Fact]
    public void a_zone_nobody_knows_has_no_windows_and_a_reason()
    {
        var budget = Of("month", "all") with { Zone = "Europe/Atlantis" };
        Assert.Empty(BudgetWindows.Watched(budget, null, _ => null, Time("2026-11-16T12:00:00Z")));
        Assert.Null(BudgetWindows.At(budget.Scope, "month", budget.Zone, budget.WeekStart, _ => null, Time("2026-11-16T12:00:00Z")));
        Assert.Contains("Europe/Atlantis", BudgetWindows.WhyNone(budget, "month"), StringComparison.Ordinal);
        Assert.Equal("the mission was cancelled", BudgetWindows.WhyNone(budget, "life"));
    }

    [Fact]
    public void of_what_was_crossed_at_once_the_worst_is_told_and_tells_the_rest()
    {
        var state = State("25");
        var found = Crossings.New(state, state.Crossed(Time("2026-11-16T12:00:00Z")), _ => false);
        Assert.Equal(["80%", "50%"], found.Select(c => c.Crossing.Threshold.ToString()));
        Assert.Equal(["50%"], found[0].Also.Select(t => t.ToString()));
        Assert.Equal([null, found[0].Alert], found.Select(c => c.ToldBy));
        var raised = found[0].Raise(Circumstances.None, null, Time("2026-11-16T12:00:00Z"));
        Assert.Equal((found[0].Alert, Alert.IdOf(raised.Key), Usd.Parse("25"), null), (raised.Alert, raised.Alert, raised.Spent, raised.ToldBy));
    }

    [Theory]
    [InlineData("30", true)]
    [InlineData("31", true)]
    [InlineData("32", false)]
    [InlineData(null, false)]
    public void half_of_a_limit_that_will_last_disturbs_nobody_and_neither_does_its_end(string? expected, bool isQuiet)
    {
        var now = Time("2026-11-16T12:00:00Z");
        var state = State("16") with { Forecast = expected is null ? new(null, null, null, null, null, "too little data") : new(Usd.Parse(expected), null, null, "mean-7d", null, null) };
        var found = Assert.Single(Crossings.New(state, [.. state.Crossed(now).Where(c => c.Threshold.Basis == Basis.Actual)], _ => false));
        Assert.Equal(("50%", !isQuiet), (found.Crossing.Threshold.ToString(), found.IsTold));
        var raised = found.Raise(Circumstances.None, null, now);
        Assert.Equal(isQuiet, raised.Quiet);
        Assert.Equal(!isQuiet, Assert.Single(Crossings.Cleared(State("1"), [raised], now)).Told);
    }

    [Fact]
    public void the_days_of_a_week_are_a_budgets_own()
    {
        var week = new Interval(Time("2026-03-22T23:00:00Z"), Time("2026-03-29T22:00:00Z"));
        var days = BudgetWindows.DaysOver(Of("day", "all"), week, week.End).ToArray();
        Assert.Equal(7, days.Length);
        Assert.Equal(new(Time("2026-03-28T23:00:00Z"), week.End), days[^1].Window);
        Assert.Equal(2, BudgetWindows.DaysOver(Of("day", "all"), week, Time("2026-03-25T12:00:00Z")).Count());
        Assert.Empty(BudgetWindows.DaysOver(Of("month", "all"), week, week.End));
        Assert.Empty(BudgetWindows.DaysOver(Of("day", "all") with { Zone = "Europe/Atlantis" }, week, week.End));
    }

    [Fact]
    public void nobody_hears_of_the_lower_threshold_after_the_higher_one()
    {
        var state = State("31");
        var crossed = state.Crossed(Time("2026-11-16T12:00:00Z"));
        var known = crossed.Where(c => c.Threshold.Percent != 80).ToArray();
        var late = Assert.Single(Crossings.New(state, crossed, key => known.Any(k => k.Key == key)));
        Assert.Equal(("80%", Alert.IdOf(known[^1].Key)), (late.Crossing.Threshold.ToString(), late.ToldBy));
        Assert.Empty(Crossings.New(state, crossed, _ => true));
    }

    [Fact]
    public void what_is_clear_again_is_told_by_the_worst_that_was_told()
    {
        var now = Time("2026-11-16T12:00:00Z");
        var open = Crossings.New(State("31"), State("31").Crossed(now), _ => false).Select(c => c.Raise(Circumstances.None, null, now)).ToArray();
        Assert.Equal([("100%", true), ("80%", false)], Crossings.Cleared(State("20"), open, now).Select(c => (c.Recovered.Threshold.ToString(), c.Told)));
        Assert.Empty(Crossings.Cleared(State("31"), open, now));
        Assert.Empty(Crossings.Cleared(State("1") with { Period = "week" }, open, now));
    }

    [Fact]
    public void what_history_alone_had_passed_is_said_once_by_its_highest_threshold() =>
        Assert.Equal(["80%"], Crossings.PassedByHistory([State("30") with { History = Usd.Parse("25") }, State("30")]).Select(p => p.Threshold.ToString()));

    [Fact]
    public void a_replay_tells_what_was_known_when_it_was_known()
    {
        var budget = Of("month", "agent:ba");
        var replay = new BudgetReplay(budget, null, Time("2026-11-01T00:00:00Z"), _ => null);
        var told = new List<string>();
        foreach (var (known, agent, billed) in new[] { ("2026-11-02T10:00:00Z", "ba", "10"), ("2026-11-03T10:00:00Z", "face", "100"), ("2026-11-04T10:00:00Z", "ba", "16"), ("2026-11-05T10:00:00Z", "ba", "1") })
        {
            replay.Add(new(Time(known), Time(known).AddHours(-1), "xai", "k", "grok", "tokens", agent, "", Usd.Parse(billed)));
            told.AddRange(replay.Judge(Time(known)).Select(t => $"{known[..10]} {t.Crossing.Crossing.Threshold} {t.Crossing.State.Spent} {t.Parts.Single(p => p.Dimension == ScopeKind.Key).Billed}"));
        }
        Assert.Equal(["2026-11-04 80% 26.00 26.00"], told.Where(t => !t.Contains("forecast", StringComparison.Ordinal)));
        Assert.Empty(replay.Judge(Time("2026-11-05T10:00:00Z")));
    }

    [Fact]
    public void a_replay_judges_yesterday_too_where_late_figures_came_among_todays()
    {
        var budget = Of("day", "all");
        string[] late = ["2026-11-16T10:00:00Z", "2026-11-15T20:00:00Z", "2026-11-16T11:00:00Z"];
        foreach (var order in new[] { late, [.. late.Reverse()], [late[1], late[0], late[2]] })
        {
            var replay = new BudgetReplay(budget, null, Time("2026-11-01T00:00:00Z"), _ => null);
            foreach (var start in order) replay.Add(new(Time("2026-11-16T12:00:00Z"), Time(start), "xai", "k", "grok", "tokens", "ba", "", Usd.Parse(start == late[1] ? "26" : "1")));
            var told = Assert.Single(replay.Judge(Time("2026-11-16T12:00:00Z")), t => t.Crossing.Crossing.Threshold.Basis == Basis.Actual);
            Assert.Equal((Time("2026-11-14T23:00:00Z"), Usd.Parse("26")), (told.Crossing.State.Window.Start, told.Crossing.State.Spent));
            Assert.Equal([(ScopeKind.Key, "k"), (ScopeKind.Model, "grok"), (ScopeKind.Unit, "tokens"), (ScopeKind.Agent, "ba")], told.Parts.Select(p => (p.Dimension, p.Value)));
            Assert.All(told.Parts, p => Assert.Equal(Usd.Parse("26"), p.Billed));
        }
    }

    [Fact]
    public void a_replay_knows_the_soonest_run_out_by_what_was_known_then()
    {
        var account = Samples.Account();
        var replay = new CreditReplay(new Dictionary<string, Ledger.Accounts.Account> { [account.Id] = account }, [new(account.Id, Time("2026-11-02T10:00:00Z"), Usd.Parse("31"), Usd.Parse("24"))], Time("2026-11-01T00:00:00Z"));
        replay.Add(new(Time("2026-11-02T09:00:00Z"), Time("2026-11-01T10:00:00Z"), account.Id, "k", "grok", "tokens", "ba", "", Usd.Parse("24")));
        Assert.Null(replay.SoonestAt(Time("2026-11-02T09:00:00Z")));
        Assert.Equal((Usd.Parse("24"), Time("2026-11-03T10:00:00Z")), (replay.SoonestAt(Time("2026-11-02T10:00:00Z"))!.Left, replay.SoonestAt(Time("2026-11-02T10:00:00Z"))!.RunsOut));
    }

    [Fact]
    public void a_series_holds_the_hours_of_a_week_and_the_days_before_today()
    {
        var builder = new SpendSeriesBuilder(null, Time("2026-11-01T00:00:00Z"));
        builder.Add(Time("2026-11-02T10:15:00Z"), Usd.Parse("1"));
        builder.Add(Time("2026-11-15T10:15:00Z"), Usd.Parse("2"));
        builder.Add(Time("2026-11-15T10:45:00Z"), Usd.Parse("3"));
        builder.Add(Time("2026-11-16T09:00:00Z"), Usd.Parse("4"));
        builder.Add(Time("2026-11-15T11:00:00Z"), Usd.Parse("9"));
        builder.Add(Time("2026-11-15T11:00:00Z"), Usd.Parse("-9"));
        var series = builder.At(Time("2026-11-16T10:00:00Z"));
        Assert.Equal([new(Time("2026-11-15T10:00:00Z"), Usd.Parse("5")), new(Time("2026-11-16T09:00:00Z"), Usd.Parse("4"))], series.Hours);
        Assert.Equal([new(new(2026, 11, 2), Usd.Parse("1")), new(new(2026, 11, 15), Usd.Parse("5"))], series.Days);
        Assert.Equal(Time("2026-11-02T10:15:00Z"), series.First);
        Assert.Equal(Usd.Parse("9").Ticks / 24, series.PerHour.Ticks);
    }

    private static IEnumerable<BudgetWindow> Watched(string period, string now, Interval? changed = null) => BudgetWindows.Watched(Of(period, "all"), changed, _ => null, Time(now));

    private static BudgetState State(string spent) =>
        new(Of("month", "all"), "month", new(Time("2026-10-31T23:00:00Z"), Time("2026-11-30T23:00:00Z")), Usd.Parse("31"), Usd.Parse(spent), Usd.Zero, new(null, null, null, null, null, "too little data"));

    private static Budget Of(string period, string scope) => Budget.Fold(null, new BudgetSet
    {
        Budget = "b-1",
        Name = "all",
        Scope = scope,
        Limits = [new(period, Usd.Parse("31"))],
        Zone = "Europe/Brussels",
        WeekStart = DayOfWeek.Monday,
        Thresholds = Threshold.Defaults,
        Recipients = [],
        Channels = [],
        At = Time("2026-11-01T00:00:00Z"),
    })!;

    private static DateTimeOffset Time(string text) => Instants.TryParse(text, out var at) ? at : throw new FormatException(text);

    private static class Samples
    {
        public static Ledger.Accounts.Account Account()
        {
            var connected = Events.Samples.Full.OfType<Ledger.Accounts.AccountConnected>().Single();
            return Ledger.Accounts.Account.Fold(Ledger.Accounts.Account.Fold(null, connected), Events.Samples.Full.OfType<Ledger.Accounts.BalanceObserved>().Single())!;
        }
    }
}
