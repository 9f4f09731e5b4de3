namespace Ledger.Tests.Time;

/// <summary>Times as people read them, and as they are read from people.</summary>
public sealed class MomentsTests
{
    [Theory]
    [InlineData(null, "Wed 25 Nov 14:00 UTC")]
    [InlineData("UTC", "Wed 25 Nov 14:00 UTC")]
    [InlineData("Etc/UTC", "Wed 25 Nov 14:00 UTC")]
    [InlineData("Europe/Brussels", "Wed 25 Nov 15:00")]
    [InlineData("Africa/Abidjan", "Wed 25 Nov 14:00")]
    public void an_instant_is_told_in_the_zone_asked_for(string? zone, string told) => Assert.Equal(told, Moments.Of(At("2026-11-25T14:00:00Z"), zone));

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
