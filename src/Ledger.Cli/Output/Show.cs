using System.Globalization;
using Ledger.Money;

namespace Ledger.Cli.Output;

/// <summary>How amounts, times and lengths of time are written for people.</summary>
internal static class Show
{
    /// <summary>What stands for "not known"; never 0.</summary>
    public const string Unknown = "-";

    /// <summary><c>$1,234.50</c>; below a cent <c>&lt;$0.01</c>, so that something never looks like nothing.</summary>
    public static string Money(string? amount) => Money(amount, fine: false);

    /// <summary>Like <see cref="Money(string?)"/>, with four to six decimals below a cent.</summary>
    public static string FineMoney(string? amount) => Money(amount, fine: true);

    /// <summary>Every digit, for those who check the sum.</summary>
    public static string ExactMoney(string? amount) =>
        amount is null ? Unknown : Usd.TryParse(amount, out var usd) ? usd.ToString() : SafeText.Of(amount);

    /// <summary>Every digit, with the sign before the dollar.</summary>
    public static string ExactDollars(string? amount) =>
        amount is null ? Unknown : ExactMoney(amount) is ['-', .. var magnitude] ? "-$" + magnitude : "$" + ExactMoney(amount);

    private static string Money(string? amount, bool fine) =>
        amount is null ? Unknown
        : !Usd.TryParse(amount, out var usd) ? SafeText.Of(amount)
        : fine ? Dollars.Show(usd) : Dollars.Column(usd);

    /// <summary>A time to the minute in the zone asked for; seconds only where there are some.</summary>
    public static string Time(string? text, string zone)
    {
        if (text is null) return Unknown;
        if (!Instants.TryParse(text, out var at)) return SafeText.Of(text);
        at = WallClock.LocalOf(at, zone);
        return at.ToString(at.Second == 0 && at.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    /// <summary>The two biggest units: <c>3 d 4 h</c>, <c>25 min</c>, <c>12 s</c>.</summary>
    public static string Duration(TimeSpan length) => length switch
    {
        { TotalSeconds: < 0 } => "0 s",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)length.TotalSeconds} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)length.TotalMinutes} min"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{length.Hours} h{(length.Minutes > 0 ? $" {length.Minutes} min" : "")}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)length.TotalDays} d{(length.Hours > 0 ? $" {length.Hours} h" : "")}"),
    };

    public static string Seconds(double? seconds) =>
        seconds is not { } s ? Unknown : Duration(TimeSpan.FromSeconds(Math.Clamp(s, 0, 3e9)));
}
