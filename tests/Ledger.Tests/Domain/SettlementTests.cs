using Ledger.Accounts;

namespace Ledger.Tests.Domain;

public sealed class SettlementTests
{
    private static readonly TimeSpan start = TimeSpan.FromMinutes(5);

    [Fact]
    public void before_a_day_of_data_the_providers_start_value_holds()
    {
        Assert.Equal(start, Settlement.Learned([(3600, 1)], TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1), start));
        Assert.Equal(TimeSpan.FromHours(1), Settlement.Learned([(3600, 1)], TimeSpan.FromHours(24), start));
    }

    [Fact]
    public void a_feed_that_never_rose_late_teaches_nothing()
    {
        Assert.Equal(start, Settlement.Learned([], TimeSpan.FromDays(5), start));
        Assert.Equal(start, Settlement.Learned([(3600, 0), (3600, -7), (-5, 10)], TimeSpan.FromDays(5), start));
    }

    // Weighed by money: a late cent does not make a day's worth of readings late.
    [Theory]
    [InlineData(95, 5, 60)]
    [InlineData(94, 6, 3600)]
    [InlineData(1, 99, 3600)]
    [InlineData(1000, 1, 60)]
    public void it_is_how_late_95_percent_of_the_money_was_in(long early, long late, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Settlement.Learned([(3600, late), (60, early)], TimeSpan.FromDays(2), start));

    [Fact]
    public void it_is_never_more_than_six_hours() =>
        Assert.Equal(TimeSpan.FromHours(6), Settlement.Learned([(86_400 * 3, 100)], TimeSpan.FromDays(2), start));

    [Fact]
    public void sums_larger_than_any_amount_do_not_wrap() =>
        Assert.Equal(TimeSpan.FromSeconds(60), Settlement.Learned([(60, (Int128)long.MaxValue * 1000), (3600, long.MaxValue)], TimeSpan.FromDays(2), start));
}
