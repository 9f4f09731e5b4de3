using Ledger.Log;

namespace Ledger.Accounts;

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
    public required int BucketSeconds { get; init; }

    /// <summary>From when on that width holds; buckets before it keep <see cref="EarlierBucketSeconds"/>.</summary>
    public DateTimeOffset? BucketsFrom { get; init; }

    /// <summary>Width of buckets before <see cref="BucketsFrom"/>.</summary>
    public int EarlierBucketSeconds { get; init; } = 3600;

    /// <summary>How late figures settle; null: learned.</summary>
    public int? SettlementLagSeconds { get; init; }

    /// <summary>When it was (last) connected.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>No longer read.</summary>
    public bool Removed { get; init; }

    /// <summary>Its credential; null when there is none.</summary>
    public CredentialStored? Credential { get; init; }

    /// <summary>Why and since when it can't be read; null when it can.</summary>
    public PollFailed? Failing { get; init; }

    /// <summary>What the provider last said of its money; null: nothing yet.</summary>
    public BalanceObserved? Balance { get; init; }

    /// <summary>The id of the account of a team: the same team always has the same account.</summary>
    public static string IdOf(string provider, string team) => EventIds.Short(provider, team);

    /// <summary>The stream of an account.</summary>
    public static string Stream(string id) => $"account-{id}";

    /// <summary>Folds an event of the account's stream. Total: an event of another kind changes nothing.</summary>
    public static Account? Apply(Account? account, ILedgerEvent happened) => (account, happened) switch
    {
        (_, AccountConnected e) => new()
        {
            Id = e.Account,
            Provider = e.Provider,
            Team = e.Team,
            Label = e.Label,
            BucketSeconds = e.BucketSeconds,
            EarlierBucketSeconds = e.BucketSeconds,
            SettlementLagSeconds = e.SettlementLagSeconds,
            ConnectedAt = e.At,
        },
        ({ } a, AccountEdited e) => a with
        {
            Label = e.Label ?? a.Label,
            BucketSeconds = e.BucketSeconds ?? a.BucketSeconds,
            EarlierBucketSeconds = e.BucketSeconds is null ? a.EarlierBucketSeconds : a.BucketSeconds,
            BucketsFrom = e.BucketSeconds is null ? a.BucketsFrom : e.BucketsFrom,
            SettlementLagSeconds = e.SettlementLag is { } lag ? lag.Seconds : a.SettlementLagSeconds,
        },
        ({ } a, CredentialStored e) => a with { Credential = e },
        ({ } a, AccountRemoved) => a with { Removed = true, Credential = null, Failing = null },
        ({ } a, PollFailed e) => a with { Failing = e },
        ({ } a, PollRecovered) => a with { Failing = null },
        ({ } a, BalanceObserved e) => a with { Balance = e },
        _ => account,
    };

    /// <summary>The account whose state an event changes; null for other events (snapshots change lines, not the account).</summary>
    public static string? IdIn(ILedgerEvent happened) => happened switch
    {
        AccountConnected e => e.Account,
        AccountEdited e => e.Account,
        CredentialStored e => e.Account,
        AccountRemoved e => e.Account,
        PollFailed e => e.Account,
        PollRecovered e => e.Account,
        BalanceObserved e => e.Account,
        _ => null,
    };
}
