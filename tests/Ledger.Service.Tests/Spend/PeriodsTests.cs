using Ledger.Service.Spend;

namespace Ledger.Service.Tests.Spend;

/// <summary>Days, weeks and months of zones whose clocks are moved.</summary>
public sealed class PeriodsTests
{
    [Theory]
    [InlineData("Europe/Brussels", "2026-03-29", "2026-03-28T23:00:00Z", 23)]
    [InlineData("Europe/Brussels", "2026-10-25", "2026-10-24T22:00:00Z", 25)]
    [InlineData("America/Los_Angeles", "2026-11-01", "2026-11-01T07:00:00Z", 25)]
    [InlineData("Asia/Kolkata", "2026-11-25", "2026-11-24T18:30:00Z", 24)]
    [InlineData("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", 24.5)]
    // The day has no midnight: it begins at one o'clock.
    [InlineData("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", 23)]
    [InlineData("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", 23)]
    // Midnight comes twice: it begins at the first.
    [InlineData("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", 25)]
    public void a_day_is_as_long_as_the_clock_makes_it(string zone, string day, string start, double hours)
    {
        var first = At(start);
        var periods = new Periods(new(zone), Dimension.Day, new(first.AddDays(-3), first.AddDays(3)));
        var number = periods.Numbered(day);
        Assert.Equal((start, hours), (periods.Starts[number - 1].ToText(), (periods.Starts[number] - periods.Starts[number - 1]).TotalHours));
        Assert.Equal(day, periods.NameAt(first));
        Assert.NotEqual(day, periods.NameAt(first.AddTicks(-1)));
        Assert.Equal(day, periods.NameAt(periods.Starts[number].AddTicks(-1)));
        Assert.Equal(periods.Starts[number - 1], new TeamZone(zone).StartOf(DateOnly.Parse(day, null)));
    }

    [Fact]
    public void every_hour_of_years_lies_in_the_day_that_the_clock_shows()
    {
        foreach (var zone in (string[])["Europe/Brussels", "America/Los_Angeles", "America/Santiago", "Africa/Cairo", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Chatham", "America/Caracas"])
        {
            var team = new TeamZone(zone);
            var window = new Interval(At("2015-01-01T00:00:00Z"), At("2027-01-01T00:00:00Z"));
            var periods = new Periods(team, Dimension.Day, window);
            for (var hour = window.Start; hour < window.End; hour = hour.AddHours(1))
                Assert.Equal(Periods.NameOf(Dimension.Day, team.DayOf(hour)), periods.NameAt(hour));
        }
    }

    [Theory]
    [InlineData("2026-11-22T22:59:59Z", "2026-W47", "2026-11")]
    [InlineData("2026-11-22T23:00:00Z", "2026-W48", "2026-11")]
    [InlineData("2026-11-30T23:00:00Z", "2026-W49", "2026-12")]
    [InlineData("2027-01-03T22:00:00Z", "2026-W53", "2027-01")]
    [InlineData("2027-01-03T23:00:00Z", "2027-W01", "2027-01")]
    public void weeks_begin_on_monday_and_months_on_their_first(string at, string week, string month)
    {
        var window = new Interval(At(at).AddDays(-40), At(at).AddDays(40));
        foreach (var (unit, name) in new[] { (Dimension.Week, week), (Dimension.Month, month) })
        {
            Assert.Equal(name, new Periods(new("Europe/Brussels"), unit, window).NameAt(At(at)));
            Assert.Equal(name, Periods.NameOf(unit, Periods.FirstOf(unit, name)!.Value));
            Assert.Equal(Periods.FirstOf(unit, name), Periods.FirstOf(unit, new TeamZone("Europe/Brussels").DayOf(At(at))));
        }
    }

    [Theory]
    [InlineData(Dimension.Day, "2026-02-30")]
    [InlineData(Dimension.Week, "2026-W54")]
    [InlineData(Dimension.Week, "2026-48")]
    [InlineData(Dimension.Week, "2026-W")]
    [InlineData(Dimension.Month, "2026-13")]
    [InlineData(Dimension.Month, "2026-11-01")]
    public void other_texts_name_none(Dimension unit, string name) => Assert.Null(Periods.FirstOf(unit, name));

    [Theory]
    [InlineData("UTC", 0)]
    [InlineData("Europe/Brussels", 0)]
    [InlineData("Asia/Kolkata", 30)]
    [InlineData("Asia/Kathmandu", 15)]
    [InlineData("Pacific/Marquesas", 30)]
    [InlineData("Australia/Lord_Howe", 30)]
    public void a_zone_may_be_off_the_hours_of_utc(string zone, int minutes) =>
        Assert.Equal(minutes, new TeamZone(zone).OffTheHour(new(At("2026-01-01T00:00:00Z"), At("2026-12-31T00:00:00Z"))).TotalMinutes);

    private static DateTimeOffset At(string text) => Instants.TryParse(text, out var at) ? at : throw new FormatException(text);
}
