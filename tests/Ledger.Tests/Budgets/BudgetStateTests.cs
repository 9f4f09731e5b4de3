using CsCheck;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Tests.Domain;

namespace Ledger.Tests.Budgets;

public sealed class BudgetStateTests
{
    private static readonly Interval month = new(Given.At("-15.00:00"), Given.At("15.00:00"));

    [Theory]
    [InlineData("15.4999999999", "")]
    [InlineData("15.5", "50%")]
    [InlineData("24.7999999999", "50%")]
    [InlineData("24.8", "50% 80%")]
    [InlineData("30.9999999999", "50% 80%")]
    [InlineData("31", "50% 80% 100%")]
    [InlineData("99", "50% 80% 100%")]
    public void a_threshold_is_crossed_to_the_tick(string spent, string crossed) =>
        Assert.Equal(crossed, string.Join(' ', State(spent).Crossed(Given.Now).Select(c => c.Threshold)));

    [Fact]
    public void a_percentage_of_an_odd_limit_is_never_crossed_early()
    {
        var state = State("0.0000000001", limit: "0.0000000003");
        Assert.Empty(state.Crossed(Given.Now));
        Assert.Equal("50%", Assert.Single(State("0.0000000002", limit: "0.0000000003").Crossed(Given.Now)).Threshold.ToString());
    }

    [Fact]
    public void a_raise_to_the_highest_limit_with_the_highest_threshold_can_still_be_judged()
    {
        var state = State("99000000", limit: "100000000") with { Budget = State("1").Budget with { Thresholds = [new(Basis.Actual, 50, null), new(Basis.Actual, 1_000, null)] } };
        Assert.Equal("50%", Assert.Single(state.Crossed(Given.Now)).Threshold.ToString());
        Assert.False(state.IsCrossed(state.Budget.Thresholds[1]));
    }

    [Fact]
    public void what_history_alone_had_crossed_alerts_nobody()
    {
        Assert.Equal(["100%"], State("31", history: "24.8").Crossed(Given.Now).Select(c => c.Threshold.ToString()));
        Assert.Empty(State("40", history: "31").Crossed(Given.Now));
    }

    [Fact]
    public void a_forecast_is_held_against_its_own_threshold_and_an_unknown_one_against_none()
    {
        Assert.Equal(["forecast 100%"], State("10", expected: "31").Crossed(Given.Now).Select(c => c.Threshold.ToString()));
        Assert.Empty(State("10", expected: "30.99").Crossed(Given.Now));
        Assert.Empty(State("10").Crossed(Given.Now));
    }

    [Fact]
    public void the_forecast_comes_first_and_then_what_was_spent_in_rising_order()
    {
        var state = State("31", expected: "40");
        var falling = state with { Budget = state.Budget with { Thresholds = [.. Threshold.Defaults.Reverse()] } };
        Assert.Equal(["forecast 100%", "50%", "80%", "100%"], state.Crossed(Given.Now).Select(c => $"{c.Threshold}"));
        Assert.Equal(["forecast 100%", "50%", "80%", "100%"], falling.Crossed(Given.Now).Select(c => $"{c.Threshold}"));
        // Both are at 100 %, and they are two troubles.
        Assert.Equal([":forecast:100%", ":actual:100%"], state.Crossed(Given.Now).Where(c => c.Threshold.Percent == 100).Select(c => c.Key[c.Key.LastIndexOf(':', c.Key.LastIndexOf(':') - 1)..]));
    }

    [Theory]
    [InlineData("13.95", false)]
    [InlineData("13.9499999999", true)]
    public void clear_is_below_by_a_twentieth_of_the_limit(string spent, bool isClear) => Assert.Equal(isClear, State(spent).IsClearOf(Threshold.Defaults[0]));

    [Theory]
    [InlineData("15.5", 500)]
    [InlineData("30.9999999999", 999)]
    [InlineData("31", 1000)]
    [InlineData("62", 2000)]
    public void a_part_of_the_limit_is_rounded_down(string spent, int permille) => Assert.Equal(permille, State(spent).Permille);

    [Fact]
    public void a_mission_has_one_life_whenever_it_started()
    {
        Assert.Equal("life", BudgetState.WindowOf("life", month));
        Assert.Equal(month.Start.ToText(), BudgetState.WindowOf("month", month));
    }

    [Fact]
    public void a_key_is_the_same_for_the_same_trouble_and_another_for_another()
    {
        var keys = new[]
        {
            Keys(State("31")), Keys(State("31") with { Window = new(month.End, month.End.AddDays(30)) }), Keys(State("31") with { Period = "2026" }),
            Keys(State("31") with { Budget = State("31").Budget with { Revision = 2 } }), Keys(State("31") with { Budget = State("31").Budget with { Id = "b-2" } }),
        };
        Assert.Equal(15, keys.SelectMany(k => k).Distinct().Count());
        Assert.Equal(Keys(State("31")), Keys(State("40")));
    }

    [Fact]
    public void a_cent_to_and_fro_is_no_recovery() => (
        from threshold in Gen.Int[0, 2].Select(i => Threshold.Defaults[i])
        from limit in Gen.Long[1_000, 999_999_999_999]
        from back in Gen.Long[0, (limit / 20) - 1]
        select (threshold, new Usd(limit), back)).Sample((threshold, limit, back) =>
    {
        var edge = threshold.Under(limit);
        var near = new Usd(edge.Ticks - back);
        Assert.False(State(near.ToString(), limit: limit.ToString()).IsClearOf(threshold));
        var below = new Usd(edge.Ticks - (limit.Ticks / 20) - 1);
        Assert.True(State(below.ToString(), limit: limit.ToString()).IsClearOf(threshold));
    }, iter: 200);

    [Fact]
    public void a_forecast_nobody_can_make_clears_nothing() => Assert.False(State("1").IsClearOf(new(Basis.Forecast, 100, null)));

    [Theory]
    [InlineData("10", "ok")]
    // Half of it crosses a threshold, and is no warning.
    [InlineData("15.5", "ok")]
    [InlineData("24.7999999999", "ok")]
    [InlineData("24.8", "warn")]
    [InlineData("31", "over")]
    public void a_budget_is_ok_or_warns_or_is_over(string spent, string state) => Assert.Equal(state, State(spent).State);

    [Fact]
    public void how_much_it_matters_follows_from_how_far_it_is() =>
        Assert.Equal([Severity.Info, Severity.Warning, Severity.Critical], State("31").Crossed(Given.Now).Select(c => c.Severity));

    private static string[] Keys(BudgetState state) => [.. state.Crossed(Given.Now).Select(c => c.Key)];

    private static BudgetState State(string spent, string? expected = null, string limit = "31", string history = "0")
    {
        var budget = Budget.Fold(null, new BudgetSet
        {
            Budget = "b-1",
            Name = "all",
            Scope = "all",
            Limits = [new("month", Usd.Parse(limit))],
            Zone = "UTC",
            WeekStart = DayOfWeek.Monday,
            Thresholds = Threshold.Defaults,
            Recipients = [],
            Channels = [],
            At = Given.Now,
        })!;
        var forecast = expected is null ? new Forecast(null, null, null, null, null, "too little data") : new(Usd.Parse(expected), Usd.Parse(expected), Usd.Parse(expected), "rate-24h", null, null);
        return new(budget, "month", month, Usd.Parse(limit), Usd.Parse(spent), Usd.Parse(history), forecast);
    }
}
