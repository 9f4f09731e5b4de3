using System.Globalization;

namespace Ledger.Money;

/// <summary>Amounts as people read them: <c>$1,234.50</c>, <c>-$3.00</c>, <c>$0.0042</c>, <c>&lt;$0.000001</c>; never <c>$0.00</c> for what is not nothing.</summary>
public static class Dollars
{
    /// <summary>Two decimals from a cent up, four to six below; rounded half away from zero.</summary>
    public static string Show(Usd amount)
    {
        var ticks = Int128.Abs(amount.Ticks);
        var sign = amount.Ticks < 0 ? "-" : "";
        if (ticks == 0) return "$0.00";
        var decimals = ticks >= Usd.TicksPerDollar / 100 ? 2 : ticks >= Usd.TicksPerDollar / 10_000 ? 4 : 6;
        var unit = (Int128)Usd.TicksPerDollar;
        for (var i = 0; i < decimals; i++) unit /= 10;
        var rounded = (ticks + (unit / 2)) / unit;
        if (rounded == 0) return $"{sign}<$0.000001";
        var whole = rounded;
        for (var i = 0; i < decimals; i++) whole /= 10;
        var scale = (Int128)1;
        for (var i = 0; i < decimals; i++) scale *= 10;
        return string.Create(CultureInfo.InvariantCulture, $"{sign}${(long)whole:N0}.{((long)(rounded - (whole * scale))).ToString(CultureInfo.InvariantCulture).PadLeft(decimals, '0')}");
    }

    /// <summary>The same; <c>-</c> for what is not known.</summary>
    public static string Show(Usd? amount) => amount is { } known ? Show(known) : "-";
}
