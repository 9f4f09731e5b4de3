using System.Globalization;
using System.Numerics;
using System.Text.Json;
using CsCheck;
using Ledger.Money;

namespace Ledger.Tests.Money;

public sealed class UsdTests
{
    /// <summary>Of every magnitude, credits too.</summary>
    private static readonly Gen<Usd> amounts = Gen.Long.Select(ticks => new Usd(ticks));

    private static readonly Gen<Usd> charges = Gen.ULong.Select(ticks => new Usd((long)(ticks / 2)));

    /// <summary>Of every magnitude, some beyond 64 bits and some zero, but never all.</summary>
    private static readonly Gen<BigInteger[]> weightings = Gen.Frequency(
        (5, Gen.Const(BigInteger.Zero)),
        (12, Gen.ULong.Select(weight => new BigInteger(weight))),
        (3, Gen.ULong.Select(weight => weight * BigInteger.Pow(10, 30)))).Array[1, 11].Where(weights => !weights.All(w => w.IsZero));

    /// <summary>What a figure says behind 1e-9 dollar, in 1e-18 dollar: exact halves of a tick are among it.</summary>
    private static readonly Gen<long> rests = Gen.OneOf(Gen.Long[0, 999_999_999], Gen.Long[0, 19].Select(halves => halves * 50_000_000));

    [Theory]
    [InlineData("0", "0.00", 0)]
    [InlineData("0000000001", "1.00", 10_000_000_000)]
    [InlineData("-0", "0.00", 0)]
    [InlineData("4.5", "4.50", 45_000_000_000)]
    [InlineData("12.50", "12.50", 125_000_000_000)]
    [InlineData("0.0000000001", "0.0000000001", 1)]
    [InlineData("-3.19", "-3.19", -31_900_000_000)]
    [InlineData("-0.0000000001", "-0.0000000001", -1)]
    [InlineData("1.000", "1.00", 10_000_000_000)]
    [InlineData("0.1234567890", "0.123456789", 1_234_567_890)]
    [InlineData("922337203.6854775807", "922337203.6854775807", long.MaxValue)]
    [InlineData("-922337203.6854775808", "-922337203.6854775808", long.MinValue)]
    public void an_amount_is_read_and_printed_to_the_tick(string text, string printed, long ticks)
    {
        Assert.Equal(ticks, Usd.Parse(text).Ticks);
        Assert.Equal(printed, Usd.Parse(text).ToString());
        Assert.Equal(ticks, Usd.Parse(printed).Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("--1")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("1.2.3")]
    [InlineData("1,5")]
    [InlineData("1_000")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("$1")]
    [InlineData("1e2")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("١٢")]
    [InlineData("１２")]
    [InlineData("0.00000000001")]
    [InlineData("922337203.6854775808")]
    [InlineData("-922337203.6854775809")]
    [InlineData("99999999999")]
    public void what_is_no_amount_is_not_read_as_one(string text)
    {
        Assert.False(Usd.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Usd.Parse(text));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Usd>(JsonSerializer.Serialize(text)));
    }

    [Fact]
    public void a_json_number_is_no_amount() => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Usd>("1.5"));

    // Rounded once, half to even, to a tick of 1e-10 dollar.
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0.0", 0)]
    [InlineData("0e99", 0)]
    [InlineData("1", 10_000_000_000)]
    [InlineData("1.5", 15_000_000_000)]
    [InlineData("-0.25", -2_500_000_000)]
    [InlineData("1e2", 1_000_000_000_000)]
    [InlineData("1E+2", 1_000_000_000_000)]
    [InlineData("25e-2", 2_500_000_000)]
    [InlineData("1e-10", 1)]
    [InlineData("1e-40", 0)]
    [InlineData("-1e-40", 0)]
    [InlineData("5e-324", 0)]
    [InlineData("1e-9999", 0)]
    [InlineData("0.12345678901234568", 1_234_567_890)]
    [InlineData("-0.12345678901234568", -1_234_567_890)]
    [InlineData("0.30000000000000004", 3_000_000_000)]
    [InlineData("0.00000000005", 0)]
    [InlineData("0.00000000015", 2)]
    [InlineData("0.00000000025", 2)]
    [InlineData("0.000000000250000000000000000001", 3)]
    [InlineData("-0.00000000015", -2)]
    [InlineData("-0.00000000025", -2)]
    [InlineData("0.12345678905000000000000000000000000", 1_234_567_890)]
    [InlineData("0.12345678915000000000000000000000000", 1_234_567_892)]
    [InlineData("0.12345678901234567890123456789012345", 1_234_567_890)]
    [InlineData("123456789.12345678915", 1_234_567_891_234_567_892)]
    [InlineData("899999999.9999999999", 8_999_999_999_999_999_999)]
    public void a_figure_on_the_wire_is_rounded_once_half_to_even(string raw, long ticks)
    {
        Assert.True(Usd.TryParseWireNumber(raw, out var amount));
        Assert.Equal(ticks, amount.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("--1")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("-.5")]
    [InlineData("1.2.3")]
    [InlineData("1..2")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e+-2")]
    [InlineData("1e2e3")]
    [InlineData("1e2.5")]
    [InlineData("1e 2")]
    [InlineData("e5")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("1e308")]
    [InlineData("1e99999")]
    [InlineData("1e-99999")]
    [InlineData("1e999999999999")]
    [InlineData("12345678901234567890123456789012345")]
    [InlineData("900000000")]
    [InlineData("-900000000")]
    [InlineData("NaN")]
    [InlineData("nan")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("∞")]
    [InlineData("null")]
    [InlineData("0x1F")]
    [InlineData("0b1")]
    [InlineData("1,5")]
    [InlineData("1_000")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1\n")]
    [InlineData("1\0")]
    [InlineData("١٢")]
    [InlineData("１２")]
    [InlineData("1d")]
    [InlineData("1f")]
    [InlineData("−1")]
    public void a_malformed_absurd_or_endless_figure_is_refused(string raw)
    {
        Assert.False(Usd.TryParseWireNumber(raw, out var amount));
        Assert.Equal(Usd.Zero, amount);
    }

    [Fact]
    public void a_figure_longer_than_any_figure_is_refused_without_work() =>
        Assert.False(Usd.TryParseWireNumber("0." + new string('1', 1_000_000), out _));

    [Fact]
    public void a_figure_on_the_wire_equals_the_exact_decimal_rounded_once() => Gen.Select(Gen.Long[0, 7_999_999_999_999], rests).Sample((billionths, rest) =>
    {
        var exact = (new BigInteger(billionths) * BigInteger.Pow(10, 9)) + rest;
        var digits = exact.ToString(CultureInfo.InvariantCulture).PadLeft(19, '0');
        var raw = $"{digits[..^18]}.{digits[^18..]}";
        var (ticks, over) = (exact / 100_000_000, exact % 100_000_000);
        if (over > 50_000_000 || (over == 50_000_000 && !ticks.IsEven)) ticks++;

        Assert.True(Usd.TryParseWireNumber(raw, out var up));
        Assert.Equal((long)ticks, up.Ticks);
        Assert.True(Usd.TryParseWireNumber("-" + raw, out var down));
        Assert.Equal(-(long)ticks, down.Ticks);
    }, iter: 300);

    [Fact]
    public void every_amount_survives_its_own_text() => amounts.Sample(amount =>
    {
        Assert.Equal(amount, Usd.Parse(amount.ToString()));
        Assert.Equal(amount, JsonSerializer.Deserialize<Usd>(JsonSerializer.Serialize(amount)));
    }, iter: 500);

    [Fact]
    public void shares_add_up_and_none_is_a_whole_tick_off() => Gen.Select(amounts, weightings).Sample((amount, weights) =>
    {
        var sum = weights.Aggregate(BigInteger.Zero, (a, b) => a + b);
        var shares = amount.Split(weights);

        Assert.Equal(amount.Ticks, shares.Aggregate(BigInteger.Zero, (a, s) => a + s.Ticks));
        for (var i = 0; i < shares.Length; i++)
        {
            var off = BigInteger.Abs((shares[i].Ticks * sum) - (amount.Ticks * weights[i]));
            Assert.True(off < sum, $"share {i} is {shares[i].Ticks} of {amount.Ticks} by {weights[i]} in {sum}");
            Assert.True(weights[i].Sign != 0 || shares[i] == Usd.Zero);
            Assert.True(Math.Sign(shares[i].Ticks) * Math.Sign(amount.Ticks) >= 0);
        }
    }, iter: 500);

    [Fact]
    public void a_credit_is_shared_as_its_mirror_image() => Gen.Select(charges, weightings).Sample(
        (amount, weights) => Assert.Equal(amount.Split(weights).Select(s => -s), (-amount).Split(weights)), iter: 200);

    [Fact]
    public void only_the_proportion_of_weights_counts() => Gen.Select(charges, weightings, Gen.Long[1, long.MaxValue]).Sample(
        (amount, weights, factor) => Assert.Equal(amount.Split(weights), amount.Split([.. weights.Select(w => w * factor)])), iter: 200);

    [Fact]
    public void ties_go_to_the_lower_index() =>
        Assert.Equal([2L, 2L, 1L], new Usd(5).Split([1, 1, 1]).Select(s => s.Ticks));

    [Fact]
    public void the_largest_remainder_gets_the_tick_first() =>
        Assert.Equal([1L, 2L, 7L], new Usd(10).Split([12, 19, 69]).Select(s => s.Ticks));

    [Fact]
    public void the_ends_of_the_range_can_be_shared()
    {
        Assert.Equal(long.MinValue, new Usd(long.MinValue).Split([1])[0].Ticks);
        Assert.Equal((Int128)long.MinValue, new Usd(long.MinValue).Split([1, 1, 1]).Aggregate((Int128)0, (a, s) => a + s.Ticks));
    }

    [Fact]
    public void weights_that_share_nothing_are_a_bug_and_not_a_loss()
    {
        // All weights zero made costs vanish elsewhere; here it can't pass in silence.
        Assert.Throws<ArgumentException>(() => new Usd(1).Split([0, 0]));
        Assert.Throws<ArgumentException>(() => new Usd(1).Split([]));
        Assert.Throws<ArgumentException>(() => new Usd(1).Split([2, -1]));
    }

    [Fact]
    public void sums_that_do_not_fit_throw_instead_of_wrapping()
    {
        var (most, least, tick) = (new Usd(long.MaxValue), new Usd(long.MinValue), new Usd(1));
        Assert.Throws<OverflowException>(() => most + tick);
        Assert.Throws<OverflowException>(() => least - tick);
        Assert.Throws<OverflowException>(() => -least);
        Assert.Throws<OverflowException>(() => Usd.FromCents(long.MaxValue));
        Assert.Throws<OverflowException>(() => Usd.FromDollars(1_000_000_000m));
        Assert.Throws<OverflowException>(() => Usd.FromDollars(decimal.MaxValue));
    }

    [Fact]
    public void a_decimal_finer_than_a_tick_is_refused_and_not_rounded() => Assert.Throws<ArgumentException>(() => Usd.FromDollars(0.00000000001m));

    [Fact]
    public void cents_and_dollars_are_what_they_say()
    {
        Assert.Equal(Usd.Parse("3.19"), Usd.FromCents(319));
        Assert.Equal(Usd.Parse("-3.19"), Usd.FromCents(-319));
        Assert.Equal(Usd.Parse("0.0000000001"), Usd.FromDollars(0.0000000001m));
    }
}
