using System.Globalization;
using System.Text;
using Ledger.Accounts;
using Ledger.Money;
using Ledger.Service.Xai;
using static Ledger.Service.Tests.Xai.Payload;

namespace Ledger.Service.Tests.Xai;

/// <summary>
/// The product runs with InvariantGlobalization, so de-DE or ar-SA can't even be asked for. A culture made by hand with their worst
/// habits stands in: comma for the decimal point, another minus, other separators in dates and times.
/// </summary>
public sealed class CultureTests : IDisposable
{
    private readonly CultureInfo before = CultureInfo.CurrentCulture;

    public CultureTests()
    {
        var worst = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        worst.NumberFormat.NumberDecimalSeparator = ",";
        worst.NumberFormat.NumberGroupSeparator = ".";
        worst.NumberFormat.NegativeSign = "\u061c\u2212";
        worst.DateTimeFormat.DateSeparator = ".";
        worst.DateTimeFormat.TimeSeparator = ".";
        worst.DateTimeFormat.AbbreviatedDayNames = ["So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"];
        worst.DateTimeFormat.AbbreviatedMonthNames = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", ""];
        CultureInfo.CurrentCulture = worst;
    }

    public void Dispose() => CultureInfo.CurrentCulture = before;

    [Fact]
    public void the_culture_of_this_test_really_is_hostile() => Assert.Equal("\u061c\u22121,5", (-1.5m).ToString(CultureInfo.CurrentCulture));

    [Fact]
    public void figures_are_read_the_same_in_every_culture()
    {
        var range = new Interval(At("2026-11-16T10:00:00Z"), At("2026-11-16T13:00:00Z"));
        var part = XaiParser.Usage(File("usage-dense"), new(range, 3600, DimensionSet.KeyModelUnit), At("2026-11-16T12:30:00Z"));
        Assert.Equal(["0.75", "0.00", "0.123456789", "0.0000000001", "-0.50", "0.000003", "0.02", "0.04", "0.06"], part.Lines.Select(line => line.Total.ToString()));
        Assert.Equal("30.87", XaiParser.Preview(File("preview"), At("2026-11-16T12:30:00Z"), At("2026-11-16T12:30:00Z")).PrepaidLeft.ToString());
    }

    [Fact]
    public void requests_are_written_the_same_in_every_culture()
    {
        var body = Encoding.UTF8.GetString(XaiClient.UsageRequest(new(new(At("2026-11-09T10:15:00Z"), At("2026-11-16T13:00:00Z")), 900, DimensionSet.KeyDescriptionUnit)));
        Assert.Equal(
            """{"analyticsRequest":{"timeRange":{"startTime":"2026-11-09 10:15:00","endTime":"2026-11-16 13:00:00","timezone":"Etc/GMT"},"timeUnit":"TIME_UNIT_QUARTER_HOUR","values":[{"name":"usd","aggregation":"AGGREGATION_SUM"}],"groupBy":["api_key_id","description","unit_type"],"filters":[]}}""",
            body);
    }

    [Fact]
    public async Task the_whole_way_is_the_same_in_every_culture()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1.2345678901", "2026-11-16T10:10:00Z");
        scene.Team.BuyCredit(Usd.Parse("5"), At("2026-11-01T00:00:00Z"));
        Assert.Equal("1.2345678901", (await scene.Read("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z")).Readings[0].Lines.Single().Total.ToString());
        Assert.Equal("3.77", (await scene.Client.ReadBalance(scene.Team.Id)).PrepaidLeft.ToString());
        Assert.True((await scene.Client.Diagnose()).Ok);
    }
}
