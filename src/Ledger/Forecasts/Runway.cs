using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Money;

namespace Ledger.Forecasts;

/// <summary>When prepaid credit runs out.</summary>
/// <param name="Account">Account id.</param>
/// <param name="AccountName">Its label.</param>
/// <param name="Left">Credit left, as the provider's invoice preview has it.</param>
/// <param name="Of">Credit at the start of its cycle; null when unknown.</param>
/// <param name="LastHour">Spent in the last hour of data.</param>
/// <param name="LastDay">Spent in the last 24 hours of data.</param>
/// <param name="LastWeek">Spent in the last 7 days of data.</param>
/// <param name="RunsOut">At the last day's rate; null: not at present rates, or not known.</param>
/// <param name="Earliest">At the quickest of the three rates.</param>
/// <param name="Latest">At the slowest of the three rates that is not 0.</param>
/// <param name="Through">How far the data reaches; rates end here.</param>
/// <param name="Why">Why there is no answer; null when there is one.</param>
public sealed record Runway(
    string Account, string AccountName, Usd Left, Usd? Of, Usd LastHour, Usd LastDay, Usd LastWeek, DateTimeOffset? RunsOut, DateTimeOffset? Earliest, DateTimeOffset? Latest,
    DateTimeOffset? Through, string? Why);

/// <summary>When an account's prepaid credit runs out, and when that is worth a word.</summary>
public static class Runways
{
    private static readonly (string Level, TimeSpan Left, Severity Severity)[] times =
        [("4h", TimeSpan.FromHours(4), Severity.Critical), ("24h", TimeSpan.FromHours(24), Severity.Critical), ("72h", TimeSpan.FromHours(72), Severity.Warning)];

    private static readonly (string Level, int Percent, Severity Severity)[] parts =
        [("10%", 10, Severity.Critical), ("20%", 20, Severity.Warning), ("50%", 50, Severity.Info)];

    /// <summary>Beyond this a run-out is not worth a date.</summary>
    private static readonly TimeSpan farthest = TimeSpan.FromDays(3660);

    /// <summary>
    /// Credit left divided by what the last hour, 24 hours and 7 days cost per hour: the 24 hours give the answer, all three its range.
    /// Null when the account's credit is not known.
    /// </summary>
    /// <param name="account">With what its provider last said of its money.</param>
    /// <param name="series">The account's spend.</param>
    public static Runway? Of(Account account, SpendSeries series)
    {
        if (account.Balance is not { PrepaidLeft: { } left } balance) return null;
        // Who has no credit in this cycle and spends all the same is invoiced; who never bought any lives on what is free. Nothing of it can run out.
        var invoiced = balance.SpendingLimit != Usd.Zero || balance.CycleTotal is { Ticks: > 0 };
        if (balance.PrepaidCredit == Usd.Zero && balance.PrepaidUsed is not { Ticks: > 0 } && (invoiced || balance.Purchases is not { Ticks: > 0 })) return null;
        var (hour, day, week) = (series.Last(TimeSpan.FromHours(1)), series.Last(TimeSpan.FromDays(1)), series.Last(TimeSpan.FromDays(7)));
        Runway With(DateTimeOffset? at, DateTimeOffset? earliest, DateTimeOffset? latest, string? why) =>
            new(account.Id, account.Label, left, balance.PrepaidCredit, hour, day, week, at, earliest, latest, series.Through, why);
        if (series.Through is not { } through) return With(null, null, null, "nothing was read of this account yet");
        if (left <= Usd.Zero) return With(through, through, through, null);
        if (week > Usd.Zero && Forecasting.TooLittle(series) is { } why) return With(null, null, null, why);

        DateTimeOffset? At(Usd spent, TimeSpan length)
        {
            var over = series.Observed < length ? series.Observed : length;
            if (spent <= Usd.Zero || over <= TimeSpan.Zero) return null;
            var lasts = (Int128)left.Ticks * over.Ticks / spent.Ticks;
            return lasts > farthest.Ticks ? null : (through + new TimeSpan((long)lasts)).ToMicroseconds();
        }
        var answers = new[] { At(hour, TimeSpan.FromHours(1)), At(day, TimeSpan.FromDays(1)), At(week, TimeSpan.FromDays(7)) };
        var best = answers[1] ?? answers[2];
        return best is null
            ? With(null, null, null, week <= Usd.Zero ? "nothing was spent in the last 7 days" : "not within ten years")
            : With(best, answers.Min(), answers.Max(), null);
    }

    /// <summary>The levels that are reached, worst first: time left, and part of the credit left.</summary>
    public static IReadOnlyList<(string Level, Severity Severity)> Short(Runway runway, DateTimeOffset now) =>
    [
        .. times.Where(t => runway.RunsOut is { } end && end - now <= t.Left).Select(t => (t.Level, t.Severity))
            .Concat(parts.Where(p => Part(runway) is { } left && left <= p.Percent * 100).Select(p => (p.Level, p.Severity)))
            .OrderByDescending(l => l.Severity),
    ];

    /// <summary>Well clear of a level: twice the time, or a twentieth of the credit more. So that a quiet hour is no news.</summary>
    public static bool Clear(Runway runway, string level, DateTimeOffset now)
    {
        foreach (var time in times)
            if (time.Level == level)
                return runway.RunsOut is { } end ? end - now > 2 * time.Left : runway.Left > Usd.Zero && runway.Through is not null;
        foreach (var part in parts)
            if (part.Level == level)
                return Part(runway) is { } left && left > (part.Percent + 5) * 100;
        return false;
    }

    /// <summary>What makes an alert this one. A level that was clear again meanwhile is armed anew.</summary>
    /// <param name="account">Account id.</param>
    /// <param name="level">The level.</param>
    /// <param name="recoveries">How often the level recovered so far.</param>
    public static string KeyOf(string account, string level, long recoveries) => $"runway:{account}:{level}:{recoveries}";

    /// <summary>Left of the credit in hundredths of a percent, rounded up: a level is reached only when it truly is.</summary>
    private static long? Part(Runway runway) => runway.Of is { } of && of > Usd.Zero ? (long)((((Int128)runway.Left.Ticks * 10_000) + of.Ticks - 1) / of.Ticks) : null;
}
