using Ledger.Cli.Parsing;

namespace Ledger.Cli.Tests;

public sealed class TimesTests
{
    [Theory]
    [InlineData("2026-11-16T10:15:00Z", "2026-11-16T10:15:00Z", false)]
    [InlineData("2026-11-16T10:15Z", "2026-11-16T10:15:00Z", false)]
    [InlineData("2026-11-16T12:15:00+02:00", "2026-11-16T10:15:00Z", false)]
    [InlineData("2026-11-16T10:15:00.123456789Z", "2026-11-16T10:15:00.123456Z", false)]
    [InlineData("2026-11-16T10:15", "2026-11-16T10:15:00Z", true)]
    [InlineData("2026-11-16 10:15:30", "2026-11-16T10:15:30Z", true)]
    [InlineData("2026-11-16", "2026-11-16T00:00:00Z", true)]
    [InlineData("20261116", "2026-11-16T00:00:00Z", true)]
    [InlineData("now", "2026-11-16T10:50:00Z", false)]
    [InlineData("-10m", "2026-11-16T10:40:00Z", false)]
    [InlineData("24h", "2026-11-15T10:50:00Z", false)]
    [InlineData("7d", "2026-11-09T10:50:00Z", false)]
    [InlineData("today", "2026-11-16T00:00:00Z", true)]
    [InlineData("yesterday", "2026-11-15T00:00:00Z", true)]
    [InlineData("month", "2026-11-01T00:00:00Z", true)]
    [InlineData("last-week", "2026-11-09T00:00:00Z", true)]
    [InlineData("week", "2026-11-16T00:00:00Z", true)]
    [InlineData("last-month", "2026-10-01T00:00:00Z", true)]
    [InlineData("2w", "2026-11-02T10:50:00Z", false)]
    public void times_are_read_as_people_write_them(string text, string expected, bool zoneless)
    {
        Assert.True(Times.TryInstant(text, Desk.Now, "UTC", out var at, out var without));
        Assert.Equal((expected, zoneless), (at.ToText(), without));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10:15")]
    [InlineData("16.11.2026")]
    [InlineData("11/16/2026")]
    [InlineData("10/11/2026 09:00")]
    [InlineData("12:30:00 PM")]
    [InlineData("2026-13-01")]
    [InlineData("2026-02-30")]
    [InlineData("2026-02-29")]
    [InlineData("2026-11-16T24:01Z")]
    [InlineData("2026-11-16T10:15 Europe/Berlin")]
    [InlineData("2026-11-16T10:15+25:00")]
    [InlineData("99999999d")]
    [InlineData("20000d")]
    [InlineData("5y")]
    [InlineData("-")]
    [InlineData("NaN")]
    public void other_words_are_no_times(string text) => Assert.False(Times.TryInstant(text, Desk.Now, "UTC", out _, out _));

    [Fact]
    public void a_time_without_a_zone_is_repeated_as_it_was_read()
    {
        using var service = new FakeService(_ => new(200, """{"mission":null,"overlaps":[]}""", Position: 1));
        using var desk = new Desk(service.Url);
        var ran = desk.Run("mission", "start", "X", "--at", "2026-11-16T10:15");
        Assert.Contains("2026-11-16T10:15:00Z (UTC)", ran.Err, StringComparison.Ordinal);
        Assert.Contains("\"at\":\"2026-11-16T10:15:00Z\"", service.Requests[0].Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1234", "asOf=1234")]
    [InlineData("20261116", "asOf=20261116")]
    [InlineData("2026-11-16", "asOf=2026-11-16T00:00:00Z")]
    public void a_bare_integer_is_a_position(string given, string sent)
    {
        using var service = new FakeService("""{"missions":[]}""");
        using var desk = new Desk(service.Url);
        desk.Run("mission", "cost", "X", "--as-of", given);
        Assert.Contains(sent, service.Requests[0].Query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7d", "7d")]
    [InlineData("-10m", "10m")]
    [InlineData("2w", "2w")]
    [InlineData("Last-Month", "last-month")]
    [InlineData("week", "week")]
    [InlineData("now", "now")]
    [InlineData("20261116", "20261116")]
    [InlineData("2026-11-16", "2026-11-16")]
    [InlineData("2026-11-16 10:15", "2026-11-16 10:15")]
    [InlineData("2026-11-16T12:15:00+02:00", "2026-11-16T10:15:00Z")]
    public void an_edge_of_a_report_is_sent_as_the_service_reads_it(string given, string sent)
    {
        using var service = new FakeService("""{"rows":[],"groupBy":[]}""");
        using var desk = new Desk(service.Url);
        desk.Run("report", "--since", given, "--until", given);
        Assert.Equal($"?since={sent}&until={sent}", service.Requests[0].Query);
    }

    [Theory]
    [InlineData("report", "--since", "10/11/2026 09:00")]
    [InlineData("report", "--until", "12:30:00 PM")]
    [InlineData("report", "--since", "2026-13-01")]
    [InlineData("report", "--as-of", "2026-02-30")]
    [InlineData("mission", "start", "X", "--at", "10/11/2026 09:00")]
    [InlineData("mission", "start", "X", "--at", "2026-02-30")]
    [InlineData("mission", "explain", "X", "--limit", "1001")]
    public void what_the_service_would_refuse_is_not_even_asked(params string[] words)
    {
        using var service = new FakeService("{}");
        using var desk = new Desk(service.Url);
        Assert.Equal(Exit.Usage, desk.Run(words).Exit);
        Assert.Empty(service.Requests);
    }
}
