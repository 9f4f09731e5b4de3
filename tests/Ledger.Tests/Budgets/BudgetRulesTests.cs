using Ledger.Budgets;
using Ledger.Money;
using Ledger.Tests.Domain;

namespace Ledger.Tests.Budgets;

public sealed class BudgetRulesTests
{
    private static readonly BudgetSet wanted = new()
    {
        Budget = "b-1",
        Name = "ba's month",
        Scope = "agent:ba",
        Limits = [new("month", Usd.Parse("31"))],
        Zone = "Europe/Brussels",
        WeekStart = DayOfWeek.Monday,
        Thresholds = Threshold.Defaults,
        Recipients = ["ludo@example.org"],
        Channels = ["email"],
        At = Given.Now,
    };

    private static Budget Known => Budget.Fold(null, wanted)!;

    [Fact]
    public void a_budget_is_set()
    {
        var set = Budget.Set(null, wanted, Given.Now).Then<BudgetSet>();
        var budget = Budget.Fold(null, set)!;
        Assert.Equal(new Scope(ScopeKind.Agent, "ba"), budget.Scope);
        Assert.Equal(Usd.Parse("31"), budget.LimitAt("month", Given.Now));
        Assert.Null(budget.LimitAt("week", Given.Now));
    }

    [Fact]
    public void setting_it_as_it_is_changes_nothing() => Budget.Set(Known, wanted with { At = Given.Now.AddDays(1), By = "somebody else" }, Given.Now).ThenNothing();

    [Fact]
    public void another_recipient_does_not_arm_alerts_anew_and_another_limit_does()
    {
        Assert.Equal(1, Known.Revision);
        Assert.Equal(1, Budget.Fold(Known, wanted with { Recipients = ["b@example.org"] })!.Revision);
        Assert.Equal(2, Budget.Fold(Known, wanted with { Limits = [new("month", Usd.Parse("32"))] })!.Revision);
        Assert.Equal(2, Budget.Fold(Known, wanted with { Thresholds = [new(Basis.Actual, 90, null)] })!.Revision);
    }

    [Fact]
    public void a_closed_budget_that_is_set_again_is_open_and_armed_anew()
    {
        var closed = Budget.Fold(Known, Known.Close(Given.Now, null).Then<BudgetClosed>())!;
        Assert.True(closed.Closed);
        closed.Close(Given.Now, null).ThenNothing();
        var again = Budget.Fold(closed, Budget.Set(closed, wanted, Given.Now).Then<BudgetSet>())!;
        Assert.False(again.Closed);
        Assert.Equal(2, again.Revision);
    }

    [Fact]
    public void a_raise_counts_until_it_is_over_and_arms_alerts_both_times()
    {
        var until = Given.Now.AddDays(3);
        var raised = Budget.Fold(Known, Known.Raise(null, Usd.Parse("45"), until, Given.Now, "olga").Then<BudgetRaised>())!;
        Assert.Equal(Usd.Parse("45"), raised.LimitAt("month", Given.Now));
        Assert.Equal(Usd.Parse("45"), raised.LimitAt("month", until.AddMicroseconds(-1)));
        Assert.Equal(Usd.Parse("31"), raised.LimitAt("month", until));
        Assert.Equal(3, new[] { Known.ArmingAt("month", Given.Now), raised.ArmingAt("month", Given.Now), raised.ArmingAt("month", until) }.Distinct().Count());
    }

    [Fact]
    public void a_raise_of_another_period_arms_nothing_and_takes_none_away()
    {
        var both = Budget.Fold(null, wanted with { Limits = [new("day", Usd.Parse("2")), new("month", Usd.Parse("31"))] })!;
        var until = Given.Now.AddDays(3);
        var raised = Budget.Fold(Budget.Fold(both, new BudgetRaised("b-1", "day", Usd.Parse("3"), until, Given.Now, null)), new BudgetRaised("b-1", "month", Usd.Parse("45"), until, Given.Now, null))!;
        Assert.Equal((Usd.Parse("3"), Usd.Parse("45")), (raised.LimitAt("day", Given.Now), raised.LimitAt("month", Given.Now)));
        raised = Budget.Fold(raised, new BudgetRaised("b-1", "day", Usd.Parse("4"), until, Given.Now.AddHours(1), null))!;
        Assert.Equal(["month", "day"], raised.Raises.Select(r => r.Period));
        Assert.Equal($"1+{Given.Now.ToText()}", raised.ArmingAt("month", Given.Now.AddHours(2)));
        Assert.Equal($"1+{Given.Now.ToText()}x", raised.ArmingAt("month", until));
        Assert.Equal("1", raised.ArmingAt("day", Given.Now));
    }

    [Fact]
    public void other_recipients_leave_a_raise_and_another_limit_ends_it()
    {
        var raised = Budget.Fold(Known, new BudgetRaised("b-1", "month", Usd.Parse("45"), Given.Now.AddDays(3), Given.Now, null))!;
        Assert.Equal(Usd.Parse("45"), Budget.Fold(raised, wanted with { Recipients = ["b@example.org"] })!.LimitAt("month", Given.Now));
        Assert.Equal(Usd.Parse("32"), Budget.Fold(raised, wanted with { Limits = [new("month", Usd.Parse("32"))] })!.LimitAt("month", Given.Now));
    }

    public static TheoryData<string, BudgetSet> Other => new()
    {
        { "name", wanted with { Name = "another" } },
        { "scope", wanted with { Scope = "agent:face" } },
        { "limits", wanted with { Limits = [new("month", Usd.Parse("32"))] } },
        { "zone", wanted with { Zone = "UTC" } },
        { "start of weeks", wanted with { WeekStart = DayOfWeek.Sunday } },
        { "thresholds", wanted with { Thresholds = [new(Basis.Actual, 90, null)] } },
        { "recipients", wanted with { Recipients = [] } },
        { "channels", wanted with { Channels = [] } },
    };

    [Theory]
    [MemberData(nameof(Other))]
    public void a_difference_in_any_one_thing_sets_it_anew(string what, BudgetSet other)
    {
        Assert.NotEmpty(what);
        Assert.Same(other, Budget.Set(Known, other, Given.Now));
    }

    private static readonly string[] sixPeriods = ["day", "week", "month", "quarter", "2026-11-01T00:00:00Z..2026-12-01T00:00:00Z", "2026-11-17T00:00:00Z..2036-11-24T00:00:00Z"];

    /// <summary>The most of everything, and the least.</summary>
    public static TheoryData<string, BudgetSet> Edges => new()
    {
        { "limits", wanted with { Limits = [.. sixPeriods.Select(p => new PeriodLimit(p, Budget.LimitMax))], Thresholds = [new(Basis.Actual, 100, null)] } },
        { "the smallest limit", wanted with { Limits = [new("month", new(1))], Thresholds = [new(Basis.Actual, 1, null)] } },
        { "recipients", wanted with { Recipients = [.. Enumerable.Range(0, 20).Select(i => $"a{i}@example.org")] } },
        { "thresholds", wanted with { Thresholds = [.. Enumerable.Range(1, 19).Select(i => new Threshold(Basis.Actual, i, null)), new(Basis.Actual, 1_000, null)] } },
        { "a threshold in dollars", wanted with { Thresholds = [new(Basis.Actual, null, Budget.LimitMax)] } },
    };

    [Theory]
    [MemberData(nameof(Edges))]
    public void what_is_just_allowed_is_allowed(string what, BudgetSet set)
    {
        Assert.NotEmpty(what);
        Assert.Same(set, Budget.Set(null, set, Given.Now));
    }

    [Fact]
    public void the_highest_and_longest_raise_is_allowed()
    {
        var raised = Known.Raise(null, Budget.LimitMax, Given.Now + Budget.RaiseMax, Given.Now, null);
        Assert.Equal((Budget.LimitMax, Given.Now.AddDays(366)), (raised.Limit, raised.Until));
    }

    [Fact]
    public void a_raise_does_not_reach_back()
    {
        var raised = Budget.Fold(Known, new BudgetRaised("b-1", "month", Usd.Parse("45"), Given.Now.AddDays(3), Given.Now, null))!;
        Assert.Equal(Usd.Parse("31"), raised.LimitAt("month", Given.Now.AddDays(-1)));
    }

    [Theory]
    [InlineData("31")]
    [InlineData("30")]
    [InlineData("0")]
    [InlineData("-50")]
    [InlineData("100000000.01")]
    public void a_raise_is_above_the_limit(string limit) => Given.ThenRefused(() => Known.Raise(null, Usd.Parse(limit), Given.Now.AddDays(1), Given.Now, null), "budget.invalid", "limit", Usd.Parse(limit).ToString());

    [Fact]
    public void a_raise_ends_in_the_future_and_within_a_year()
    {
        Given.ThenRefused(() => Known.Raise(null, Usd.Parse("45"), Given.Now, Given.Now, null), "time.out_of_range", "until");
        Given.ThenRefused(() => Known.Raise(null, Usd.Parse("45"), Given.Now.AddDays(367), Given.Now, null), "time.out_of_range", "until");
    }

    [Fact]
    public void a_raise_says_which_period_where_there_are_several()
    {
        var both = Budget.Fold(null, wanted with { Limits = [new("day", Usd.Parse("2")), new("month", Usd.Parse("31"))] })!;
        Assert.Equal(["day", "month"], Given.ThenRefused(() => both.Raise(null, Usd.Parse("45"), Given.Now.AddDays(1), Given.Now, null), "budget.invalid", "period").Candidates!);
        Given.ThenRefused(() => both.Raise("year", Usd.Parse("45"), Given.Now.AddDays(1), Given.Now, null), "budget.invalid", "period", "year");
        Assert.Equal("day", both.Raise("day", Usd.Parse("3"), Given.Now.AddDays(1), Given.Now, null).Then<BudgetRaised>().Period);
    }

    [Fact]
    public void a_closed_budget_is_not_raised() =>
        Given.ThenRefused(() => (Known with { Closed = true }).Raise(null, Usd.Parse("45"), Given.Now.AddDays(1), Given.Now, null), "budget.closed", "budget");

    public static TheoryData<string, BudgetSet, string, string> Wrong => new()
    {
        { "no limit", wanted with { Limits = [] }, "budget.invalid", "limits" },
        { "a limit of 0", wanted with { Limits = [new("month", Usd.Zero)] }, "budget.invalid", "limit" },
        { "a negative limit", wanted with { Limits = [new("month", Usd.Parse("-1"))] }, "budget.invalid", "limit" },
        { "an absurd limit", wanted with { Limits = [new("month", Usd.Parse("100000000.0000000001"))] }, "budget.invalid", "limit" },
        { "a period twice", wanted with { Limits = [new("month", Usd.Parse("1")), new("month", Usd.Parse("2"))] }, "budget.invalid", "limits" },
        { "no period", wanted with { Limits = [new("fortnight", Usd.Parse("1"))] }, "budget.invalid", "period" },
        { "a life without a mission", wanted with { Limits = [new("life", Usd.Parse("1"))] }, "budget.invalid", "period" },
        { "a stretch that is over", wanted with { Limits = [new("2026-01-01T00:00:00Z..2026-02-01T00:00:00Z", Usd.Parse("1"))] }, "budget.invalid", "period" },
        { "a stretch that ends now", wanted with { Limits = [new("2026-11-01T00:00:00Z..2026-11-16T12:00:00Z", Usd.Parse("1"))] }, "budget.invalid", "period" },
        { "a stretch of more than ten years", wanted with { Limits = [new("2026-11-17T00:00:00Z..2036-11-24T00:00:00.000001Z", Usd.Parse("1"))] }, "budget.invalid", "period" },
        { "seven limits", wanted with { Limits = [.. sixPeriods.Append("2026-11-17T00:00:00Z..2026-11-18T00:00:00Z").Select(p => new PeriodLimit(p, Usd.Parse("1")))] }, "budget.invalid", "limits" },
        { "a threshold of $0", wanted with { Thresholds = [new(Basis.Actual, null, Usd.Zero)] }, "budget.invalid", "thresholds" },
        { "too many thresholds", wanted with { Thresholds = [.. Enumerable.Range(1, 21).Select(i => new Threshold(Basis.Actual, i, null))] }, "budget.invalid", "thresholds" },
        { "a scope of nobody", wanted with { Scope = "agent:" }, "scope.invalid", "scope" },
        { "a scope of nothing", wanted with { Scope = ":ba" }, "scope.invalid", "scope" },
        { "no scope", wanted with { Scope = "agent" }, "scope.invalid", "scope" },
        { "a name that breaks lines", wanted with { Name = "a\r\nBcc: b@example.org" }, "text.invalid", "name" },
        { "a name that turns text around", wanted with { Name = "a\u202Eb" }, "text.invalid", "name" },
        { "thresholds that fall", wanted with { Thresholds = [new(Basis.Actual, 80, null), new(Basis.Actual, 50, null)] }, "budget.invalid", "thresholds" },
        { "a threshold twice", wanted with { Thresholds = [new(Basis.Actual, 80, null), new(Basis.Actual, 80, null)] }, "budget.invalid", "thresholds" },
        { "dollars below percents", wanted with { Thresholds = [new(Basis.Actual, 80, null), new(Basis.Actual, null, Usd.Parse("20"))] }, "budget.invalid", "thresholds" },
        { "a threshold of 0 %", wanted with { Thresholds = [new(Basis.Actual, 0, null)] }, "budget.invalid", "thresholds" },
        { "a threshold of 1001 %", wanted with { Thresholds = [new(Basis.Actual, 1001, null)] }, "budget.invalid", "thresholds" },
        { "a threshold of $-1", wanted with { Thresholds = [new(Basis.Actual, null, Usd.Parse("-1"))] }, "budget.invalid", "thresholds" },
        { "a threshold of nothing", wanted with { Thresholds = [new(Basis.Actual, null, null)] }, "budget.invalid", "thresholds" },
        { "no thresholds", wanted with { Thresholds = [] }, "budget.invalid", "thresholds" },
        { "an unknown channel", wanted with { Channels = ["pigeon"] }, "channel.unknown", "channels" },
        { "too many recipients", wanted with { Recipients = [.. Enumerable.Range(0, 21).Select(i => $"a{i}@example.org")] }, "budget.invalid", "recipients" },
        { "no day", wanted with { WeekStart = (DayOfWeek)9 }, "budget.invalid", "weekStart" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void what_makes_no_sense_is_refused(string what, BudgetSet set, string code, string field)
    {
        Assert.NotEmpty(what);
        Given.ThenRefused(() => Budget.Set(null, set, Given.Now), code, field);
    }

    [Fact]
    public void percent_and_dollars_rise_together() =>
        Budget.Set(null, wanted with { Thresholds = [new(Basis.Actual, 50, null), new(Basis.Actual, null, Usd.Parse("20")), new(Basis.Actual, 100, null), new(Basis.Forecast, 90, null)] }, Given.Now).Then<BudgetSet>();
}
