using Ledger.Money;

namespace Ledger.Contracts;

/// <summary>
/// Connects a provider account and reads 90 days of it: <c>POST /api/v1/accounts</c>. The answer comes when they are in the books and the views, or
/// at once. A caller that accepts <c>application/x-ndjson</c> is told how far it is.
/// </summary>
/// <param name="Provider"><c>xai</c>.</param>
/// <param name="Label">What people call it; unique among connected accounts.</param>
/// <param name="Team">The provider's id of the team; needed where the key does not say it.</param>
/// <param name="Bucket">
/// The finest width used where a mission begins or ends, or a key changes hands: <c>auto</c> (default; to the second), <c>1m</c>, <c>1h</c> (hours are
/// never split), or <c>15m</c>: everything by the quarter-hour. Left out: as it was before the account was removed, else <c>auto</c>.
/// </param>
/// <param name="SettlementLag">
/// How late figures settle, <c>0s</c> to <c>6h</c>; <c>default</c>: as the provider says (xAI: 5 minutes). Left out: as it was before the account was
/// removed, else the default.
/// </param>
/// <param name="Credential">A management key.</param>
/// <param name="NoWait">Answer once it is connected.</param>
public sealed record ConnectAccount(string? Provider, string? Label, string? Team, string? Bucket, string? SettlementLag, Secret? Credential, bool? NoWait);

/// <summary>What connecting brought.</summary>
/// <param name="Account">The account.</param>
/// <param name="Keys">Its keys.</param>
/// <param name="Readings">How many days were read.</param>
/// <param name="Lines">Lines that the books hold of them.</param>
/// <param name="Billed">What the books hold of the account.</param>
/// <param name="Warnings">What somebody should know.</param>
public sealed record ConnectedAccount(AccountSummary Account, IReadOnlyList<KeySummary> Keys, int Readings, long Lines, Usd Billed, IReadOnlyList<string> Warnings);

/// <summary>Replaces an account's key by another of the same team; the books go on: <c>POST /api/v1/accounts/{label}/rotate</c>.</summary>
/// <param name="Credential">A management key.</param>
public sealed record RotateKey(Secret? Credential);

/// <summary>Changes an account's label, the width of its buckets from the next hour on, or its settlement lag: <c>PATCH /api/v1/accounts/{label}</c>.</summary>
/// <param name="Label">New label.</param>
/// <param name="Bucket"><c>auto</c>, <c>1m</c>, <c>15m</c> or <c>1h</c>.</param>
/// <param name="SettlementLag"><c>0s</c> to <c>6h</c>, or <c>default</c>.</param>
public sealed record EditAccount(string? Label, string? Bucket, string? SettlementLag);

/// <summary>Reads 35 days now, or from an instant on: <c>POST /api/v1/accounts/{label}/sync</c>. Waiting ends after 30 seconds; the reading goes on.</summary>
/// <param name="NoWait">Answer at once.</param>
/// <param name="Since">From where on, in the words of <c>report</c>; 35 days without it. The newest is read first, a week at a time.</param>
public sealed record SyncAccount(bool? NoWait, string? Since = null);

/// <summary>What a reading brought; unknown where nobody waited for it.</summary>
/// <param name="Account">The account.</param>
/// <param name="Queued">Nobody waited.</param>
/// <param name="Readings">Stretches that were read.</param>
/// <param name="LinesChanged">Lines that changed.</param>
/// <param name="Through">When the last complete reading was asked.</param>
public sealed record SyncedAccount(AccountSummary Account, bool Queued, int? Readings, int? LinesChanged, DateTimeOffset? Through);

/// <summary>Finds out in plain words whether an account can be read: <c>POST /api/v1/accounts/{label}/test</c>. Changes nothing.</summary>
public sealed record TestAccount;

/// <summary>What was found out.</summary>
/// <param name="Ok">The account can be read.</param>
/// <param name="Exit">Exit code of the command line: 0, 77 where the key or its rights are the matter, 69 where the provider can't be reached.</param>
/// <param name="Team">The key's team.</param>
/// <param name="Scope">What the key is for.</param>
/// <param name="Acls">Its rights.</param>
/// <param name="Checks">In the order they were made.</param>
/// <param name="Warnings">What works, and somebody should know.</param>
public sealed record TestedAccount(bool Ok, int Exit, string? Team, string? Scope, IReadOnlyList<string> Acls, IReadOnlyList<AccountCheck> Checks, IReadOnlyList<string> Warnings);

/// <summary>One finding.</summary>
/// <param name="Name">Stable: <c>key.valid</c>, <c>team</c>, <c>rights.billing</c> …</param>
/// <param name="Ok">False: the account can't be read because of it.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record AccountCheck(string Name, bool Ok, string Detail, string? Fix);

/// <summary>All accounts: <c>GET /api/v1/accounts</c>.</summary>
public sealed record AccountList(IReadOnlyList<AccountSummary> Accounts);

/// <summary>What a command about one account answers.</summary>
public sealed record AccountAnswer(AccountSummary Account);

/// <summary>An account, how fresh its figures are, and what the provider last said of its money.</summary>
/// <param name="Id">Id; the same team always has the same.</param>
/// <param name="Label">What people call it.</param>
/// <param name="Provider"><c>xai</c>.</param>
/// <param name="Team">The provider's id of the team.</param>
/// <param name="BucketSeconds">Width of the buckets that every reading asks for now.</param>
/// <param name="Bucket"><c>auto</c>, <c>1m</c>, <c>15m</c> or <c>1h</c>.</param>
/// <param name="SettlementLag">How late figures settle.</param>
/// <param name="State"><c>connecting</c>, <c>ok</c>, <c>failing</c> or <c>removed</c>.</param>
/// <param name="Since">Since when it fails or is removed, else since when it is connected.</param>
/// <param name="Error">Why it can't be read; null when it can.</param>
/// <param name="Through">When the last complete reading was asked; null: never.</param>
/// <param name="LagSeconds">How long ago that is.</param>
/// <param name="Stale">It can't be read, or was read longer ago than two polls take.</param>
/// <param name="Credential">The key it is read with; null: there is none.</param>
/// <param name="Balance">The money on it; null: not known yet.</param>
/// <param name="KeysListedAt">When the provider last listed its keys: a newer key is known once it spends. Null: it never did.</param>
public sealed record AccountSummary(
    string Id, string Label, string Provider, string Team, int BucketSeconds, string Bucket, SettlementLagSummary SettlementLag, string State, DateTimeOffset? Since, AccountError? Error,
    DateTimeOffset? Through, long? LagSeconds, bool Stale, CredentialSummary? Credential, BalanceSummary? Balance, DateTimeOffset? KeysListedAt);

/// <summary>The settlement lag: set, or the provider's default.</summary>
/// <param name="Seconds">How late figures settle.</param>
/// <param name="Learned">Always false: 0.1 learned it from the feed.</param>
/// <param name="Assumed">Nobody set it: it is the provider's default.</param>
public sealed record SettlementLagSummary(int? Seconds, bool Learned, bool Assumed);

/// <summary>Why an account can't be read.</summary>
/// <param name="Kind">Stable word: <c>auth</c>, <c>permission</c>, <c>rate-limited</c>, <c>unreachable</c>, <c>contract</c>, <c>not-found</c>.</param>
/// <param name="Detail">What happened, until when, and what to do about it, in words.</param>
/// <param name="RetryAt">When it is tried again.</param>
public sealed record AccountError(string Kind, string Detail, DateTimeOffset? RetryAt);

/// <summary>A stored key: its last characters, never itself.</summary>
public sealed record CredentialSummary(string Redacted, DateTimeOffset StoredAt);

/// <summary>What the provider says of the money on an account; unknown is null.</summary>
public sealed record BalanceSummary(
    int CycleYear, int CycleMonth, Usd? CycleTotal, Usd? PrepaidCredit, Usd? PrepaidUsed, Usd? PrepaidLeft, Usd? FreeCredit, Usd? SpendingLimit, Usd? Purchases, DateTimeOffset At);
