using Ledger.Money;

namespace Ledger.Cli.Output;

/// <summary>Bars of a line's height. In those with a limit it stands at three quarters, so that the limits of a list align and what is right of them is over.</summary>
internal static class Bars
{
    private const char Full = '━';
    private const char Track = '─';
    private const char Limit = '┃';

    /// <summary>What was spent of a limit; empty where one of them is not known.</summary>
    public static string OfLimit(Usd? spent, Usd? limit, int cells)
    {
        if (spent is not { } s || limit is not { Ticks: > 0 } l) return "";
        var at = cells * 3 / 4;
        var filled = Filled(s, l, at, cells - 1);
        return new string(Full, Math.Min(filled, at)) + new string(Track, Math.Max(0, at - filled)) + Limit + new string(Full, Math.Max(0, filled - at)) + new string(Track, cells - 1 - Math.Max(filled, at));
    }

    /// <summary>What is left of credit.</summary>
    public static string OfCredit(Usd? left, Usd? of, int cells)
    {
        if (left is not { } l || of is not { Ticks: > 0 } whole) return "";
        var filled = Filled(l, whole, cells, cells);
        return new string(Full, filled) + new string(Track, cells - filled);
    }

    /// <summary>Something is never drawn as nothing.</summary>
    private static int Filled(Usd amount, Usd whole, int cells, int most) =>
        amount.Ticks <= 0 ? 0 : (int)Math.Clamp(Math.Round((decimal)amount.Ticks * cells / whole.Ticks, MidpointRounding.AwayFromZero), 1, most);
}
