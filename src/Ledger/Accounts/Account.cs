using System.Text.Json.Serialization;

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
    [JsonIgnore]
    public int BucketSeconds => Widths[^1].Seconds;

    /// <summary>
    /// Which width holds from when on, in order; the first from the beginning. Kept over a removal: asking old buckets in another width
    /// would take them over from the lines that hold them, and what was known of when they rose would be lost.
    /// </summary>
    public required IReadOnlyList<BucketWidth> Widths { get; init; }

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
    public static string IdOf(string provider, string team) => Ids.Short(provider, team);

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
            Widths = account is null ? [new(DateTimeOffset.MinValue, e.BucketSeconds)] : account.With(e.BucketSeconds, NextHour(e.At)),
            SettlementLagSeconds = e.SettlementLagSeconds,
            ConnectedAt = e.At,
        },
        ({ } a, AccountEdited e) => a with
        {
            Label = e.Label ?? a.Label,
            Widths = e.BucketSeconds is { } seconds ? a.With(seconds, e.BucketsFrom ?? NextHour(e.At)) : a.Widths,
            SettlementLagSeconds = e.SettlementLag is { } lag ? lag.Seconds : a.SettlementLagSeconds,
        },
        ({ } a, CredentialStored e) => a with { Credential = e },
        ({ } a, AccountRemoved) => a with { Removed = true, Credential = null, Failing = null },
        ({ } a, PollFailed e) => a with { Failing = e },
        ({ } a, PollRecovered) => a with { Failing = null },
        ({ } a, BalanceObserved e) => a with { Balance = e },
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
    public static DateTimeOffset NextHour(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour) + TimeSpan.TicksPerHour, TimeSpan.Zero);

    private IReadOnlyList<BucketWidth> With(int seconds, DateTimeOffset from) =>
        seconds == BucketSeconds ? Widths : [.. Widths.Where(w => w.From < from), new(from, seconds)];

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

/// <summary>A width of buckets and from when on it holds.</summary>
/// <param name="From">A whole UTC hour, or the beginning.</param>
/// <param name="Seconds">3600 or 900.</param>
public sealed record BucketWidth(DateTimeOffset From, int Seconds);
