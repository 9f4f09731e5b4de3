using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Money;

/// <summary>An exact amount of US dollars: a count of ticks of 1e-10 dollar (the tick xAI bills in).</summary>
/// <remarks>
/// Arithmetic is checked: a sum that does not fit throws <see cref="OverflowException"/> instead of wrapping. The range is
/// ±922,337,203.6854775807 dollars; sums over many lines use <see cref="Int128"/>. Never converted to or from a double.
/// </remarks>
/// <param name="Ticks">The amount in units of 1e-10 dollar.</param>
[JsonConverter(typeof(UsdJsonConverter))]
public readonly record struct Usd(long Ticks) : IComparable<Usd>
{
    /// <summary>Ticks in one dollar: 10,000,000,000.</summary>
    public const long TicksPerDollar = 10_000_000_000;

    /// <summary>Nothing at all. Not the same as unknown, which is <c>null</c>.</summary>
    public static Usd Zero => default;

    /// <summary>Exact dollars; throws when the decimal is finer than a tick or out of range.</summary>
    /// <exception cref="OverflowException">The amount does not fit.</exception>
    /// <exception cref="ArgumentException">The amount is finer than one tick.</exception>
    public static Usd FromDollars(decimal dollars)
    {
        var ticks = dollars * TicksPerDollar;
        return decimal.IsInteger(ticks)
            ? new((long)ticks)
            : throw new ArgumentException($"{dollars} dollars is finer than one tick of 1e-10 dollar.", nameof(dollars));
    }

    /// <summary>Whole US cents, as the provider's balances are given.</summary>
    public static Usd FromCents(long cents) => new(checked(cents * (TicksPerDollar / 100)));

    /// <summary>Reads what <see cref="ToString"/> writes: plain dollars, a dot, at most ten decimals, no exponent.</summary>
    /// <exception cref="FormatException">The text is not such an amount.</exception>
    public static Usd Parse(string text) =>
        TryParse(text, out var amount) ? amount : throw new FormatException($"'{text}' is not an amount in dollars such as 12.50.");

    /// <summary>Like <see cref="Parse"/>, without the exception.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Usd amount)
    {
        amount = default;
        var negative = text is ['-', ..];
        var digits = negative ? text[1..] : text;
        var dot = digits.IndexOf('.');
        var whole = dot < 0 ? digits : digits[..dot];
        var fraction = dot < 0 ? [] : digits[(dot + 1)..];
        if (whole.IsEmpty || whole.Length > 10 || fraction.Length > 10 || (dot >= 0 && fraction.IsEmpty))
            return false;

        Int128 ticks = 0;
        foreach (var c in whole)
        {
            if (!char.IsAsciiDigit(c)) return false;
            ticks = (ticks * 10) + (c - '0');
        }
        for (var i = 0; i < 10; i++)
        {
            var c = i < fraction.Length ? fraction[i] : '0';
            if (!char.IsAsciiDigit(c)) return false;
            ticks = (ticks * 10) + (c - '0');
        }
        if (negative) ticks = -ticks;
        if (ticks < long.MinValue || ticks > long.MaxValue) return false;
        amount = new((long)ticks);
        return true;
    }

    /// <summary>
    /// Reads a JSON number token as a feed that carries binary doubles writes it (xAI's usage): rounded once, half to even, to a
    /// tick. Everything after this is exact. Malformed, absurd (900 million dollars or more) or non-finite text is refused.
    /// </summary>
    public static bool TryParseWireNumber(ReadOnlySpan<char> raw, out Usd amount)
    {
        amount = default;
        var e = raw.IndexOfAny('e', 'E');
        var mantissa = e < 0 ? raw : raw[..e];
        var exponent = 0;
        if (e >= 0 && (raw.Length - e > 6 || !int.TryParse(raw[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)))
            return false;
        var negative = mantissa is ['-', ..];
        if (negative) mantissa = mantissa[1..];
        if (mantissa.IsEmpty || mantissa.Length > 400) return false;
        var dot = mantissa.IndexOf('.');
        if (dot == 0 || dot == mantissa.Length - 1) return false;

        BigInteger digits = 0;
        foreach (var c in mantissa)
        {
            if (c == '.' && dot >= 0) continue;
            if (!char.IsAsciiDigit(c)) return false;
            digits = (digits * 10) + (c - '0');
        }
        if (dot >= 0 && mantissa[(dot + 1)..].IndexOf('.') >= 0) return false;
        var scale = exponent - (dot < 0 ? 0 : mantissa.Length - dot - 1) + 10;
        if (digits.IsZero) return true;
        if (scale > 20) return false;

        BigInteger ticks;
        if (scale >= 0)
        {
            ticks = digits * BigInteger.Pow(10, scale);
        }
        else if (-scale > 420)
        {
            ticks = 0;
        }
        else
        {
            var divisor = BigInteger.Pow(10, -scale);
            ticks = BigInteger.DivRem(digits, divisor, out var rest);
            var twice = rest * 2;
            if (twice > divisor || (twice == divisor && !ticks.IsEven)) ticks += 1;
        }
        if (ticks >= (BigInteger)TicksPerDollar * 900_000_000) return false;
        amount = new((long)(negative ? -ticks : ticks));
        return true;
    }

    /// <summary>Shares the amount by weight, exactly: largest remainder, ties to the lower index. The shares add up to the amount.</summary>
    /// <param name="weights">Non-negative, at least one positive. Rational shares are given over a common denominator.</param>
    public Usd[] Split(ReadOnlySpan<BigInteger> weights)
    {
        BigInteger sum = 0;
        foreach (var w in weights)
            sum += w.Sign >= 0 ? w : throw new ArgumentException("A weight is negative.", nameof(weights));
        if (sum.IsZero) throw new ArgumentException("No weight is positive.", nameof(weights));

        // The sign is set aside so that a credit is shared as its mirror image would be.
        var magnitude = BigInteger.Abs(Ticks);
        var shares = new BigInteger[weights.Length];
        var rests = new (BigInteger Left, int Index)[weights.Length];
        BigInteger given = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            shares[i] = BigInteger.DivRem(magnitude * weights[i], sum, out var rest);
            rests[i] = (rest, i);
            given += shares[i];
        }
        Array.Sort(rests, static (a, b) => b.Left.CompareTo(a.Left) is var byRest and not 0 ? byRest : a.Index.CompareTo(b.Index));
        for (var i = 0; given < magnitude; i++, given++)
            shares[rests[i].Index] += 1;

        var result = new Usd[weights.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = new((long)(Ticks < 0 ? -shares[i] : shares[i]));
        return result;
    }

    /// <summary>Sum; throws on overflow.</summary>
    public static Usd operator +(Usd a, Usd b) => new(checked(a.Ticks + b.Ticks));

    /// <summary>Difference; throws on overflow.</summary>
    public static Usd operator -(Usd a, Usd b) => new(checked(a.Ticks - b.Ticks));

    /// <summary>The opposite amount.</summary>
    public static Usd operator -(Usd a) => new(checked(-a.Ticks));

    /// <summary>Less than.</summary>
    public static bool operator <(Usd a, Usd b) => a.Ticks < b.Ticks;

    /// <summary>More than.</summary>
    public static bool operator >(Usd a, Usd b) => a.Ticks > b.Ticks;

    /// <summary>At most.</summary>
    public static bool operator <=(Usd a, Usd b) => a.Ticks <= b.Ticks;

    /// <summary>At least.</summary>
    public static bool operator >=(Usd a, Usd b) => a.Ticks >= b.Ticks;

    /// <inheritdoc/>
    public int CompareTo(Usd other) => Ticks.CompareTo(other.Ticks);

    /// <summary>Plain dollars, at least two and at most ten decimals: <c>4.50</c>, <c>0.0000000001</c>, <c>-3.19</c>.</summary>
    public override string ToString()
    {
        var magnitude = Int128.Abs(Ticks);
        var whole = (long)(magnitude / TicksPerDollar);
        var fraction = ((long)(magnitude % TicksPerDollar)).ToString("D10", CultureInfo.InvariantCulture).AsSpan().TrimEnd('0');
        var sign = Ticks < 0 ? "-" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}.{fraction}{(fraction.Length switch { 0 => "00", 1 => "0", _ => "" })}");
    }
}

/// <summary>Money on the wire and in events: a decimal string in dollars.</summary>
public sealed class UsdJsonConverter : JsonConverter<Usd>
{
    /// <inheritdoc/>
    public override Usd Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Usd.TryParse(reader.GetString(), out var amount)
            ? amount
            : throw new JsonException("An amount must be a decimal string in dollars, such as \"12.50\".");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Usd value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
