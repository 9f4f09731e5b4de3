using System.Globalization;
using Ledger.Money;

namespace Ledger.Cli.Output;

/// <summary>How amounts, times and lengths of time are written for people.</summary>
internal static class Show
{
    /// <summary>What stands for "not known"; never 0.</summary>
    public const string Unknown = "-";

    /// <summary>So far from now a date carries its year, and no time of day.</summary>
    private static readonly TimeSpan Far = TimeSpan.FromDays(300);

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

    /// <summary><c>15:00</c> today, <c>Tue 15:00</c> within a week, <c>25 Nov 15:00</c> within about a year, else <c>25 Nov 2029</c>.</summary>
    public static string Time(string? text, string zone, DateTimeOffset now) => Time(text, zone, now, "HH:mm", isFarADay: true);

    /// <summary>An edge, a reading or an hour: with its time of day however far away it is, and to the second where it has some.</summary>
    public static string Edge(string? text, string zone, DateTimeOffset now) =>
        Time(text, zone, now, Instants.TryParse(text, out var at) && at.Ticks % TimeSpan.TicksPerMinute != 0 ? "HH:mm:ss" : "HH:mm", isFarADay: false);

    /// <summary>A day, where it is its first instant: <c>25 Nov</c>.</summary>
    public static string Day(string? text, string zone, DateTimeOffset now) =>
        Instants.TryParse(text, out var at) && WallClock.LocalOf(at, zone) is { TimeOfDay.Ticks: 0 } local
            ? local.ToString((at - now).Duration() < Far ? "d MMM" : "d MMM yyyy", CultureInfo.InvariantCulture)
            : Time(text, zone, now);

    private static string Time(string? text, string zone, DateTimeOffset now, string clock, bool isFarADay)
    {
        if (text is null) return Unknown;
        if (!Instants.TryParse(text, out var at)) return SafeText.Of(text);
        var (local, here) = (WallClock.LocalOf(at, zone), WallClock.LocalOf(now, zone));
        return local.ToString(
            local.Date == here.Date ? clock
            : (local.Date - here.Date).Duration() < TimeSpan.FromDays(7) ? "ddd " + clock
            : (local.Date - here.Date).Duration() < Far ? "d MMM " + clock
            : isFarADay ? "d MMM yyyy" : "d MMM yyyy " + clock, CultureInfo.InvariantCulture);
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
