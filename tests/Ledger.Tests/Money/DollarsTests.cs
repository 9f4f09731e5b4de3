using Ledger.Money;

namespace Ledger.Tests.Money;

/// <summary>Amounts as people read them.</summary>
public sealed class DollarsTests
{
    [Theory]
    [InlineData("0", "$0.00", "$0.00")]
    [InlineData("12.345", "$12.35", "$12.35")]
    [InlineData("1234.5", "$1,234.50", "$1,234.50")]
    [InlineData("-3", "-$3.00", "-$3.00")]
    [InlineData("1.0049999999", "$1.00", "$1.00")]
    [InlineData("-1.005", "-$1.01", "-$1.01")]
    [InlineData("0.01", "$0.01", "$0.01")]
    [InlineData("0.0099999999", "$0.0100", "<$0.01")]
    [InlineData("0.0042", "$0.0042", "<$0.01")]
    [InlineData("-0.001", "-$0.0010", "-<$0.01")]
    [InlineData("0.0005", "$0.0005", "<$0.01")]
    [InlineData("0.000123", "$0.000123", "<$0.01")]
    [InlineData("0.0000005", "$0.000001", "<$0.01")]
    [InlineData("-0.0000004999", "-<$0.000001", "-<$0.01")]
    public void what_is_there_never_reads_as_nothing(string amount, string shown, string inColumn)
    {
        Assert.Equal(shown, Dollars.Show(Usd.Parse(amount)));
        Assert.Equal(shown, Dollars.Show((Usd?)Usd.Parse(amount)));
        Assert.Equal(inColumn, Dollars.Column(Usd.Parse(amount)));
    }

    [Fact]
    public void what_is_not_known_is_a_dash_and_a_change_has_its_sign()
    {
        Assert.Equal("-", Dollars.Show(null));
        Assert.Equal(["+$0.50", "$0.00", "-$0.50"], new[] { "0.5", "0", "-0.5" }.Select(a => Dollars.Change(Usd.Parse(a))));
    }

    [Theory]
    [InlineData("9.99", "$9.99")]
    [InlineData("10", "$10")]
    [InlineData("10.4999999999", "$10")]
    [InlineData("10.5", "$11")]
    [InlineData("-1234.5", "-$1,235")]
    public void an_estimate_has_no_cents_from_ten_dollars_on(string amount, string shown) => Assert.Equal(shown, Dollars.Rough(Usd.Parse(amount)));

    [Theory]
    [InlineData("0", "1", null)]
    [InlineData("-1", "1", null)]
    [InlineData("1", "10", "more than 10 times")]
    [InlineData("1", "9.99", "+899%")]
    [InlineData("1", "1.12", "+12%")]
    [InlineData("1", "1.005", "+1%")]
    [InlineData("1", "1.0049", "±0%")]
    [InlineData("1", "1", "±0%")]
    [InlineData("1", "0.995", "-1%")]
    [InlineData("2", "1", "-50%")]
    [InlineData("0.01", "-2", "-9999%")]
    public void growth_is_in_whole_percent_and_has_its_sign(string before, string now, string? shown) => Assert.Equal(shown, Dollars.Growth(Usd.Parse(before), Usd.Parse(now)));

    [Theory]
    [InlineData(0, "0%")]
    [InlineData(4, "<1%")]
    [InlineData(-4, "<1%")]
    [InlineData(5, "1%")]
    [InlineData(-5, "-1%")]
    [InlineData(14, "1%")]
    [InlineData(15, "2%")]
    [InlineData(1000, "100%")]
    public void a_part_that_is_there_never_reads_as_none(int permille, string shown) => Assert.Equal(shown, Dollars.Percent(permille));

    [Theory]
    [InlineData("1", "0", null)]
    [InlineData("1", "-1", null)]
    [InlineData("1", "2", 500)]
    [InlineData("-1", "2", -500)]
    [InlineData("2", "3", 666)]
    [InlineData("900000", "0.0000000001", 1_000_000)]
    [InlineData("-900000", "0.0000000001", -1_000_000)]
    public void a_part_of_a_whole_is_in_thousandths(string part, string whole, int? permille) => Assert.Equal(permille, Dollars.Permille(Usd.Parse(part), Usd.Parse(whole)));
}
