namespace Ledger.Tests.Time;

/// <summary>Times as people read them, and as they are read from people.</summary>
public sealed class MomentsTests
{
    [Theory]
    [InlineData("UTC", "2026-11-25T14:00:00Z", "Wed 25 Nov 14:00 UTC")]
    [InlineData("Etc/UTC", "2026-11-25T14:00:00Z", "Wed 25 Nov 14:00 UTC")]
    [InlineData("Europe/Brussels", "2026-11-25T14:00:00Z", "Wed 25 Nov 15:00 CET")]
    [InlineData("Europe/Brussels", "2026-10-25T00:30:00Z", "Sun 25 Oct 02:30 CEST")]
    [InlineData("Europe/Brussels", "2026-10-25T01:30:00Z", "Sun 25 Oct 02:30 CET")]
    [InlineData("Africa/Abidjan", "2026-11-25T14:00:00Z", "Wed 25 Nov 14:00 GMT")]
    [InlineData("Asia/Kathmandu", "2026-11-25T14:00:00Z", "Wed 25 Nov 19:45 +0545")]
    // Another year carries its number; so far away the time of day says nothing.
    [InlineData("UTC", "2027-01-02T06:00:00Z", "Sat 2 Jan 2027 06:00 UTC")]
    [InlineData("Europe/Brussels", "2026-12-31T23:30:00Z", "Fri 1 Jan 2027 00:30 CET")]
    [InlineData("UTC", "2029-01-28T12:11:00Z", "Sun 28 Jan 2029")]
    [InlineData("UTC", "2025-12-01T12:11:00Z", "Mon 1 Dec 2025")]
    public void an_instant_is_told_in_the_zone_asked_for(string zone, string at, string told) => Assert.Equal(told, Moments.Of(At(at), zone, At("2026-11-25T12:00:00Z")));

    [Fact]
    public void a_page_that_names_its_zone_once_does_not_say_it_again() => Assert.Equal("Wed 25 Nov 15:00", Moments.Bare(At("2026-11-25T14:00:00Z"), "Europe/Brussels", At("2026-11-25T12:00:00Z")));

    [Theory]
    [InlineData("UTC", "2026-11-25T17:29:59Z", "17:20")]
    [InlineData("Asia/Kathmandu", "2026-11-25T14:07:00Z", "19:50")]
    [InlineData("Europe/Brussels", "2026-11-25T23:07:00Z", "Thu 00:00")]
    [InlineData("UTC", "2026-11-27T12:00:00Z", "Fri 12:00")]
    [InlineData("UTC", "2026-11-27T12:00:01Z", "Fri 27 Nov")]
    [InlineData("Europe/Brussels", "2026-11-30T23:30:00Z", "Tue 1 Dec")]
    [InlineData("UTC", "2027-01-02T06:00:00Z", "Sat 2 Jan 2027")]
    [InlineData("UTC", "2026-11-25T11:57:00Z", "11:50")]
    public void an_estimated_instant_is_told_no_finer_than_it_is_known(string zone, string at, string told) => Assert.Equal(told, Moments.Rough(At(at), zone, At("2026-11-25T12:00:00Z")));

    [Fact]
    public void an_estimate_of_what_is_still_to_come_is_not_rounded_into_the_past()
    {
        Assert.Equal("12:07", Moments.Rough(At("2026-11-25T12:07:00Z"), "UTC", At("2026-11-25T12:05:00Z")));
        Assert.Equal("12:10", Moments.Rough(At("2026-11-25T12:17:00Z"), "UTC", At("2026-11-25T12:05:00Z")));
    }

    [Theory]
    [InlineData("2026-11-16", "2026-11-23", null, "16–22 Nov 2026")]
    [InlineData("2026-11-30", "2026-12-07", null, "30 Nov – 6 Dec 2026")]
    [InlineData("2026-12-28", "2027-01-04", null, "28 Dec 2026 – 3 Jan 2027")]
    [InlineData("2026-11-16", "2026-11-17", null, "16 Nov 2026")]
    [InlineData("2026-11-16", "2026-11-16", null, "16 Nov 2026")]
    [InlineData("2026-11-15T23:00:00Z", "2026-11-16T23:00:00Z", "Europe/Brussels", "16 Nov 2026")]
    [InlineData("2026-11-15T23:00:00Z", "2026-11-16T23:00:00Z", null, "15–16 Nov 2026")]
    public void a_stretch_is_told_by_the_days_it_covers(string from, string until, string? zone, string told) => Assert.Equal(told, Moments.Days(new(At(from), At(until)), zone));

    [Theory]
    [InlineData("00:00:00", "2 min")]
    [InlineData("00:02:40", "3 min")]
    [InlineData("-00:25:00", "25 min")]
    [InlineData("01:39:00", "99 min")]
    [InlineData("01:40:00", "2 h")]
    [InlineData("1.23:00:00", "47 h")]
    [InlineData("2.00:00:00", "2 d")]
    [InlineData("9.00:00:00", "9 d")]
    public void a_length_is_told_in_one_unit(string length, string told) => Assert.Equal(told, Moments.About(TimeSpan.Parse(length, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("2026-11-16", "2026-11-16T00:00:00Z")]
    [InlineData("2026-11-16T10:15:00.1234567Z", "2026-11-16T10:15:00.123456Z")]
    [InlineData("2026-11-16T10:15:00.123456789Z", "2026-11-16T10:15:00.123456Z")]
    [InlineData("2026-11-16T10:15:00.123456789+02:00", "2026-11-16T08:15:00.123456Z")]
    [InlineData("2026-11-16T10:15:00.1234567890123456789Z", "2026-11-16T10:15:00.123456Z")]
    [InlineData("2015-01-01", "2015-01-01T00:00:00Z")]
    [InlineData("2099-12-31T23:59:59.999999Z", "2099-12-31T23:59:59.999999Z")]
    public void a_time_is_read_to_the_microsecond(string text, string told) => Assert.Equal(told, At(text).ToText());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("26-11-16")]
    [InlineData("16/11/2026")]
    [InlineData("tomorrow at noon")]
    [InlineData("2026-11-31T10:15:00Z")]
    [InlineData("2026-11-16T10:15:00.12345678901234567890Z")]
    [InlineData("2014-12-31T23:59:59.999999Z")]
    [InlineData("2100-01-01")]
    public void what_is_no_time_or_too_far_away_is_refused(string? text) => Assert.False(Instants.TryParse(text, out _));

    private static DateTimeOffset At(string text) => Instants.TryParse(text, out var at) ? at : throw new FormatException(text);
}
