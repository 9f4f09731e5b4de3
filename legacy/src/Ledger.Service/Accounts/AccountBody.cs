using Ledger.Accounts;
using Ledger.Money;
using Ledger.Service.Polling;

namespace Ledger.Service.Accounts;

/// <summary>An account as it is answered.</summary>
internal sealed record AccountBody(
    string Id, string Label, string Provider, string Team, int BucketSeconds, LagBody SettlementLag, string State, DateTimeOffset? Since, ErrorBody? Error,
    DateTimeOffset? Through, long? LagSeconds, bool Stale, CredentialBody? Credential, BalanceBody? Balance)
{
    public static AccountBody Of(Account account, SourceState? source, TimeSpan pollEvery, DateTimeOffset now)
    {
        var failing = account.Failing;
        var error = failing is not null ? new ErrorBody(failing.Kind, failing.Detail) : source is { Failing: { } kind } ? new(kind, source.Detail ?? "") : null;
        var freshness = Freshness.Of(source, pollEvery, now);
        return new(
            account.Id, account.Label, account.Provider, account.Team, account.BucketSeconds,
            new(account.SettlementLagSeconds, account.SettlementLagSeconds is null),
            account.Removed ? "removed" : error is not null ? "failing" : freshness.Through is null ? "connecting" : "ok",
            account.Removed ? null : failing?.At ?? account.ConnectedAt, error,
            freshness.Through, freshness.LagSeconds, freshness.Stale || account.Removed,
            account.Credential is { } c ? new(c.Redacted, c.At) : null,
            account.Balance is { } b ? BalanceBody.Of(b) : null);
    }
}

/// <summary>The settlement lag: set, or learned.</summary>
/// <param name="Seconds">Null while it is learned.</param>
/// <param name="Learned">Learned from the feed.</param>
internal sealed record LagBody(int? Seconds, bool Learned);

internal sealed record ErrorBody(string Kind, string Detail);

internal sealed record CredentialBody(string Redacted, DateTimeOffset StoredAt);

internal sealed record BalanceBody(
    int CycleYear, int CycleMonth, Usd? CycleTotal, Usd? PrepaidCredit, Usd? PrepaidUsed, Usd? PrepaidLeft, Usd? FreeCredit, Usd? SpendingLimit, Usd? Purchases, DateTimeOffset At)
{
    public static BalanceBody Of(BalanceObserved b) =>
        new(b.CycleYear, b.CycleMonth, b.CycleTotal, b.PrepaidCredit, b.PrepaidUsed, b.PrepaidLeft, b.FreeCredit, b.SpendingLimit, b.Purchases, b.Answered);
}

/// <summary>How far a source is read.</summary>
/// <param name="Through">When the last complete reading was asked; null: never.</param>
/// <param name="LagSeconds">How long ago that is.</param>
/// <param name="Stale">Longer ago than two polls should take.</param>
internal sealed record Freshness(DateTimeOffset? Through, long? LagSeconds, bool Stale)
{
    private static readonly TimeSpan grace = TimeSpan.FromMinutes(1);

    public static Freshness Of(SourceState? source, TimeSpan pollEvery, DateTimeOffset now)
    {
        if (source?.Asked is not { } asked) return new(null, null, Stale: true);
        var lag = now - asked;
        return new(asked, Math.Max(0, (long)lag.TotalSeconds), source.Failing is not null || lag > (pollEvery * 2) + grace);
    }
}

internal sealed record AccountAnswer(AccountBody Account, long? Position);
