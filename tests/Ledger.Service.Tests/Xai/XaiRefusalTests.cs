using System.Text;
using Ledger.Accounts;
using Ledger.Service.Xai;
using static Ledger.Service.Tests.Xai.Payload;

namespace Ledger.Service.Tests.Xai;

/// <summary>What a bad answer gets: a refusal that names the place and the reason, and nothing of the answer is used.</summary>
public sealed class XaiRefusalTests
{
    private static readonly DateTimeOffset now = At("2026-11-16T12:30:00Z");
    private static readonly UsageAsked asked = new(new(At("2026-11-16T10:00:00Z"), At("2026-11-16T13:00:00Z")), 3600, DimensionSet.KeyModelUnit);

    public static TheoryData<string, string> Answers => new()
    {
        { "[]", "is a list where an object was expected" },
        { "null", "is null where an object was expected" },
        { """{"timeSeries":[]} trailing""", "something follows it" },
        { """{"code":13,"message":"internal error","details":[]}""", "no timeSeries in the answer; it says \"internal error\"" },
        { """{"code":13,"message":"internal error","timeSeries":[]}""", "no timeSeries in the answer; it says \"internal error\"" },
        { """{"error":"overloaded","timeSeries":[]}""", "no timeSeries in the answer; it says \"overloaded\"" },
        { """{"limitReached":false,"result":[]}""", "no timeSeries in the answer" },
        { """{"data":{"timeSeries":[]}}""", "no timeSeries in the answer" },
        { """{"apiKeys":[]}""", "no timeSeries in the answer" },
        { """{"limitReached":false,"limitReached":true}""", "a property occurs twice" },
        { """{"limitReached":false,"limit\u0052eached":true}""", "a property occurs twice" },
        { """{"limitReached":"perhaps"}""", "limitReached" },
        { """{"timeSeries":{}}""", "timeSeries is an object where a list was expected" },
        { """{"timeSeries":[7]}""", "timeSeries[0] is a number" },
        { """{"timeSeries":[{}]}""", "timeSeries[0].group does not have the 3 values" },
        { """{"timeSeries":[{"group":["k","m"]}]}""", "timeSeries[0].group does not have the 3 values" },
        { """{"timeSeries":[{"group":["k","m","u","x"]}]}""", "timeSeries[0].group does not have the 3 values" },
        { """{"timeSeries":[{"group":["k",1,"u"]}]}""", "timeSeries[0].group[1] (key k) is a number where a text was expected" },
        { """{"timeSeries":[{"group":["k\u0000","m","u"]}]}""", "timeSeries[0].group[0] holds U+0000" },
        { """{"timeSeries":[{"group":["k\u0000","m","u"],"groupLabels":["xai-ba (xai-...1)","m","u"]}]}""", "timeSeries[0].group[0] (key \"xai-ba\") holds U+0000" },
        { """{"timeSeries":[{"group":["k","\ud83d","u"]}]}""", "timeSeries[0].group[1] (key k) holds half of a surrogate pair" },
        { """{"timeSeries":[{"group":["k","m","\ude00\ud83d"]}]}""", "timeSeries[0].group[2] (key k) holds half of a surrogate pair" },
        { """{"timeSeries":[{"group":["k","m","u"]},{"group":["k","m","u"]}]}""", "timeSeries[1] repeats a group" },
        { Point("""{"values":[1]}"""), "timestamp is missing" },
        { Point("""{"timestamp":1795000000,"values":[1]}"""), "where an RFC 3339 time was expected" },
        { Point("""{"timestamp":"2026-11-16 10:00:00","values":[1]}"""), "where an RFC 3339 time was expected" },
        { Point("""{"timestamp":"2026-11-16T10:00:00","values":[1]}"""), "where an RFC 3339 time was expected" },
        { Point("""{"timestamp":"2026-13-16T10:00:00Z","values":[1]}"""), "where an RFC 3339 time was expected" },
        { Point("""{"timestamp":"2026-11-16T10:01:00Z","values":[1]}"""), "not the start of a bucket" },
        { Point("""{"timestamp":"2026-11-16T10:00:00.000001Z","values":[1]}"""), "not the start of a bucket" },
        { Point("""{"timestamp":"2026-11-16T10:15:00Z","values":[1]}"""), "not the start of a bucket of 3600 s" },
        { Point("""{"timestamp":"2026-11-16T13:00:00Z","values":[1]}"""), "lies in the future" },
        { Point("""{"timestamp":"2036-11-16T10:00:00Z","values":[1]}"""), "lies in the future" },
        { Point("""{"timestamp":"2026-11-16T09:00:00Z","values":[1]}"""), "outside of the time that was asked for" },
        { Point("""{"timestamp":"0001-01-01T00:00:00Z","values":[1]}"""), "outside of the time that was asked for" },
        { Point("""{"timestamp":"2026-11-16T10:00:00Z","values":[1]},{"timestamp":"2026-11-16T11:00:00+01:00","values":[1]}"""), "for the second time" },
        { Point("""{"timestamp":"2026-11-16T10:00:00Z"}"""), "values does not have the 1 value" },
        { Point("""{"timestamp":"2026-11-16T10:00:00Z","values":[]}"""), "values does not have the 1 value" },
        { Point("""{"timestamp":"2026-11-16T10:00:00Z","values":[1,2]}"""), "values does not have the 1 value" },
        { Figure("NaN"), "NaN and Infinity are no numbers" },
        { Figure("-Infinity"), "NaN and Infinity are no numbers" },
        { Figure("\"NaN\""), "values[0] is \"NaN\" where a finite number was expected" },
        { Figure("\"0.75\""), "where a finite number was expected" },
        { Figure("null"), "values[0] is null where a finite number was expected" },
        { Figure("true"), "where a finite number was expected" },
        { Figure("{\"v\":1}"), "where a finite number was expected" },
        { Figure("1e400"), "1e400, which is no plausible amount" },
        { Figure("-1e400"), "no plausible amount" },
        { Figure("1e9"), "no plausible amount" },
        { Figure("900000000"), "no plausible amount" },
        { Figure("1" + new string('0', 500)), "no plausible amount" },
        { Figure("1e99999999999"), "no plausible amount" },
        { Figure("01"), "not valid JSON" },
        { Figure("1."), "not valid JSON" },
        { Figure("1,5"), "values does not have the 1 value" },
        { Figure("+1"), "not valid JSON" },
        { Figure("0x10"), "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void a_bad_answer_is_refused_with_its_place_and_reason(string body, string reason)
    {
        var e = Assert.Throws<ProviderException>(() => XaiParser.Usage(Text(body), asked, now));
        Assert.Equal(FailureKind.Contract, e.Kind);
        Assert.Contains(reason, e.Detail, StringComparison.Ordinal);
        Assert.True(e.Detail.Length <= Redaction.DetailMax);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("<html><body>502</body></html>", "looks like HTML")]
    [InlineData("OK", "it is plain text")]
    [InlineData("""{"timeSeries":[{"group":["k","m","u"],"dataPoints":[{"timest""", "it breaks off")]
    public void what_is_no_json_is_no_answer(string body, string reason)
    {
        var e = Assert.Throws<ProviderException>(() => XaiParser.Usage(Text(body), asked, now));
        Assert.Equal(FailureKind.Unreachable, e.Kind);
        Assert.Contains(reason, e.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void nesting_beyond_sixty_four_levels_is_refused_without_harm()
    {
        var deep = Text(new string('[', 10_000) + new string(']', 10_000));
        Assert.Contains("deeper than 64", Assert.Throws<ProviderException>(() => XaiParser.Usage(deep, asked, now)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void broken_utf8_in_a_name_is_refused()
    {
        var body = Encoding.Latin1.GetBytes(Point("""{"timestamp":"2026-11-16T10:00:00Z","values":[1]}""").Replace("\"m\"", "\"m\u00ff\"", StringComparison.Ordinal));
        Assert.Equal(FailureKind.Contract, Assert.Throws<ProviderException>(() => XaiParser.Usage(body, asked, now)).Kind);
    }

    [Theory]
    [InlineData("1e-11", "0.00")]
    [InlineData("5e-11", "0.00")]
    [InlineData("1.5e-10", "0.0000000002")]
    [InlineData("0.00000000005000000000000000000001", "0.0000000001")]
    [InlineData("1e-40", "0.00")]
    [InlineData("-0", "0.00")]
    [InlineData("-0.0", "0.00")]
    [InlineData("899999999.9999999999", "899999999.9999999999")]
    [InlineData("0.30000000000000004", "0.30")]
    [InlineData("12345.678901234567890123456789012345", "12345.6789012346")]
    public void a_figure_is_rounded_once_to_a_tick(string figure, string exact) =>
        Assert.Equal(exact, Assert.Single(XaiParser.Usage(Text(Figure(figure)), asked, now).Lines).Total.ToString());

    [Theory]
    [InlineData("""{"coreInvoice":{"prepaidCredits":"-3100"}}""", "coreInvoice.prepaidCredits is a text where an object was expected")]
    [InlineData("""{"coreInvoice":{"prepaidCredits":{"val":"-31.00"}}}""", "where a whole number was expected")]
    [InlineData("""{"coreInvoice":{"prepaidCredits":{"val":"99999999999999999999"}}}""", "where a whole number was expected")]
    [InlineData("""{"coreInvoice":{"prepaidCredits":{"val":"999999999999999999"}}}""", "no plausible amount")]
    [InlineData("""{"coreInvoice":{"totalWithCorr":{"val":1.5}}}""", "where a whole number was expected")]
    [InlineData("""{"coreInvoice":{"totalWithCorr":{"val":" 15"}}}""", "where a whole number was expected")]
    [InlineData("""{"coreInvoice":{"totalWithCorr":{"val":"١٥"}}}""", "where a whole number was expected")]
    [InlineData("""{"coreInvoice":[]}""", "coreInvoice is a list")]
    [InlineData("""{"billingCycle":{"year":2026,"month":13}}""", "billingCycle is no month")]
    [InlineData("""{"coreInvoice":{"lines":[{"numUnits":"many"}]}}""", "coreInvoice.lines[0].numUnits")]
    public void a_bad_preview_is_refused(string body, string reason) =>
        Assert.Contains(reason, Assert.Throws<ProviderException>(() => XaiParser.Preview(Text(body), now, now)).Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"coreInvoice":{"totalWithCorr":{"val":15}}}""")]
    [InlineData("""{"coreInvoice":{"totalWithCorr":{"val":"15"}}}""")]
    [InlineData("""{"coreInvoice":{"amountAfterVat":"15"}}""")]
    public void cents_are_taken_as_text_and_as_number(string body) => Assert.Equal("0.15", XaiParser.Preview(Text(body), now, now).CycleTotal.ToString());

    private static string Figure(string figure) => Point($$"""{"timestamp":"2026-11-16T10:00:00Z","values":[{{figure}}]}""");

    private static string Point(string points) => $$"""{"timeSeries":[{"group":["k","m","u"],"dataPoints":[{{points}}]}]}""";
}
