using Ledger.Service.Settings;
using Ledger.Service.Spend;

namespace Ledger.Service.Tests.Spend;

public sealed class ReportWindows
{
    /// <summary>A Monday.</summary>
    private static readonly DateTimeOffset now = new(2026, 11, 16, 10, 50, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, null, "2026-11-01T00:00:00Z", "2026-11-17T00:00:00Z")]
    [InlineData("today", null, "2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z")]
    [InlineData("yesterday", null, "2026-11-15T00:00:00Z", "2026-11-16T00:00:00Z")]
    [InlineData("week", null, "2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z")]
    [InlineData("last-week", null, "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z")]
    [InlineData("month", null, "2026-11-01T00:00:00Z", "2026-11-17T00:00:00Z")]
    [InlineData("last-month", null, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")]
    [InlineData("Last-Month", null, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")]
    [InlineData("last-month", "now", "2026-10-01T00:00:00Z", "2026-11-16T11:00:00Z")]
    [InlineData("2w", null, "2026-11-02T00:00:00Z", "2026-11-17T00:00:00Z")]
    [InlineData("7d", "today", "2026-11-09T00:00:00Z", "2026-11-17T00:00:00Z")]
    [InlineData("-90m", "now", "2026-11-16T09:00:00Z", "2026-11-16T11:00:00Z")]
    [InlineData("24h", null, "2026-11-15T10:00:00Z", "2026-11-17T00:00:00Z")]
    [InlineData("86400s", "-10m", "2026-11-15T10:00:00Z", "2026-11-16T11:00:00Z")]
    [InlineData("20261101", "2026-11-07", "2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z")]
    [InlineData(" 2026-11-16T10:15:00Z ", null, "2026-11-16T10:00:00Z", "2026-11-17T00:00:00Z")]
    public void a_window_is_what_its_words_say(string? since, string? until, string start, string end)
    {
        var window = ReportWindow.Of(since, until, now);
        Assert.Equal((start, end), (window.Start.ToText(), window.End.ToText()));
    }

    [Theory]
    [InlineData("Europe/Brussels", "today", null, "2026-11-15T23:00:00Z", "2026-11-16T23:00:00Z")]
    [InlineData("Europe/Brussels", "last-month", null, "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")]
    [InlineData("Europe/Brussels", "4w", null, "2026-10-18T22:00:00Z", "2026-11-16T23:00:00Z")]
    [InlineData("Europe/Brussels", "2026-11-16 09:30", "2026-11-16T12:00", "2026-11-16T08:00:00Z", "2026-11-16T11:00:00Z")]
    [InlineData("Europe/Brussels", "2026-11-16T09:30:00Z", "2026-11-16T12:00:00+01:00", "2026-11-16T09:00:00Z", "2026-11-16T11:00:00Z")]
    [InlineData("Europe/Brussels", "2026-03-29 02:30", "2026-03-29", "2026-03-29T01:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData("Europe/Brussels", "24h", "now", "2026-11-15T10:00:00Z", "2026-11-16T11:00:00Z")]
    [InlineData("America/Los_Angeles", "week", null, "2026-11-16T08:00:00Z", "2026-11-17T08:00:00Z")]
    [InlineData("Pacific/Kiritimati", "yesterday", null, "2026-11-15T10:00:00Z", "2026-11-16T10:00:00Z")]
    [InlineData("Asia/Kolkata", "2026-11-10", "2026-11-10", "2026-11-09T18:30:00Z", "2026-11-10T18:30:00Z")]
    [InlineData("Asia/Kolkata", "2026-11-10 12:00", "2026-11-10 13:00", "2026-11-10T06:00:00Z", "2026-11-10T08:00:00Z")]
    [InlineData("America/Santiago", "2026-09-06", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z")]
    public void its_words_are_read_in_a_zone(string zone, string? since, string? until, string start, string end)
    {
        var window = ReportWindow.Of(since, until, now, zone);
        Assert.Equal((start, end), (window.Start.ToText(), window.End.ToText()));
    }

    [Theory]
    [InlineData("2w", 14 * 24 * 60)]
    [InlineData("90m", 90)]
    [InlineData("3660d", 3660 * 24 * 60)]
    public void a_length_of_time_is_read(string text, int minutes)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMinutes(minutes), duration);
    }

    [Theory]
    [InlineData("3661d")]
    [InlineData("5y")]
    [InlineData("-1d")]
    [InlineData("1.5h")]
    [InlineData("99999999999999999999s")]
    public void other_words_are_no_length_of_time(string text) => Assert.False(Durations.TryParse(text, out _));
}
