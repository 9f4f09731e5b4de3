using System.Text.Json.Serialization;
using Ledger.Money;

namespace Ledger.Accounts;

/// <summary>A provider account was connected (or connected again after a removal: its id is the same, so its books go on).</summary>
/// <param name="Account">Derived from provider and team.</param>
/// <param name="Provider"><c>xai</c>.</param>
/// <param name="Team">The provider's own id of the team, opaque.</param>
/// <param name="Label">What people call it; unique among connected accounts.</param>
/// <param name="BucketSeconds">Width of buckets that every reading asks for: 3600, or 900 for quarter-hours.</param>
/// <param name="SettlementLagSeconds">How late figures settle; null: the provider's default.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
/// <param name="FinestSeconds">
/// Finest width used at edges: 1, 60, or <paramref name="BucketSeconds"/>, which splits nothing. Null (0.1 wrote none): 1 where buckets are hours.
/// </param>
public sealed record AccountConnected(
    string Account, string Provider, string Team, string Label, int BucketSeconds, int? SettlementLagSeconds, DateTimeOffset At, string? By,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? FinestSeconds = null) : ILedgerEvent;

/// <summary>An account's settings were changed; null leaves a setting as it was.</summary>
/// <param name="Account">The account.</param>
/// <param name="Label">New label.</param>
/// <param name="BucketSeconds">New width, from <paramref name="BucketsFrom"/> on.</param>
/// <param name="BucketsFrom">A whole UTC hour.</param>
/// <param name="SettlementLag">New settlement lag.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
/// <param name="FinestSeconds">New finest width at edges; see <see cref="AccountConnected"/>.</param>
public sealed record AccountEdited(
    string Account, string? Label, int? BucketSeconds, DateTimeOffset? BucketsFrom, SettlementLag? SettlementLag, DateTimeOffset At, string? By,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? FinestSeconds = null) : ILedgerEvent;

/// <summary>How late an account's figures settle.</summary>
/// <param name="Seconds">0 to 21,600, or null: the provider's default.</param>
public sealed record SettlementLag(int? Seconds);

/// <summary>A billing credential was stored or replaced. The secret itself never enters an event.</summary>
/// <param name="Account">The account.</param>
/// <param name="Credential">Id of the row that holds it, encrypted.</param>
/// <param name="Fingerprint">Keyed hash, to tell two credentials apart.</param>
/// <param name="Redacted">The last characters, for people.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record CredentialStored(string Account, string Credential, string Fingerprint, string Redacted, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>An account is no longer read and its credential is deleted. Its books stay.</summary>
/// <param name="Account">The account.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record AccountRemoved(string Account, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>
/// The lines of one reading that changed. Each carries the total it replaces, so a line's delta is a property of a single event.
/// </summary>
public sealed record UsageSnapshotTaken : ILedgerEvent
{
    /// <summary>The account.</summary>
    public required string Account { get; init; }

    /// <summary>The reading's id; the parts of one reading share it.</summary>
    public required string Reading { get; init; }

    /// <summary>Which part of the reading this is, from 1.</summary>
    public required int Part { get; init; }

    /// <summary>How many parts the reading has.</summary>
    public required int Parts { get; init; }

    /// <summary>The instant the reading counts as asked at: the bookmark's own where one asked for it, else when it was asked.</summary>
    public required DateTimeOffset Asked { get; init; }

    /// <summary>The instant the reading counts as answered at.</summary>
    public required DateTimeOffset Answered { get; init; }

    /// <summary>When it was really asked and answered, where a bookmark moved the instants above.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TrueInstants? Measured { get; init; }

    /// <summary>Whole buckets covered by the reading.</summary>
    public required Interval Covers { get; init; }

    /// <summary>Dimensions of the lines that do not name their own.</summary>
    public required DimensionSet Dimensions { get; init; }

    /// <summary>The settlement lag it was judged by, in seconds.</summary>
    public required int SettlementLagSeconds { get; init; }

    /// <summary>Previous complete readings of stretches of <see cref="Covers"/>. A bucket in none of them had no previous reading.</summary>
    public required IReadOnlyList<PreviousReading> Previous { get; init; }

    /// <summary>The lines whose total changed.</summary>
    public required IReadOnlyList<SnapshotLine> Lines { get; init; }

    /// <summary>Lines that the answer lacked for the first time; they keep their totals.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LineName>? Missing { get; init; }

    /// <summary>Lines that had been missing and are there again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LineName>? Found { get; init; }
}

/// <summary>When a reading was really asked and answered.</summary>
/// <param name="Asked">When we asked.</param>
/// <param name="Answered">When the answer was in.</param>
public sealed record TrueInstants(DateTimeOffset Asked, DateTimeOffset Answered);

/// <summary>The previous complete reading of a stretch of buckets.</summary>
/// <param name="Start">First bucket's start.</param>
/// <param name="End">End of the last bucket.</param>
/// <param name="Asked">When that reading was asked.</param>
/// <param name="Answered">When it was answered.</param>
public sealed record PreviousReading(DateTimeOffset Start, DateTimeOffset End, DateTimeOffset Asked, DateTimeOffset Answered);

/// <summary>A line's name within its account.</summary>
/// <param name="Start">Start of the bucket.</param>
/// <param name="Seconds">Length of the bucket.</param>
/// <param name="Dimensions">Under which dimensions; null: those of the snapshot.</param>
/// <param name="Key">Key id, or null.</param>
/// <param name="Model">Model, or null.</param>
/// <param name="Unit">Unit, or null.</param>
public sealed record LineName(
    DateTimeOffset Start, int Seconds, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DimensionSet? Dimensions, string? Key, string? Model, string? Unit)
{
    /// <summary>The bucket.</summary>
    [JsonIgnore]
    public Interval Bucket => new(Start, Start.AddSeconds(Seconds));
}

/// <summary>Money that another line of the same bucket held before: a renamed model, unit or key.</summary>
/// <param name="Dimensions">Under which dimensions that line was; null: those of the snapshot.</param>
/// <param name="Key">Its key id, or null.</param>
/// <param name="Model">Its model, or null.</param>
/// <param name="Unit">Its unit, or null.</param>
/// <param name="Amount">How much moved.</param>
public sealed record MovedFrom(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DimensionSet? Dimensions, string? Key, string? Model, string? Unit, Usd Amount);

/// <summary>One changed line.</summary>
public sealed record SnapshotLine
{
    /// <summary>Start of the bucket.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Length of the bucket.</summary>
    public required int Seconds { get; init; }

    /// <summary>Under which dimensions; null: those of the snapshot.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DimensionSet? Dimensions { get; init; }

    /// <summary>Key id, or null where billing names none.</summary>
    public string? Key { get; init; }

    /// <summary>Model or description, or null.</summary>
    public string? Model { get; init; }

    /// <summary>Unit type, or null.</summary>
    public string? Unit { get; init; }

    /// <summary>What the provider says it cost so far.</summary>
    public required Usd Total { get; init; }

    /// <summary>The total it replaces; null: the line's first total.</summary>
    public Usd? Replaces { get; init; }

    /// <summary>The figure's text on the wire, where it says more than <see cref="Total"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Raw { get; init; }

    /// <summary>The line vanished from two complete answers ten minutes or more apart and counts as 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Withdrawn { get; init; }

    /// <summary>
    /// Its money is held by lines of another width now, or by others of its key (<see cref="MovedFrom"/>). What it still has or gets later begins
    /// anew, without height.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Closed { get; init; }

    /// <summary>What other lines of the bucket held of its total before; null: nothing. What comes from lines of its own key keeps their evidence.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MovedFrom>? MovedFrom { get; init; }

    /// <summary>
    /// The line takes over what lines of another width held for the same time (before moves were recorded: also of other dimensions): nothing of
    /// when it rose is known but the bucket.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Retaken { get; init; }

    /// <summary>By how much the bill changed; negative when a provider restates downwards. Derived, so not written.</summary>
    [JsonIgnore]
    public Usd Delta => Total - (Replaces ?? Usd.Zero);

    /// <summary>The bucket.</summary>
    [JsonIgnore]
    public Interval Bucket => new(Start, Start.AddSeconds(Seconds));
}

/// <summary>What the provider says of the money on the account. Written when it changed.</summary>
/// <param name="Account">The account.</param>
/// <param name="CycleYear">Billing cycle (a UTC month).</param>
/// <param name="CycleMonth">1 to 12.</param>
/// <param name="CycleTotal">Spend of the cycle as the invoice preview has it; null when the preview had none.</param>
/// <param name="PrepaidCredit">Prepaid credit at the start of the cycle (bought and not yet settled), positive; null when unknown.</param>
/// <param name="PrepaidUsed">How much of it this cycle has used, positive; null when unknown.</param>
/// <param name="PrepaidLeft">Credit minus used; null when unknown.</param>
/// <param name="FreeCredit">Promotional credit that this cycle consumed, positive; null when unknown.</param>
/// <param name="SpendingLimit">Effective limit of invoiced spend; null when unknown.</param>
/// <param name="Purchases">Settled purchases on record (top-ups that succeeded); null when unknown.</param>
/// <param name="Lines">Invoice preview lines with token counts.</param>
/// <param name="Asked">When we asked.</param>
/// <param name="Answered">When the answer was in.</param>
/// <param name="Funding">All prepaid money that ever came in: purchases, refunds, and what was given or taken by hand; null when unknown.</param>
/// <param name="SettledThrough">The last billing cycle whose spend was taken off prepaid credit (<c>2026-10</c>); null: none, or unknown.</param>
public sealed record BalanceObserved(
    string Account, int CycleYear, int CycleMonth, Usd? CycleTotal, Usd? PrepaidCredit, Usd? PrepaidUsed, Usd? PrepaidLeft, Usd? FreeCredit,
    Usd? SpendingLimit, Usd? Purchases, IReadOnlyList<InvoiceLine> Lines, DateTimeOffset Asked, DateTimeOffset Answered,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Usd? Funding = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SettledThrough = null) : ILedgerEvent;

/// <summary>One line of the invoice preview; it has no key.</summary>
/// <param name="Description">Model or tool as billed.</param>
/// <param name="Unit">Unit type as billed.</param>
/// <param name="Count">Units (tokens, calls).</param>
/// <param name="UnitPrice">Provider's text: millionths of a cent per unit for xAI.</param>
/// <param name="Amount">Whole cents on xAI, so small lines read 0.</param>
public sealed record InvoiceLine(string Description, string Unit, long? Count, string? UnitPrice, Usd Amount);

/// <summary>The state of a source changed for the worse: from now on its figures may be old.</summary>
/// <param name="Account">The account.</param>
/// <param name="Kind">Stable word: <c>auth</c>, <c>permission</c>, <c>rate-limited</c>, <c>unreachable</c>, <c>contract</c>, <c>not-found</c>.</param>
/// <param name="Detail">The provider's own words where it gave some, cut and without secrets.</param>
/// <param name="At">When.</param>
public sealed record PollFailed(string Account, string Kind, string Detail, DateTimeOffset At) : ILedgerEvent;

/// <summary>The source answers completely again.</summary>
/// <param name="Account">The account.</param>
/// <param name="At">When.</param>
public sealed record PollRecovered(string Account, DateTimeOffset At) : ILedgerEvent;

/// <summary>A provider account as the log knows it.</summary>
public sealed record Account
{
    /// <summary>Derived from provider and team.</summary>
    public required string Id { get; init; }

    /// <summary><c>xai</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's id of the team.</summary>
    public required string Team { get; init; }

    /// <summary>What people call it.</summary>
    public required string Label { get; init; }

    /// <summary>Width of buckets asked for now.</summary>
    [JsonIgnore]
    public int BucketSeconds => Widths[^1].Seconds;

    /// <summary>
    /// Which width holds from when on, in order; the first from the beginning. Kept over a removal: asking old buckets in another width
    /// would take them over from the lines that hold them, and what was known of when they rose would be lost.
    /// </summary>
    public required IReadOnlyList<BucketWidth> Widths { get; init; }

    /// <summary>Finest width used at edges: 1, 60, or that of the buckets asked for, which splits nothing.</summary>
    public int FinestSeconds { get; init; } = 1;

    /// <summary>How late figures settle as somebody set it; null: the provider's default holds.</summary>
    public int? SettlementLagSeconds { get; init; }

    /// <summary>How late figures settle, in seconds. The default is xAI's: five minutes.</summary>
    [JsonIgnore]
    public int LagSeconds => SettlementLagSeconds ?? 300;

    /// <summary>When it was (last) connected.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>No longer read.</summary>
    public bool Removed { get; init; }

    /// <summary>When it was removed; null when it is connected.</summary>
    public DateTimeOffset? RemovedAt { get; init; }

    /// <summary>Its credential; null when there is none.</summary>
    public CredentialStored? Credential { get; init; }

    /// <summary>Why and since when it can't be read; null when it can.</summary>
    public PollFailed? Failing { get; init; }

    /// <summary>What the provider last said of its money; null: nothing yet.</summary>
    public BalanceObserved? Balance { get; init; }

    /// <summary>Its prepaid credit; null: not known, or it never said. Snapshots of 0.1 hold none until the balance changes.</summary>
    public Credit? Credit { get => field ?? (Balance is { } balance ? Credit.After(null, balance) : null); init; }

    /// <summary>The id of the account of a team: the same team always has the same account.</summary>
    public static string IdOf(string provider, string team) => Ids.Short(provider, team);

    /// <summary>The name of its stream.</summary>
    public string Stream { get => field ?? StreamOf(Id); init; }

    /// <summary>The stream of an account.</summary>
    public static string StreamOf(string id) => $"account-{id}";

    /// <summary>Folds an event of the account's stream. Total: an event of another kind changes nothing.</summary>
    public static Account? Fold(Account? account, ILedgerEvent happened) => (account, happened) switch
    {
        (_, AccountConnected e) => new()
        {
            Id = e.Account,
            Provider = e.Provider,
            Team = e.Team,
            Label = e.Label,
            Widths = account is null ? [new(DateTimeOffset.MinValue, e.BucketSeconds)] : account.With(e.BucketSeconds, NextHour(e.At)),
            FinestSeconds = e.FinestSeconds ?? Finest(e.BucketSeconds),
            SettlementLagSeconds = e.SettlementLagSeconds,
            ConnectedAt = e.At,
        },
        ({ } a, AccountEdited e) => a with
        {
            Label = e.Label ?? a.Label,
            Widths = e.BucketSeconds is { } seconds ? a.With(seconds, e.BucketsFrom ?? NextHour(e.At)) : a.Widths,
            FinestSeconds = e.FinestSeconds ?? (e.BucketSeconds is { } width ? Finest(width) : a.FinestSeconds),
            SettlementLagSeconds = e.SettlementLag is { } lag ? lag.Seconds : a.SettlementLagSeconds,
        },
        ({ } a, CredentialStored e) => a with { Credential = e },
        ({ } a, AccountRemoved e) => a with { Removed = true, RemovedAt = e.At, Credential = null, Failing = null },
        ({ } a, PollFailed e) => a with { Failing = e },
        ({ } a, PollRecovered) => a with { Failing = null },
        ({ } a, BalanceObserved e) => a with { Balance = e, Credit = Credit.After(a.Credit, e) },
        _ => account,
    };

    /// <summary>A stretch cut where the width of buckets changes; the pieces cover it, in order.</summary>
    public IEnumerable<(Interval Stretch, int Seconds)> InWidths(Interval stretch)
    {
        for (var i = 0; i < Widths.Count; i++)
        {
            var piece = stretch.And(new(Widths[i].From, i + 1 < Widths.Count ? Widths[i + 1].From : DateTimeOffset.MaxValue));
            if (!piece.IsEmpty) yield return (piece, Widths[i].Seconds);
        }
    }

    /// <summary>The first whole UTC hour that has not begun.</summary>
    public static DateTimeOffset NextHour(DateTimeOffset at) => at.FloorToHour().AddHours(1);

    /// <summary>What 0.1 did not say: hours are split at edges, quarter-hours are what somebody asked for.</summary>
    private static int Finest(int bucketSeconds) => bucketSeconds == 3600 ? 1 : bucketSeconds;

    private IReadOnlyList<BucketWidth> With(int seconds, DateTimeOffset from) =>
        seconds == BucketSeconds ? Widths : [.. Widths.Where(w => w.From < from), new(from, seconds)];
}

/// <summary>A width of buckets and from when on it holds.</summary>
/// <param name="From">A whole UTC hour, or the beginning.</param>
/// <param name="Seconds">3600 or 900.</param>
public sealed record BucketWidth(DateTimeOffset From, int Seconds);
