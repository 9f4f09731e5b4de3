using System.Globalization;

namespace Ledger.Money;

/// <summary>Amounts as people read them: <c>$1,234.50</c>, <c>-$3.00</c>, <c>$0.0042</c>, <c>&lt;$0.000001</c>; never <c>$0.00</c> for what is not nothing.</summary>
/// <remarks>JSON and CSV carry every digit instead (<see cref="Usd.ToString"/>).</remarks>
public static class Dollars
{
    private const long ticksPerCent = Usd.TicksPerDollar / 100;

    /// <summary>Two decimals from a cent up, four to six below; rounded half away from zero.</summary>
    public static string Show(Usd amount)
    {
        if (!IsBelowACent(amount)) return Cents(amount);
        var magnitude = Int128.Abs(amount.Ticks);
        // From a tenth of a cent up four decimals say enough.
        if (magnitude >= ticksPerCent / 10) return string.Create(CultureInfo.InvariantCulture, $"{Sign(amount)}$0.{(long)((magnitude + 500_000) / 1_000_000):D4}");
        var millionths = (long)((magnitude + 5_000) / 10_000);
        if (millionths == 0) return $"{Sign(amount)}<$0.000001";
        var decimals = millionths.ToString("D6", CultureInfo.InvariantCulture);
        return $"{Sign(amount)}$0.{(decimals.EndsWith("00", StringComparison.Ordinal) ? decimals[..4] : decimals)}";
    }

    /// <summary>The same; <c>-</c> for what is not known.</summary>
    public static string Show(Usd? amount) => amount is { } known ? Show(known) : "-";

    /// <summary>Two decimals; below a cent <c>&lt;$0.01</c>, for columns of figures.</summary>
    public static string Column(Usd amount) => IsBelowACent(amount) ? $"{Sign(amount)}<$0.01" : Cents(amount);

    /// <summary>An estimate: whole dollars from $10 on, for nobody knows its cents.</summary>
    public static string Rough(Usd amount)
    {
        var magnitude = Int128.Abs(amount.Ticks);
        if (magnitude < 10 * (Int128)Usd.TicksPerDollar) return Show(amount);
        return string.Create(CultureInfo.InvariantCulture, $"{Sign(amount)}${(long)((magnitude + (Usd.TicksPerDollar / 2)) / Usd.TicksPerDollar):#,0}");
    }

    /// <summary>With its sign, also when it is positive: by how much something moved.</summary>
    public static string Change(Usd amount) => (amount.Ticks > 0 ? "+" : "") + Show(amount);

    /// <summary>By how much it grew, in whole percent: <c>+12%</c>. Null where there is nothing to compare with.</summary>
    public static string? Growth(Usd before, Usd now)
    {
        if (before.Ticks <= 0) return null;
        if (now.Ticks / before.Ticks >= 10) return "more than 10 times";
        var (rise, whole) = ((Int128)now.Ticks - before.Ticks, (Int128)before.Ticks);
        var percent = (int)Int128.Max(((rise * 200) + (rise < 0 ? -whole : whole)) / (2 * whole), -9_999);
        return string.Create(CultureInfo.InvariantCulture, $"{(percent > 0 ? "+" : percent == 0 ? "±" : "")}{percent}%");
    }

    /// <summary>The same as it reads beside a figure: <c>+52 %</c> below double, <c>7.2×</c> from double on, <c>new</c> where there was nothing before. Null where that is below nothing.</summary>
    public static string? Against(Usd before, Usd now)
    {
        if (before.Ticks < 0) return null;
        if (before.Ticks == 0) return now.Ticks == 0 ? null : "new";
        var tenths = ((Int128)now.Ticks * 10 + (before.Ticks / 2)) / before.Ticks;
        if (tenths >= 20) return string.Create(CultureInfo.InvariantCulture, $"{(tenths >= 1000 ? $"{tenths / 10:#,0}" : $"{tenths / 10}.{tenths % 10}")}×");
        return Growth(before, now)!.Replace("%", " %", StringComparison.Ordinal).Replace('-', '−');
    }

    /// <summary>Thousandths as whole percent; a part that is there never reads 0%.</summary>
    public static string Percent(int permille)
    {
        var percent = (Math.Abs(permille) + 5) / 10;
        return percent == 0 && permille != 0 ? "<1%" : string.Create(CultureInfo.InvariantCulture, $"{(permille < 0 ? "-" : "")}{percent}%");
    }

    /// <summary>A part of a whole in thousandths; null where the whole is not positive.</summary>
    public static int? Permille(Usd part, Usd whole) =>
        whole.Ticks <= 0 ? null : (int)Int128.Clamp((Int128)part.Ticks * 1000 / whole.Ticks, -1_000_000, 1_000_000);

    private static bool IsBelowACent(Usd amount) => amount.Ticks != 0 && Int128.Abs(amount.Ticks) < ticksPerCent;

    private static string Sign(Usd amount) => amount.Ticks < 0 ? "-" : "";

    private static string Cents(Usd amount)
    {
        var cents = (long)((Int128.Abs(amount.Ticks) + (ticksPerCent / 2)) / ticksPerCent);
        return string.Create(CultureInfo.InvariantCulture, $"{Sign(amount)}${cents / 100:#,0}.{cents % 100:D2}");
    }
}
