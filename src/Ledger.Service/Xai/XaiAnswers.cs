using Ledger.Accounts;
using Ledger.Money;

namespace Ledger.Service.Xai;

/// <summary>Who a management key is, by its own validation.</summary>
/// <param name="Team">The team it belongs to; null for a key of an organization.</param>
/// <param name="Scope"><c>SCOPE_TEAM</c> or <c>SCOPE_ORGANIZATION</c>.</param>
/// <param name="KeyId">Id of the management key.</param>
/// <param name="Name">Its name in the console.</param>
/// <param name="Redacted">As the provider shows it.</param>
/// <param name="Acls">Its rights, such as <c>team-token:endpoint:BillingRead</c>.</param>
/// <param name="ClockAhead">By how much the provider's clock is ahead of ours, at least; negative: behind; null: it did not say.</param>
public sealed record XaiIdentity(string? Team, string? Scope, string? KeyId, string? Name, string? Redacted, IReadOnlyList<string> Acls, TimeSpan? ClockAhead)
{
    /// <summary>Whether it holds a right, by name or by a wildcard.</summary>
    public bool Holds(string acl) => Acls.Any(held => held == acl || (held.EndsWith(":*", StringComparison.Ordinal) && acl.StartsWith(held[..^1], StringComparison.Ordinal)));
}

/// <summary>The rights this product uses, and the only ones it wants.</summary>
public static class XaiRights
{
    /// <summary>Reads usage, invoice preview, balance and limits. "Billing: Read Only" in the console. The one right that is needed.</summary>
    public const string BillingRead = "team-token:endpoint:BillingRead";

    /// <summary>Lists API keys; useful for keys that have not spent yet.</summary>
    public const string ListApiKeys = "team-token:endpoint:ListApiKeys";
}

/// <summary>One API key of the team.</summary>
/// <param name="Id">As billing names it.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Redacted">As the provider shows it.</param>
/// <param name="Disabled">Null when not said.</param>
/// <param name="Created">Null when not said.</param>
public sealed record XaiKey(string Id, string? Name, string? Redacted, bool? Disabled, DateTimeOffset? Created);

/// <summary>What usage was read, and what had to be given up for it.</summary>
public sealed record XaiUsage
{
    /// <summary>
    /// In order, without gaps, covering whole buckets of what was asked, or of its end where the requests did not suffice for all of it: perhaps
    /// none. One, unless a crowded bucket could only be read under fewer dimensions: then it is a reading of its own.
    /// </summary>
    public required IReadOnlyList<Reading> Readings { get; init; }

    /// <summary>
    /// How many hours can be read at once, where answers were cut off or the requests did not suffice; the rest of what was asked is to be asked for
    /// again. Null: all of it was read, and easily.
    /// </summary>
    public required int? HoursAtOnce { get; init; }

    /// <summary>Width of the buckets: as asked, or 3600 when quarter-hours were refused.</summary>
    public required int BucketSeconds { get; init; }

    /// <summary>The provider refused quarter-hours; the reading is by the hour.</summary>
    public required bool QuarterHourRefused { get; init; }

    /// <summary>The provider refused <c>model</c>; the reading has <c>description</c>. Keep the choice and ask for it from now on.</summary>
    public required bool ModelRefused { get; init; }

    /// <summary>Some stretch had to be read under fewer dimensions than asked.</summary>
    public required bool DimensionsDropped { get; init; }

    /// <summary>How many requests it took.</summary>
    public required int Requests { get; init; }

    /// <summary>By how much the provider's clock is ahead of ours, at least; negative: behind; null: it did not say.</summary>
    public TimeSpan? ClockAhead { get; init; }

    /// <summary>Stretches whose answer left out its list of series. Where the books hold spend of one, nothing of the reading may be used.</summary>
    public required IReadOnlyList<Interval> Silent { get; init; }

    /// <summary>Dimensions asked for, after a refusal of <c>model</c>; crowded stretches may have fewer.</summary>
    public required DimensionSet Dimensions { get; init; }
}

/// <summary>A short stretch by finer buckets.</summary>
/// <param name="Lines">All of it, zeros too; none where there is no answer that can be used.</param>
/// <param name="Why">Why it can't be used: <see cref="Split.Refused"/>, <see cref="Split.CutOff"/> or <see cref="Split.Broken"/>; null: it can.</param>
/// <param name="Requests">How many it took.</param>
/// <param name="Answered">When the last one was answered.</param>
public sealed record FineUsage(IReadOnlyList<ReadLine> Lines, string? Why, int Requests, DateTimeOffset Answered);

/// <summary>What xAI says of the money on the account; unknown is null. Credit that is held is positive here, negative on the wire.</summary>
/// <param name="CycleYear">Billing cycle (a UTC month).</param>
/// <param name="CycleMonth">1 to 12.</param>
/// <param name="CycleTotal">Spend of the cycle.</param>
/// <param name="PrepaidCredit">Prepaid credit before this cycle's spend.</param>
/// <param name="PrepaidUsed">What this cycle used of it.</param>
/// <param name="PrepaidLeft">The difference. Never the settled ledger's total, which lags by a month.</param>
/// <param name="FreeCredit">Promotional credit that this cycle consumed.</param>
/// <param name="SpendingLimit">Effective limit of invoiced spend.</param>
/// <param name="Purchases">Top-ups that succeeded.</param>
/// <param name="Lines">Invoice preview lines; top-ups are left out.</param>
/// <param name="Asked">When we asked first.</param>
/// <param name="Answered">When the last answer was in.</param>
/// <param name="Funding">All prepaid money that came in.</param>
/// <param name="SettledThrough">The last cycle whose spend was taken off.</param>
public sealed record XaiBalance(
    int CycleYear, int CycleMonth, Usd? CycleTotal, Usd? PrepaidCredit, Usd? PrepaidUsed, Usd? PrepaidLeft, Usd? FreeCredit,
    Usd? SpendingLimit, Usd? Purchases, IReadOnlyList<InvoiceLine> Lines, DateTimeOffset Asked, DateTimeOffset Answered, Usd? Funding = null, string? SettledThrough = null)
{
    /// <summary>As the event of an account.</summary>
    public BalanceObserved For(string account) => new(
        account, CycleYear, CycleMonth, CycleTotal, PrepaidCredit, PrepaidUsed, PrepaidLeft, FreeCredit, SpendingLimit, Purchases, Lines, Asked, Answered, Funding, SettledThrough);
}

/// <summary>What the list of prepaid money says.</summary>
/// <param name="Purchases">Top-ups that succeeded.</param>
/// <param name="Funding">Those, with refunds and what was given or taken by hand.</param>
/// <param name="SettledThrough">The last cycle whose spend was taken off; null: none.</param>
public sealed record XaiPrepaid(Usd Purchases, Usd Funding, string? SettledThrough);

/// <summary>What <c>account test</c> found out.</summary>
/// <param name="Checks">In the order they were made.</param>
/// <param name="Team">The key's own team, where it is known.</param>
/// <param name="Identity">Who the key is, where the provider told.</param>
public sealed record XaiDiagnosis(IReadOnlyList<XaiCheck> Checks, string? Team, XaiIdentity? Identity = null)
{
    /// <summary>Whether the account can be read; warnings don't count.</summary>
    public bool Ok => Checks.All(check => check.Ok);
}

/// <summary>One finding in plain words.</summary>
/// <param name="Name">Stable: <c>key.text</c>, <c>key.valid</c>, <c>team</c>, <c>clock</c>, <c>rights.billing</c>, <c>rights.keys</c>, <c>rights.surplus</c>, <c>usage</c>, <c>balance</c>.</param>
/// <param name="Ok">False: the account can't be read because of it.</param>
/// <param name="Warning">It works, and somebody should know.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do about it.</param>
/// <param name="Kind">One of <see cref="FailureKind"/> where the provider failed or refused; null where we found it ourselves.</param>
public sealed record XaiCheck(string Name, bool Ok, bool Warning, string Detail, string? Fix, string? Kind = null);
