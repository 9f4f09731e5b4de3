using CsCheck;
using Ledger.Budgets;
using Ledger.Digests;

namespace Ledger.Tests.Budgets;

public sealed class CalendarTests
{
    /// <summary>Half-hour and quarter-hour zones, midnights that don't exist, a zone that jumps by half an hour.</summary>
    private static readonly Gen<string> zones = Gen.OneOf(
        "UTC", "Europe/Brussels", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Beirut", "America/Asuncion", "Pacific/Apia", "Africa/Cairo", "America/St_Johns");

    private static readonly Gen<DateTimeOffset> instants = Gen.Int[0, 999_999_999].Select(seconds => Instants.Min.AddDays(400).AddSeconds(seconds));

    [Theory]
    [InlineData("day", "UTC", "2026-11-16T10:15:00Z", "2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z")]
    [InlineData("week", "UTC", "2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z")]
    [InlineData("week", "UTC", "2026-11-15T23:59:59.999999Z", "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z")]
    [InlineData("month", "Europe/Brussels", "2026-10-31T23:30:00Z", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z")]
    [InlineData("month", "Europe/Brussels", "2026-10-31T22:30:00Z", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")]
    [InlineData("quarter", "Asia/Kolkata", "2026-11-16T10:15:00Z", "2026-09-30T18:30:00Z", "2026-12-31T18:30:00Z")]
    // A local day of 25 hours, and one of 23.
    [InlineData("day", "Europe/Brussels", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")]
    [InlineData("day", "Europe/Brussels", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
    // In Cairo the day of the change begins at one o'clock: midnight is skipped.
    [InlineData("day", "Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")]
    public void a_period_is_cut_at_local_midnights(string period, string zone, string at, string start, string end)
    {
        Assert.True(Period.TryParse(period, out var parsed));
        Assert.Equal(new Interval(Time(start), Time(end)), Calendar.WindowAt(parsed, zone, DayOfWeek.Monday, Time(at)));
    }

    // In Asuncion midnight of 4 October 2020 was skipped: the day began at one o'clock, which is four o'clock UTC.
    [Fact]
    public void a_day_whose_midnight_is_skipped_begins_after_the_gap() => Assert.Equal(
        new Interval(Time("2020-10-04T04:00:00Z"), Time("2020-10-05T03:00:00Z")),
        Calendar.WindowAt(new(PeriodKind.Day), "America/Asuncion", DayOfWeek.Monday, Time("2020-10-04T12:00:00Z")));

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Europe/Brussels", true)]
    [InlineData("Asia/Calcutta", true)]
    [InlineData("UTC+05", false)]
    [InlineData("Europe/Atlantis", false)]
    [InlineData("Romance Standard Time", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void a_zone_is_one_of_the_iana_database(string? name, bool known)
    {
        Assert.Equal(known, Calendar.IsZone(name));
        if (name is not null) Assert.Equal(known, Calendar.WindowAt(new(PeriodKind.Day), name, DayOfWeek.Monday, Time("2026-11-16T00:00:00Z")) is not null);
    }

    [Fact]
    public void a_week_starts_where_the_budget_says()
    {
        var window = Calendar.WindowAt(new(PeriodKind.Week), "UTC", DayOfWeek.Sunday, Time("2026-11-16T00:00:00Z"));
        Assert.Equal(new Interval(Time("2026-11-15T00:00:00Z"), Time("2026-11-22T00:00:00Z")), window);
    }

    [Fact]
    public void a_mission_knows_its_own_life() => Assert.Null(Calendar.WindowAt(new(PeriodKind.Life), "UTC", DayOfWeek.Monday, Time("2026-11-16T00:00:00Z")));

    [Fact]
    public void windows_of_every_zone_hold_their_instant_and_leave_neither_hole_nor_overlap() => Gen.Select(
        zones,
        Gen.OneOf(PeriodKind.Day, PeriodKind.Week, PeriodKind.Month, PeriodKind.Quarter).Select(kind => new Period(kind)),
        Gen.Enum<DayOfWeek>(),
        instants).Sample((zone, period, weekStart, at) =>
    {
        for (var i = 0; i < 20; i++)
        {
            var window = Calendar.WindowAt(period, zone, weekStart, at)!.Value;
            Assert.True(window.Contains(at), $"{period} {zone} {at.ToText()}: {window.Start.ToText()} to {window.End.ToText()}");
            Assert.Equal(window, Calendar.WindowAt(period, zone, weekStart, window.Start));
            Assert.Equal(window, Calendar.WindowAt(period, zone, weekStart, window.End.AddMicroseconds(-1)));
            Assert.Equal(window.End, Calendar.WindowAt(period, zone, weekStart, window.End)!.Value.Start);
            at = window.End;
        }
    }, iter: 300);

    [Theory]
    [InlineData("day")]
    [InlineData("life")]
    [InlineData("2026-11-01T00:00:00Z..2026-12-01T00:00:00Z")]
    public void a_period_is_read_as_it_is_written(string text) => Assert.Equal(text, Period.TryParse(text, out var period) ? period.ToString() : null);

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("custom")]
    [InlineData("fortnight")]
    [InlineData("day,week")]
    [InlineData("2026-12-01..2026-11-01")]
    [InlineData("2026-12-01..")]
    [InlineData("1..2..3")]
    public void anything_else_is_no_period(string text) => Assert.False(Period.TryParse(text, out _));

    [Theory]
    [InlineData("2026-11-16T00:00:00Z", "UTC", "2026-W47")]
    [InlineData("2026-01-01T00:00:00Z", "UTC", "2026-W01")]
    [InlineData("2027-01-03T12:00:00Z", "UTC", "2026-W53")]
    [InlineData("2026-11-15T23:30:00Z", "Europe/Brussels", "2026-W47")]
    public void a_week_has_its_iso_name_and_can_be_read_back(string at, string zone, string week)
    {
        var (name, window) = DigestCalendar.WeekOf(Time(at), zone);
        Assert.Equal(week, name);
        Assert.True(window.Contains(Time(at)));
        Assert.True(DigestCalendar.TryWeek(name, zone, out var again));
        Assert.Equal(window, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2026-W54")]
    [InlineData("2025-W53")]
    [InlineData("2026-W00")]
    [InlineData("2026-47")]
    [InlineData("1999-W01")]
    [InlineData("2026-W+1")]
    public void what_is_no_week_is_not_read(string? text) => Assert.False(DigestCalendar.TryWeek(text, "UTC", out _));

    [Theory]
    // An ordinary Monday; the very instant counts for the next week.
    [InlineData("2026-11-15T12:00:00Z", "Europe/Brussels", DayOfWeek.Monday, "08:00", "2026-11-16T07:00:00Z")]
    [InlineData("2026-11-16T07:00:00Z", "Europe/Brussels", DayOfWeek.Monday, "08:00", "2026-11-23T07:00:00Z")]
    // 02:30 of 29 March is skipped in Brussels: the first instant after the gap.
    [InlineData("2026-03-28T12:00:00Z", "Europe/Brussels", DayOfWeek.Sunday, "02:30", "2026-03-29T01:00:00Z")]
    // 02:30 of 25 October comes twice: the first time, and not again.
    [InlineData("2026-10-24T12:00:00Z", "Europe/Brussels", DayOfWeek.Sunday, "02:30", "2026-10-25T00:30:00Z")]
    [InlineData("2026-10-25T00:30:00Z", "Europe/Brussels", DayOfWeek.Sunday, "02:30", "2026-11-01T01:30:00Z")]
    public void the_mail_leaves_at_its_local_hour(string after, string zone, DayOfWeek day, string hour, string next) =>
        Assert.Equal(Time(next), DigestCalendar.Next(Time(after), day, TimeOnly.Parse(hour, System.Globalization.CultureInfo.InvariantCulture), zone));

    [Fact]
    public void mails_of_every_zone_come_once_a_local_week() => Gen.Select(
        zones, Gen.Enum<DayOfWeek>(), Gen.Int[0, 95].Select(quarters => new TimeOnly(quarters / 4, quarters % 4 * 15)), instants).Sample((zone, day, hour, at) =>
    {
        for (var i = 0; i < 60; i++)
        {
            var next = DigestCalendar.Next(at, day, hour, zone);
            Assert.True(next > at);
            if (i > 0) Assert.InRange((next - at).TotalHours, 166, 170);
            Assert.Equal(next, DigestCalendar.Next(next.AddMicroseconds(-1), day, hour, zone));
            at = next;
        }
    }, iter: 100);

    private static DateTimeOffset Time(string text) => Instants.TryParse(text, out var at) ? at : throw new FormatException(text);
}
