using System.Globalization;
using CsCheck;
using Ledger.Money;

namespace Ledger.Tests.Money;

public sealed class ShownTests
{
    private static readonly Gen<Usd> amount = Gen.OneOf(
        Gen.Long[-500_000_000_000, 500_000_000_000], Gen.Long[-200_000_000, 200_000_000], Gen.Long[-300, 300].Select(cents => cents * 100_000_000), Gen.Long[-99, 99].Select(half => half * 50_000_000))
        .Select(ticks => new Usd(ticks));

    [Fact]
    public void what_is_shown_of_the_rows_adds_up_to_the_total_that_is_shown() => amount.Array[0, 40].Sample(rows =>
    {
        var total = Shown.Of(rows.Aggregate(Usd.Zero, (sum, row) => sum + row));
        var shown = Shown.Parts(total, rows);
        Assert.Equal(Read(total), shown.Sum(Read));
        Assert.All(shown, s => Assert.True(Math.Abs(s.Rounded.Ticks - s.Amount.Ticks) < 100_000_000));
        Assert.All(shown, s => Assert.Equal(s.Amount == Usd.Zero, s.ToString() == "$0.00"));
    });

    [Fact]
    public void leftovers_add_up_and_so_do_the_rows_within_them() => Gen.Select(amount.Array[1, 12], amount.Array[1, 12], amount.Array[1, 12]).Sample((missions, idle, unassigned) =>
    {
        static Usd Sum(params Usd[] amounts) => amounts.Aggregate(Usd.Zero, (sum, a) => sum + a);
        var total = Shown.Of(Sum([.. missions, .. idle, .. unassigned]));
        var of = Shown.Leftovers(total, Sum(idle), Sum(unassigned));
        Assert.Equal(Read(total), Read(of.Missions) + Read(of.Idle) + Read(of.Unassigned));
        Assert.Equal(Read(of.Missions), Shown.Parts(of.Missions, missions).Sum(Read));
        Assert.Equal(Read(of.Idle), Shown.Parts(of.Idle, idle).Sum(Read));
        Assert.Equal(Read(of.Unassigned), Shown.Parts(of.Unassigned, unassigned).Sum(Read));
    });

    [Theory]
    [InlineData("12.909", "2.724 10.185 0", "$2.72 $10.19 $0.00", "$12.91")]
    [InlineData("0.285", "0.664 -0.379", "$0.67 -$0.38", "$0.29")]
    [InlineData("0.30", "0.105 0.195", "$0.11 $0.19", "$0.30")]
    [InlineData("1.00", "0.004 0.004 0.004 0.988", "$0.01 <$0.01 <$0.01 $0.99", "$1.00")]
    [InlineData("-0.004", "0.002 -0.006", "<$0.01 -<$0.01", "-<$0.01")]
    [InlineData("0.00", "0.005 -0.005", "$0.01 -$0.01", "$0.00")]
    [InlineData("1234567.005", "1234567.005", "$1,234,567.01", "$1,234,567.01")]
    [InlineData("5.00", "1.00 1.00", "$1.00 $1.00", "$5.00")]
    public void parts_are_rounded_together(string total, string parts, string shown, string of)
    {
        var whole = Shown.Of(Usd.Parse(total));
        Assert.Equal(of, whole.ToString());
        Assert.Equal(shown, string.Join(' ', Shown.Parts(whole, [.. parts.Split(' ').Select(p => Usd.Parse(p))])));
    }

    [Theory]
    [InlineData("0.664", "-0.379", "0.285", "$0.67 moved − $0.38 new")]
    [InlineData("-0.664", "0.379", "-0.285", "−$0.67 moved + $0.38 new")]
    [InlineData("-0.664", "-0.379", "-1.043", "−$0.66 moved − $0.38 new")]
    [InlineData("1", "0", "1", "$1.00 moved + $0.00 new")]
    public void a_sum_has_its_signs_between_the_terms(string moved, string billed, string change, string said)
    {
        var parts = Shown.Parts(Shown.Of(Usd.Parse(change)), Usd.Parse(moved), Usd.Parse(billed));
        Assert.Equal(said, Shown.Sum((parts[0], "{0} moved"), (parts[1], "{0} new")));
    }

    [Fact]
    public void below_a_cent_all_digits_can_be_shown()
    {
        var total = Shown.Fine(Usd.Parse("0.00418"));
        Assert.Equal("$0.00418 = $0.001 + $0.00318", $"{total} = {string.Join(" + ", Shown.Parts(total, Usd.Parse("0.001"), Usd.Parse("0.00318")))}");
        Assert.Equal("$0.02", Shown.Fine(Usd.Parse("0.015")).ToString());
    }

    private static decimal Read(Shown shown) => shown.ToString() switch
    {
        "<$0.01" or "-<$0.01" => 0,
        var text => decimal.Parse(text.Replace("$", "", StringComparison.Ordinal), NumberStyles.Number, CultureInfo.InvariantCulture),
    };
}
