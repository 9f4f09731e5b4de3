using Xunit;

namespace Ledger.Providers.Tests;

public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset now = Payload.At("2026-11-16T12:00:00Z");

    [Theory]
    [InlineData("7", 7)]
    [InlineData(" 7 ", 7)]
    [InlineData("0", 0)]
    [InlineData("0000000000000000007", 7)]
    [InlineData("3600", 3600)]
    [InlineData("3601", 3600)]
    [InlineData("315360000", 3600)]
    [InlineData("99999999999999999999999999", 3600)]
    [InlineData("Mon, 16 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("Thu, 16 Nov 2036 12:00:00 GMT", null)]
    [InlineData("Sun, 16 Nov 2036 12:00:00 GMT", 3600)]
    [InlineData("Mon, 16 Nov 2026 11:59:59 GMT", null)]
    [InlineData("-5", null)]
    [InlineData("1.5", null)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("٧", null)]
    public void the_header_is_honoured_up_to_an_hour_and_nonsense_counts_as_nothing_said(string? header, int? seconds) =>
        Assert.Equal(seconds, (int?)RetryAfter.Read(header, now)?.TotalSeconds);
}
