using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Tests.Forecasts;

public sealed class RunwayTests
{
    private static readonly DateTimeOffset now = new(2026, 11, 16, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void credit_divided_by_the_last_days_rate_says_when_and_all_three_rates_how_sure()
    {
        // $2 in the last hour, $1 an hour over the last day, half a dollar an hour over the week.
        var hours = Enumerable.Range(1, 168).Select(back => new HourSpend(now.AddHours(-back), Usd.Parse(back == 1 ? "2" : back < 24 ? "1" : back == 24 ? "0" : "0.4166666667"))).Reverse();
        var runway = Of(Account("12"), new([.. hours], [], now.AddDays(-8), now))!;
        Assert.Equal(Usd.Parse("2"), runway.LastHour);
        Assert.Equal(Usd.Parse("24"), runway.LastDay);
        Assert.Equal(now.AddHours(12), runway.RunsOut);
        Assert.Equal(now.AddHours(6), runway.Earliest);
        Assert.InRange(runway.Latest!.Value, now.AddHours(23), now.AddHours(25));
        Assert.Null(runway.Why);
    }

    [Fact]
    public void a_young_account_is_not_divided_by_days_it_did_not_live()
    {
        // $6 in its first six hours is a dollar an hour, not a quarter.
        var runway = Of(Account("12"), Steady(6, "1"))!;
        Assert.Equal((now.AddHours(12), now.AddHours(12), now.AddHours(12)), (runway.RunsOut, runway.Earliest, runway.Latest));
    }

    [Fact]
    public void minutes_of_data_say_nothing_of_a_day()
    {
        // $30 in the first half hour of $1,000: nobody is alarmed by the rate. Levels of what is left go on.
        var runway = Of(Account("970"), new([new(now.AddHours(-1), Usd.Parse("30"))], [], now.AddMinutes(-33), now))!;
        Assert.Equal(("too little data: 33 min of spend, 6 h needed", null), (runway.Why, runway.RunsOut));
        Assert.Empty(Runways.Short(runway, now));
        Assert.Equal(["10%", "20%", "50%"], Runways.Short(runway with { Left = Usd.Parse("3"), Of = Usd.Parse("31") }, now).Select(l => l.Level));
    }

    [Fact]
    public void what_is_not_known_is_not_made_up()
    {
        Assert.Null(Of(Account(null), Steady(24, "1")));
        Assert.Equal("nothing was read of this account yet", Of(Account("3"), SpendSeries.Empty)!.Why);
        Assert.Equal("nothing was spent in the last 7 days", Of(Account("3"), new([], [], now.AddDays(-90), now))!.Why);
        Assert.Equal("not within ten years", Of(Account("900000000"), Steady(24, "0.0000000001"))!.Why);
    }

    [Theory]
    [InlineData("20", null, null, false)]
    [InlineData("0", "5", "31", false)]
    [InlineData("0", "0", "31", true)]
    // On free credit, never bought any: 0 of 0 is not used up.
    [InlineData("0", "0", "0", false)]
    [InlineData("0", "0", null, false)]
    [InlineData(null, null, null, false)]
    public void who_is_invoiced_or_never_bought_any_has_no_credit_that_could_run_out(string? limit, string? spent, string? bought, bool runsOut)
    {
        Usd? Amount(string? text) => text is null ? null : Usd.Parse(text);
        var account = Account("0") with { Balance = new("xai-1", 2026, 11, Amount(spent), Usd.Zero, Usd.Zero, Usd.Zero, null, Amount(limit), Amount(bought), [], now, now) };
        Assert.Equal(runsOut, Of(account, Steady(24, "1")) is not null);
    }

    [Fact]
    public void credit_that_is_gone_ran_out_where_the_data_ends()
    {
        var runway = Of(Account("0"), Steady(24, "1"))!;
        Assert.Equal(now, runway.RunsOut);
        Assert.Equal(6, Runways.Short(runway, now).Count);
        Assert.Equal(Severity.Critical, Runways.Short(runway, now)[0].Severity);
    }

    [Theory]
    [InlineData("72.0001", "")]
    [InlineData("72", "72h")]
    [InlineData("24", "24h 72h")]
    [InlineData("4", "4h 24h 72h")]
    public void levels_are_reached_as_time_shortens(string left, string levels)
    {
        var runway = Of(Account(left, credit: null), Steady(168, "1"))!;
        Assert.Equal(levels, string.Join(' ', Runways.Short(runway, now).Select(l => l.Level).OrderBy(l => l.Length).ThenBy(l => l)));
    }

    [Theory]
    [InlineData("15.51", "")]
    [InlineData("15.5", "50%")]
    [InlineData("6.2", "20% 50%")]
    [InlineData("3.1", "10% 20% 50%")]
    public void levels_are_reached_as_the_credit_shrinks(string left, string levels)
    {
        var runway = Of(Account(left), Steady(168, "0.0001"))!;
        Assert.Equal(levels, string.Join(' ', Runways.Short(runway, now).Select(l => l.Level).Order()));
    }

    [Fact]
    public void an_hour_that_burns_several_times_the_days_rate_says_when_it_ends()
    {
        SpendSeries Burning(string lastHour) => new([.. Enumerable.Range(1, 168).Select(back => new HourSpend(now.AddHours(-back), Usd.Parse(back == 1 ? lastHour : "0.1"))).Reverse()], [], now.AddDays(-8), now);
        // $4.60 in an hour, $6.90 in a day: sixteen times its rate. 86 cents last eleven minutes, not three hours.
        var runway = Of(Account("0.86"), Burning("4.60"))!;
        Assert.Equal((now.AddMinutes(11), now.AddMinutes(12)), (runway.RunsOut!.Value.FloorToMinute(), runway.RunsOut.Value.FloorToMinute().AddMinutes(1)));
        Assert.Equal(Usd.Parse("110.4"), runway.PerDay);
        // Twice the usual is an hour like others.
        Assert.Equal(Usd.Parse("2.5"), Of(Account("0.86"), Burning("0.2"))!.PerDay);
    }

    [Fact]
    public void the_rate_is_the_one_the_date_follows_from()
    {
        // Nothing in the last day, $8.75 in the week.
        var runway = Of(Account("991.25", "1000"), new([new(now.AddHours(-30), Usd.Parse("8.75"))], [], now.AddDays(-30), now))!;
        Assert.Equal((Usd.Parse("1.25"), Usd.Zero), (runway.PerDay, runway.LastDay));
        Assert.Equal("Wed 17 Jan 2029", Moments.Of(runway.RunsOut!.Value, "UTC", now));
    }

    [Fact]
    public void a_level_is_clear_with_twice_its_time_or_a_twentieth_more_credit()
    {
        Assert.False(Runways.Clear(Of(Account("144"), Steady(168, "1"))!, "72h", now));
        Assert.True(Runways.Clear(Of(Account("144.1"), Steady(168, "1"))!, "72h", now));
        Assert.False(Runways.Clear(Of(Account("7.75"), Steady(168, "1"))!, "20%", now));
        Assert.True(Runways.Clear(Of(Account("7.80"), Steady(168, "1"))!, "20%", now));
        // Nobody spends any more: time is not short. Nothing was read: nobody knows.
        Assert.True(Runways.Clear(Of(Account("3"), new([], [], now.AddDays(-90), now))!, "4h", now));
        Assert.False(Runways.Clear(Of(Account("3"), SpendSeries.Empty)!, "4h", now));
    }

    [Fact]
    public void an_hour_is_held_against_the_same_hour_of_the_week_and_of_the_weekday()
    {
        var hour = now.AddHours(-1);
        HourSpend[] usual = [.. Enumerable.Range(1, 28).Select(days => new HourSpend(hour.AddDays(-days), Usd.Parse(days % 7 == 0 ? "3" : "1")))];
        // Last seven days: six of $1 and one of $3; the weekday: $3.
        Assert.Equal((Usd.Parse("3"), false), Anomalies.Judge(Usd.Parse("5.99"), hour, usual, hour.AddDays(-60), 5));
        Assert.Equal((Usd.Parse("3"), true), Anomalies.Judge(Usd.Parse("6"), hour, usual, hour.AddDays(-60), 5));
    }

    [Fact]
    public void pennies_and_strangers_alarm_nobody()
    {
        var hour = now.AddHours(-1);
        Assert.False(Anomalies.Judge(Usd.Parse("0.99"), hour, [], hour.AddDays(-60), 5)!.Value.IsAnomalous);
        Assert.True(Anomalies.Judge(Usd.Parse("1"), hour, [], hour.AddDays(-60), 5)!.Value.IsAnomalous);
        Assert.Null(Anomalies.Judge(Usd.Parse("50"), hour, [], hour.AddDays(-6), 6));
        Assert.Null(Anomalies.Judge(Usd.Parse("50"), hour, [], null, 0));
    }

    private static SpendSeries Steady(int hours, string perHour) =>
        new([.. Enumerable.Range(1, hours).Select(back => new HourSpend(now.AddHours(-back), Usd.Parse(perHour))).Reverse()], [], now.AddHours(-hours), now);

    private static Account Account(string? left, string? credit = "31") => new()
    {
        Id = "xai-1",
        Provider = "xai",
        Team = "t",
        Label = "prod",
        Widths = [],
        ConnectedAt = now.AddDays(-90),
        Balance = left is null ? null : new("xai-1", 2026, 11, null, Usd.Parse(credit ?? left), Usd.Parse(credit ?? left) - Usd.Parse(left), Usd.Parse(left), null, null, null, [], now, now),
    };

    private static Runway? Of(Account account, SpendSeries series) => Runways.Of(account, account.Credit is { } credit ? CreditNow.From(credit, now, Usd.Zero) : null, series);
}
