using CsCheck;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Tests.Forecasts;

public sealed class ForecastTests
{
    private static readonly DateTimeOffset now = new(2026, 11, 16, 12, 0, 0, TimeSpan.Zero);
    private static readonly Gen<string> hours = Gen.Frequency((1, Gen.Const("0")), (2, Gen.Select(Gen.Int[0, 49], Gen.Int[0, 98], (dollars, cents) => $"{dollars}.{cents:00}")));
    private static readonly Gen<string> days = Gen.Int[0, 98].Select(dollars => $"{dollars}");
    private static readonly Interval month = new(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void three_days_of_a_dollar_an_hour_go_on_at_a_dollar_an_hour()
    {
        var series = Hourly(72, _ => "1");
        var forecast = Forecasting.Of(series, month, Usd.Parse("72"), Usd.Parse("100"));
        // 14.5 days are left.
        Assert.Equal(Usd.Parse("420"), forecast.Expected);
        Assert.Equal((Usd.Parse("420"), Usd.Parse("420")), (forecast.Low, forecast.High));
        Assert.Equal("rate-24h", forecast.Method);
        Assert.Equal(now.AddHours(28), forecast.Exceeds);
    }

    [Fact]
    public void a_rate_that_changes_has_a_range()
    {
        // $3 an hour in the last six hours, $1 before.
        var forecast = Forecasting.Of(Hourly(72, back => back <= 6 ? "3" : "1"), month, Usd.Parse("84"), null);
        Assert.Equal(Usd.Parse("606"), forecast.Expected); // 84 + 36 a day for 14.5 days
        Assert.Equal(Usd.Parse("490"), forecast.Low); // 84 + 28 a day
        Assert.Equal(Usd.Parse("1128"), forecast.High); // 84 + 72 a day
        Assert.Null(forecast.Exceeds);
    }

    [Fact]
    public void a_week_of_days_is_better_than_the_last_one()
    {
        var series = Daily(10, day => "2") with { Through = now };
        var forecast = Forecasting.Of(series, month, Usd.Parse("20"), null);
        Assert.Equal("mean-7d", forecast.Method);
        Assert.Equal(Usd.Parse("49"), forecast.Expected);
        Assert.Equal((forecast.Expected, forecast.Expected), (forecast.Low, forecast.High));
    }

    [Fact]
    public void four_weeks_know_what_a_sunday_costs()
    {
        // Weekdays $5, weekends nothing: from Monday noon there are 10.5 weekdays left in November 2026.
        var series = Daily(30, day => day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? "0" : "5") with { Through = now };
        var forecast = Forecasting.Of(series, month, Usd.Parse("50"), Usd.Parse("52.5"));
        Assert.Equal("weekday-28d", forecast.Method);
        Assert.Equal(Usd.Parse("102.5"), forecast.Expected);
        Assert.Equal(now.AddHours(12), forecast.Exceeds);
    }

    [Fact]
    public void days_without_spend_count_as_such()
    {
        var series = Daily(10, day => day.Day % 2 == 0 ? "7" : "0") with { Through = now };
        // 9 to 15 November: 10, 12 and 14 cost $7.
        Assert.Equal(Usd.Parse("43.5"), Forecasting.Of(series, month, Usd.Zero, null).Expected);
    }

    [Fact]
    public void with_too_little_data_it_says_so()
    {
        Assert.Equal("nothing was read yet", Refused(SpendSeries.Empty));
        Assert.Equal("nothing was spent yet", Refused(new([], [], null, now)));
        Assert.Equal("too little data: 5 h of spend, 6 h needed", Refused(Hourly(5, _ => "1")));
        Assert.Equal("too little data: 30 min of spend, 6 h needed", Refused(Hourly(1, _ => "1") with { First = now.AddMinutes(-30) }));
        Assert.Equal("too little data: spend in 2 hours, 4 needed", Refused(new([new(now.AddHours(-9), Usd.Parse("1")), new(now.AddHours(-1), Usd.Parse("1"))], [], now.AddHours(-9), now)));

        static string? Refused(SpendSeries series)
        {
            var forecast = Forecasting.Of(series, month, Usd.Zero, Usd.Parse("1"));
            Assert.Equal((null, null, null, null, null), (forecast.Expected, forecast.Low, forecast.High, forecast.Method, forecast.Exceeds));
            return forecast.Why;
        }
    }

    [Fact]
    public void a_mission_that_nobody_ended_has_no_end_to_forecast() =>
        Assert.Equal("the period has no end yet", Forecasting.Of(Hourly(72, _ => "1"), new(now.AddDays(-1), DateTimeOffset.MaxValue), Usd.Parse("24"), null).Why);

    [Fact]
    public void a_period_that_is_over_costs_what_it_cost()
    {
        var forecast = Forecasting.Of(Hourly(72, _ => "1"), new(now.AddDays(-3), now), Usd.Parse("72"), Usd.Parse("50"));
        // The fiftieth dollar was spent in the fiftieth hour.
        Assert.Equal((Usd.Parse("72"), "ended", now.AddHours(49 - 72)), (forecast.Expected, forecast.Method, forecast.Exceeds));
    }

    [Fact]
    public void a_limit_that_was_passed_was_passed_then()
    {
        var series = Hourly(72, _ => "1");
        Assert.Equal(now.AddHours(30 - 72), Forecasting.Of(series, new(now.AddDays(-3), now.AddDays(4)), Usd.Parse("72"), Usd.Parse("30.5")).Exceeds);
        // Longer ago than hours are known it is known to the day: ten dollars a day for ten days, and 72 since.
        var days = Enumerable.Range(8, 10).Select(back => new DaySpend(DateOnly.FromDateTime(now.UtcDateTime).AddDays(-back), Usd.Parse("10"))).Reverse().ToArray();
        var older = series with { Days = days, First = now.AddDays(-18) };
        Assert.Equal(new DateTimeOffset(now.UtcDateTime.Date.AddDays(-15), TimeSpan.Zero), Forecasting.Of(older, new(now.AddDays(-20), now.AddDays(4)), Usd.Parse("172"), Usd.Parse("25")).Exceeds);
    }

    [Fact]
    public void a_forecast_lies_in_its_range_and_never_below_what_was_spent() => Gen.Select(
        hours.Array[6, 167],
        days.Array[1, 34].Null(0.5),
        Gen.Long[0, 999_999_999_999].Select(ticks => new Usd(ticks)),
        Gen.Long[1, 9_999_999_999_999].Select(ticks => new Usd(ticks))).Sample((hourly, daily, spent, limit) =>
    {
        var series = Hourly(hourly.Length, back => hourly[back - 1]);
        if (daily is not null)
        {
            var (today, first) = (DateOnly.FromDateTime(now.UtcDateTime), now.AddDays(-daily.Length));
            series = series with { Days = Daily(daily.Length, day => daily[today.DayNumber - day.DayNumber - 1]).Days, First = first < series.First ? first : series.First };
        }
        var forecast = Forecasting.Of(series, month, spent, limit);
        if (forecast.Expected is not { } expected) return;
        Assert.True(spent <= forecast.Low && forecast.Low <= expected && expected <= forecast.High, $"{spent} {forecast}");
        Assert.Equal(expected >= limit, forecast.Exceeds is not null);
        if (forecast.Exceeds is { } at) Assert.InRange(at, month.Start, month.End);
    }, iter: 200);

    [Fact]
    public void the_root_is_the_largest_whose_square_fits() => Gen.Select(
        Gen.Long[0, long.MaxValue], Gen.Int[0, 49], Gen.Int[0, int.MaxValue], (high, shift, low) => ((Int128)high << shift) + low).Sample(number =>
    {
        var root = Forecasting.Root(number);
        Assert.True(root * root <= number && (root + 1) * (root + 1) > number, $"{number}: {root}");
    }, iter: 500);

    [Fact]
    public void the_last_hours_are_cut_where_they_begin_and_end_where_data_ends()
    {
        // Data ends at 12:30; the hour from 12:00 is half an hour long so far.
        var series = new SpendSeries([new(now.AddHours(-2), Usd.Parse("1")), new(now.AddHours(-1), Usd.Parse("2")), new(now, Usd.Parse("4"))], [], now.AddHours(-2), now.AddMinutes(30));
        Assert.Equal(Usd.Parse("5"), series.Last(TimeSpan.FromHours(1)));
        Assert.Equal(Usd.Parse("2"), series.Last(TimeSpan.FromMinutes(15)));
        Assert.Equal(Usd.Parse("7"), series.Last(TimeSpan.FromDays(1)));
    }

    private static SpendSeries Hourly(int hours, Func<int, string> billed) =>
        new([.. Enumerable.Range(1, hours).Select(back => new HourSpend(now.AddHours(-back), Usd.Parse(billed(back)))).Where(h => h.Billed != Usd.Zero).Reverse()], [], now.AddHours(-hours), now);

    private static SpendSeries Daily(int days, Func<DateOnly, string> billed) =>
        new([], [.. Enumerable.Range(1, days).Select(back => DateOnly.FromDateTime(now.UtcDateTime).AddDays(-back)).Select(d => new DaySpend(d, Usd.Parse(billed(d)))).Where(d => d.Billed != Usd.Zero).Reverse()], new(now.UtcDateTime.Date.AddDays(-days), TimeSpan.Zero), now);
}
