using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Guard;
using Ledger.Money;

namespace Ledger.Tests.Forecasts;

public sealed class AdviceTests
{
    private static readonly DateTimeOffset now = new(2026, 11, 16, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void searches_through_one_key_are_one_thing_to_stop_and_it_says_what_that_gives()
    {
        var first = Recommendations.Rank(Facts() with { Runway = Runway("3.19", "9.30") })[1];
        Assert.Equal(("stop-unit", Usd.Parse("4"), "day"), (first.Kind, first.Effect, first.Per));
        // $3.19 lasts 8.2 h at $9.30 a day, and 14.4 h at $5.30 a day.
        Assert.Equal("Pause searches through xai-vigilio: saves about $4.00 a day, and the credit lasts until Tue 02:20 instead of 20:10.", first.Text);
    }

    [Fact]
    public void a_top_up_is_advised_where_credit_runs_out_in_whole_dollars()
    {
        var top = Recommendations.Rank(Facts() with { Runway = Runway("3.19", "9.30") }).Single(r => r.Kind == "top-up");
        Assert.Equal(Usd.Parse("62"), top.Effect); // 65.10 - 3.19, up
        Assert.DoesNotContain(Recommendations.Rank(Facts() with { Runway = Runway("300", "9.30") }), r => r.Kind == "top-up");
    }

    [Fact]
    public void what_makes_the_credit_last_the_week_comes_first()
    {
        // Without searches $3.19 lasts 14 hours; $40 last eight days.
        Assert.Equal("top-up", Recommendations.Rank(Facts() with { Runway = Runway("3.19", "9.30") })[0].Kind);
        Assert.Equal("stop-unit", Recommendations.Rank(Facts() with { Runway = Runway("40", "9.30") })[0].Kind);
    }

    [Fact]
    public void less_than_a_twentieth_of_what_is_spent_is_no_advice() =>
        Assert.DoesNotContain(Recommendations.Rank(Facts() with { Units = [new("k", "xai-ba", "grok", "X searches", Usd.Parse("1")), new("k", "xai-ba", "grok", "Prompt text tokens", Usd.Parse("19.01"))] }), r => r.Kind == "stop-unit");

    [Theory]
    [InlineData("Cached prompt text tokens", "Send less context through")]
    [InlineData("Completion text tokens", "Ask for shorter answers through")]
    [InlineData("Reasoning text tokens", "Ask for less reasoning through")]
    [InlineData("Embeddings", "Use less of it through")]
    public void advice_fits_its_unit(string unit, string advice) => Assert.StartsWith(advice, UnitFamilies.Shrinking(unit), StringComparison.Ordinal);

    [Fact]
    public void a_shared_key_and_one_that_nobody_owns_are_named_with_the_dollars_concerned()
    {
        var ranked = Recommendations.Rank(Facts());
        Assert.Equal("Give ba and vigilio a key each instead of xai-vigilio: $9.30 a day can't be told apart.", ranked.Single(r => r.Kind == "split-key").Text);
        Assert.Equal("Say who owns xai-amy: $1.32 of the last 7 days belongs to nobody.", ranked.Single(r => r.Kind == "assign-key").Text);
        Assert.True(ranked.ToList().FindIndex(r => r.Kind == "split-key") > ranked.ToList().FindIndex(r => r.Kind == "stop-unit"));
    }

    [Fact]
    public void nothing_is_advised_where_nothing_was_spent() => Assert.Empty(Recommendations.Rank(new([], [], [], [], null, now, "UTC")));

    [Fact]
    public void pennies_are_not_worth_an_advice() =>
        Assert.Empty(Recommendations.Rank(new([new("k", "key", "grok", "X searches", Usd.Parse("0.04")), new("k", "key", "grok", "Prompt text tokens", Usd.Parse("0.49"))], [new("k", null, ["a", "b"], Usd.Parse("0.04"))], [("k", Usd.Parse("0.04"))], [], null, now, "UTC")));

    [Fact]
    public void tokens_can_only_be_made_less()
    {
        var advice = Assert.Single(Recommendations.Rank(new([new("k", "xai-ba", "grok", "Cached prompt text tokens", Usd.Parse("8")), new("k", "xai-ba", "grok", "Prompt text tokens", Usd.Parse("2"))], [], [], [], null, now, "UTC")));
        Assert.Equal(("shrink-unit", Usd.Parse("0.8")), (advice.Kind, advice.Effect));
    }

    [Theory]
    [InlineData("10", "0", "0", false, GuardDecision.Allow, "21", "21")]
    [InlineData("24.8", "0", "0", false, GuardDecision.Warn, "6.2", "6.2")]
    [InlineData("31", "0", "0", false, GuardDecision.Deny, "0", "0")]
    [InlineData("40", "0", "0", true, GuardDecision.Deny, "0", "0")]
    [InlineData("10", "0", "0", true, GuardDecision.Unknown, "21", "21")]
    [InlineData("10", "18.5", "2.5", false, GuardDecision.Allow, "2.5", "2.5")]
    [InlineData("10", "18.5", "2.6", false, GuardDecision.Deny, "2.5", "2.5")]
    [InlineData("10", "21", "0", false, GuardDecision.Deny, "0", "0")]
    public void the_guard_answers(string spent, string held, string reserve, bool stale, GuardDecision decision, string remaining, string low)
    {
        var answer = GuardRules.Decide(new([Place(spent, held)], [], Usd.Zero, now, stale, Usd.Parse(reserve), "UTC"), now);
        Assert.Equal((decision, Usd.Parse(remaining), Usd.Parse(low)), (answer.Decision, answer.Remaining, answer.Low));
        Assert.NotEmpty(answer.Reason);
        Assert.True(answer.Low <= answer.Remaining && answer.Remaining <= answer.High);
    }

    [Fact]
    public void spend_not_read_yet_narrows_what_is_surely_left()
    {
        var place = Place("10", "0") with { PerHour = Usd.Parse("6") };
        var answer = GuardRules.Decide(new([place], [], Usd.Zero, now.AddMinutes(-30), false, Usd.Zero, "UTC"), now);
        Assert.Equal((Usd.Parse("21"), Usd.Parse("18")), (answer.Remaining, answer.Low));
        Assert.Equal(GuardDecision.Warn, GuardRules.Decide(new([place with { SpentHigh = Usd.Parse("31") }], [], Usd.Zero, now, false, Usd.Zero, "UTC"), now).Decision);
    }

    [Fact]
    public void the_tightest_budget_decides()
    {
        var loose = Place("1", "0");
        var tight = Place("30", "0");
        var answer = GuardRules.Decide(new([loose, tight with { State = tight.State with { Budget = tight.State.Budget with { Name = "tight" } } }], [], Usd.Zero, now, false, Usd.Parse("5"), "UTC"), now);
        Assert.Equal((GuardDecision.Deny, "tight"), (answer.Decision, answer.Budget!.Budget.Name));
    }

    [Fact]
    public void holds_are_taken_off_the_credit_to_the_tick()
    {
        var tight = GuardRules.Decide(new([], [Runway("3", "9")], Usd.Parse("2"), now, false, Usd.Parse("1.0000000001"), "UTC"), now);
        Assert.Equal((GuardDecision.Deny, Usd.Parse("1"), Usd.Parse("3")), (tight.Decision, tight.Remaining!.Value, tight.High!.Value));
        Assert.Contains("Prepaid credit of prod has $1.00 free, $2.00 is held (`ledger hold list`); $1.00 was asked for", tight.Reason, StringComparison.Ordinal);
        Assert.NotEqual(GuardDecision.Deny, GuardRules.Decide(new([], [Runway("3", "9")], Usd.Parse("2"), now, false, Usd.Parse("1"), "UTC"), now).Decision);
        var held = GuardRules.Decide(new([], [Runway("3", "9")], Usd.Parse("3"), now, false, Usd.Zero, "UTC"), now);
        Assert.Equal((GuardDecision.Deny, Usd.Zero), (held.Decision, held.Remaining!.Value));
        Assert.DoesNotContain("asked for", held.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void credit_is_a_limit_too()
    {
        Assert.Equal(GuardDecision.Deny, GuardRules.Decide(new([], [Runway("0", "9")], Usd.Zero, now, false, Usd.Zero, "UTC"), now).Decision);
        Assert.Equal(GuardDecision.Deny, GuardRules.Decide(new([], [Runway("3", "1")], Usd.Parse("2"), now, false, Usd.Parse("1.5"), "UTC"), now).Decision);
        Assert.Equal(GuardDecision.Warn, GuardRules.Decide(new([], [Runway("3", "9")], Usd.Zero, now, false, Usd.Zero, "UTC"), now).Decision);
        Assert.Equal(GuardDecision.Allow, GuardRules.Decide(new([], [Runway("30", "9")], Usd.Zero, now, false, Usd.Zero, "UTC"), now).Decision);
    }

    [Fact]
    public void with_nothing_read_nobody_knows_and_with_no_budget_nothing_stands_in_the_way()
    {
        Assert.Equal(GuardDecision.Unknown, GuardRules.Decide(new([], [], Usd.Zero, null, false, Usd.Zero, "UTC"), now).Decision);
        var answer = GuardRules.Decide(new([], [], Usd.Zero, now, false, Usd.Zero, "UTC"), now);
        Assert.Equal((GuardDecision.Allow, null), (answer.Decision, answer.Remaining));
    }

    [Theory]
    [InlineData("1234.5", "$1,234.50")]
    [InlineData("0.01", "$0.01")]
    [InlineData("0.0099999999", "$0.0100")]
    [InlineData("0.00421", "$0.0042")]
    [InlineData("0.0000421", "$0.000042")]
    [InlineData("0.0000000001", "<$0.000001")]
    [InlineData("-3", "-$3.00")]
    [InlineData("0", "$0.00")]
    [InlineData("922337203.6854775807", "$922,337,203.69")]
    public void an_amount_is_shown_as_people_read_it(string amount, string shown) => Assert.Equal(shown, Dollars.Show(Usd.Parse(amount)));

    private static RecommendationFacts Facts() => new(
        [
            new("k1", "xai-vigilio", "grok-4-1-fast-reasoning", "X searches", Usd.Parse("3.33")),
            new("k1", "xai-vigilio", "grok-4-1-fast-reasoning", "Web searches", Usd.Parse("0.67")),
            new("k1", "xai-vigilio", "grok-4-1-fast-reasoning", "Cached prompt text tokens", Usd.Parse("2.73")),
            new("k1", "xai-vigilio", "grok-imagine-image", "Generated images", Usd.Parse("0.11")),
        ],
        [new("k1", "xai-vigilio", ["ba", "vigilio"], Usd.Parse("9.3"))], [("xai-amy", Usd.Parse("1.32"))], [], null, now, "UTC");

    private static Runway Runway(string left, string day) =>
        new("xai-1", "prod", Usd.Parse(left), Usd.Parse("31"), Usd.Zero, Usd.Parse(day), Usd.Parse(day), left == "0" ? now : now + new TimeSpan((long)((Int128)Usd.Parse(left).Ticks * TimeSpan.TicksPerDay / Usd.Parse(day).Ticks)), null, null, now, null);

    private static GuardBudget Place(string spent, string held)
    {
        var budget = Budget.Fold(null, new BudgetSet
        {
            Budget = "b-1",
            Name = "all",
            Scope = "all",
            Limits = [new("month", Usd.Parse("31"))],
            Zone = "UTC",
            WeekStart = DayOfWeek.Monday,
            Thresholds = Threshold.Defaults,
            Recipients = [],
            Channels = [],
            At = now,
        })!;
        var state = new BudgetState(budget, "month", new(now.AddDays(-15), now.AddDays(15)), Usd.Parse("31"), Usd.Parse(spent), Usd.Zero, new(null, null, null, null, null, "too little data"));
        return new("All spend", state, Usd.Parse(spent), Usd.Parse(held), Usd.Zero);
    }
}
