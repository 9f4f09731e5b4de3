using System.Globalization;
using System.Text.Json.Serialization;
using Ledger.Money;

namespace Ledger.Accounts;

/// <summary>
/// An account's prepaid credit, carried from one reading of its balance to the next. Purchases, refunds and grants make it rise, and the
/// provider taking back what it counted as used in a cycle. A month that turns does not: xAI settles a month some time after its end, and until then its
/// preview counts the month's spend as neither used nor taken off.
/// </summary>
/// <param name="Left">What was left when it was read, at most.</param>
/// <param name="Of">What it was when money last came in; what part is left is told of this.</param>
/// <param name="Cycle">Billing cycle of the reading: <c>2026-11</c>.</param>
/// <param name="Begun">Credit at the start of the cycle, as the provider had it.</param>
/// <param name="Used">What the cycle used of it, as the provider had it.</param>
/// <param name="Funding">All money that came in, as far as the provider lists it; null: it does not.</param>
/// <param name="Unsettled">The cycle whose spend the provider has not taken off yet; null: none.</param>
public sealed record Credit(
    Usd Left, Usd Of, string Cycle, Usd Begun, Usd Used, Usd? Funding, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Unsettled = null)
{
    /// <summary>The first day of a month may still be told with the figures of the month before.</summary>
    private static readonly TimeSpan turns = TimeSpan.FromDays(1);

    /// <summary>The credit after another reading of the balance. One that does not say what is left changes nothing.</summary>
    public static Credit? After(Credit? before, BalanceObserved now)
    {
        if (now is not { PrepaidCredit: { } begun, PrepaidUsed: { } used, PrepaidLeft: { } left }) return before;
        var cycle = CycleOf(now.CycleYear, now.CycleMonth);
        if (before is null) return new(left, begun, cycle, begun, used, now.Funding);
        var age = string.CompareOrdinal(cycle, before.Cycle);
        // An answer of an earlier cycle than we have seen is an old one.
        if (age < 0) return left < before.Left ? before with { Left = left } : before;

        var bought = Rise(before.Funding, now.Funding);
        // What a cycle began with rises when money comes in, also where nothing is listed.
        if (age == 0) bought = Max(bought, begun - before.Begun);
        var after = before with { Cycle = cycle, Begun = begun, Used = used, Funding = now.Funding ?? before.Funding, Unsettled = age > 0 ? before.Cycle : before.Unsettled };
        if (after.Unsettled is { } open)
        {
            var isOld = age > 0 && used >= before.Used && before.Used > Usd.Zero && now.Answered - StartOf(now) < turns;
            var spent = age == 0 || isOld ? Max(used - before.Used, Usd.Zero) : used;
            var most = before.Left + bought - spent;
            // It is settled once the provider has taken the old cycle's spend off what the new one begins with.
            var isSettled = !isOld && (begun - used <= most || (string.CompareOrdinal(now.SettledThrough, open) >= 0 && begun < before.Begun + bought));
            after = isSettled ? after with { Left = left, Unsettled = null } : after with { Left = most };
        }
        else
        {
            after = after with { Left = left };
        }
        return bought > Usd.Zero ? after with { Of = after.Unsettled is null ? begun : before.Left + bought } : after;
    }

    /// <summary>A billing cycle as text, in the order of time.</summary>
    public static string CycleOf(int year, int month) => string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}");

    private static DateTimeOffset StartOf(BalanceObserved balance) => new(balance.CycleYear, balance.CycleMonth, 1, 0, 0, 0, TimeSpan.Zero);

    private static Usd Rise(Usd? before, Usd? now) => before is { } from && now is { } to ? Max(to - from, Usd.Zero) : Usd.Zero;

    private static Usd Max(Usd one, Usd other) => one > other ? one : other;
}

/// <summary>What is left of an account's prepaid credit now: what was left when the balance was last read, less what was billed since.</summary>
/// <param name="Left">Left, at most.</param>
/// <param name="Of">What it was when money last came in.</param>
/// <param name="ReadAt">When the balance was last read.</param>
/// <param name="BilledSince">Billed on the account since then.</param>
/// <param name="Stale">The balance was read longer ago than two polls take.</param>
/// <param name="Trouble">Why the balance can't be read, in a sentence; null when it can.</param>
public sealed record CreditNow(Usd Left, Usd Of, DateTimeOffset ReadAt, Usd BilledSince, bool Stale, string? Trouble)
{
    /// <summary>Carries credit on. What comes after the last of it is invoiced, so it does not fall below nothing by what was billed.</summary>
    public static CreditNow From(Credit credit, DateTimeOffset readAt, Usd billedSince, bool stale = false, string? trouble = null)
    {
        var left = billedSince > Usd.Zero && credit.Left > Usd.Zero ? credit.Left - billedSince : credit.Left;
        return new(credit.Left > Usd.Zero && left < Usd.Zero ? Usd.Zero : left, credit.Of, readAt, billedSince, stale, trouble);
    }
}
