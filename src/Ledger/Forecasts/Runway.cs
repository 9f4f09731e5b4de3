using System.Text.Json.Serialization;
using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Money;

namespace Ledger.Forecasts;

/// <summary>When prepaid credit runs out.</summary>
/// <param name="Account">Account id.</param>
/// <param name="AccountName">Its label.</param>
/// <param name="Left">Credit left, at most: what was left when the balance was read, less what was billed since.</param>
/// <param name="Of">Credit when money last came in; null when unknown.</param>
/// <param name="LastHour">Spent in the last hour of data.</param>
/// <param name="LastDay">Spent in the last 24 hours of data.</param>
/// <param name="LastWeek">Spent in the last 7 days of data.</param>
/// <param name="RunsOut">At the last day's rate, or the last hour's where that is several times as much; null: not at present rates, or not known.</param>
/// <param name="Earliest">At the quickest of the three rates.</param>
/// <param name="Latest">At the slowest of the three rates that is not 0.</param>
/// <param name="Through">How far the data reaches; rates end here.</param>
/// <param name="Why">Why there is no answer; null when there is one.</param>
/// <param name="PerDay">The rate <paramref name="RunsOut"/> follows from, in dollars a day; null: there is none.</param>
/// <param name="CreditReadAt">When the balance was last read; null: events of 0.1 don't say.</param>
/// <param name="BilledSince">Billed since then; null like <paramref name="CreditReadAt"/>.</param>
/// <param name="CreditStale">The balance was read longer ago than two polls take.</param>
/// <param name="CreditTrouble">Why the balance can't be read, in a sentence; null when it can.</param>
public sealed record Runway(
    string Account, string AccountName, Usd Left, Usd? Of, Usd LastHour, Usd LastDay, Usd LastWeek, DateTimeOffset? RunsOut, DateTimeOffset? Earliest, DateTimeOffset? Latest,
    DateTimeOffset? Through, string? Why,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Usd? PerDay = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? CreditReadAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Usd? BilledSince = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool CreditStale = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CreditTrouble = null);

/// <summary>When an account's prepaid credit runs out, and when that is worth a word.</summary>
public static class Runways
{
    private static readonly (string Level, TimeSpan Left, Severity Severity)[] times =
        [("4h", TimeSpan.FromHours(4), Severity.Critical), ("24h", TimeSpan.FromHours(24), Severity.Critical), ("72h", TimeSpan.FromHours(72), Severity.Warning)];

    private static readonly (string Level, int Percent, Severity Severity)[] parts =
        [("10%", 10, Severity.Critical), ("20%", 20, Severity.Warning), ("50%", 50, Severity.Info)];

    /// <summary>Beyond this a run-out is not worth a date.</summary>
    private static readonly TimeSpan farthest = TimeSpan.FromDays(3660);

    /// <summary>An hour that burns so many times what the day's hours did says when it ends.</summary>
    private const int burns = 3;

    /// <summary>
    /// Credit left divided by what the last hour, 24 hours and 7 days cost per hour: the 24 hours give the answer, all three its range. Where the
    /// last hour burns several times the day's rate, it gives the answer. Null when the account's credit is not known.
    /// </summary>
    /// <param name="account">With what its provider last said of its money.</param>
    /// <param name="credit">What is left of it; null: not known.</param>
    /// <param name="series">The account's spend.</param>
    public static Runway? Of(Account account, CreditNow? credit, SpendSeries series)
    {
        if (credit is not { Left: var left } || account.Balance is not { } balance) return null;
        // Who has no credit in this cycle and spends all the same is invoiced; who never bought any lives on what is free. Nothing of it can run out.
        var invoiced = balance.SpendingLimit != Usd.Zero || balance.CycleTotal is { Ticks: > 0 };
        if (balance.PrepaidCredit == Usd.Zero && balance.PrepaidUsed is not { Ticks: > 0 } && (invoiced || balance.Purchases is not { Ticks: > 0 })) return null;
        var (hour, day, week) = (series.Last(TimeSpan.FromHours(1)), series.Last(TimeSpan.FromDays(1)), series.Last(TimeSpan.FromDays(7)));
        Runway With(DateTimeOffset? at, DateTimeOffset? earliest, DateTimeOffset? latest, string? why, Usd? perDay = null) =>
            new(account.Id, account.Label, left, credit.Of, hour, day, week, at, earliest, latest, series.Through, why, perDay, credit.ReadAt, credit.BilledSince, credit.Stale, credit.Trouble);
        if (series.Through is not { } through) return With(null, null, null, "nothing was read of this account yet");
        if (left <= Usd.Zero) return With(through, through, through, null);
        if (week > Usd.Zero && Forecasting.TooLittle(series) is { } why) return With(null, null, null, why);

        (DateTimeOffset? At, Usd? PerDay) At(Usd spent, TimeSpan length)
        {
            var over = series.Observed < length ? series.Observed : length;
            if (spent <= Usd.Zero || over <= TimeSpan.Zero) return default;
            var lasts = (Int128)left.Ticks * over.Ticks / spent.Ticks;
            if (lasts > farthest.Ticks) return default;
            return ((through + new TimeSpan((long)lasts)).ToMicroseconds(), new Usd((long)Int128.Min((Int128)spent.Ticks * TimeSpan.TicksPerDay / over.Ticks, long.MaxValue)));
        }
        var (byHour, byDay, byWeek) = (At(hour, TimeSpan.FromHours(1)), At(day, TimeSpan.FromDays(1)), At(week, TimeSpan.FromDays(7)));
        var best = byHour.PerDay is { } now && (byDay.PerDay ?? byWeek.PerDay) is { } usual && (Int128)now.Ticks >= (Int128)usual.Ticks * burns ? byHour : byDay.At is not null ? byDay : byWeek;
        DateTimeOffset?[] answers = [byHour.At, byDay.At, byWeek.At];
        return best.At is null
            ? With(null, null, null, week <= Usd.Zero ? "nothing was spent in the last 7 days" : "not within ten years")
            : With(best.At, answers.Min(), answers.Max(), null, best.PerDay);
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
