using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Polling;
using Ledger.Service.Settings;

namespace Ledger.Service.Accounts;

/// <summary>Accounts as they are answered, and their settings as people write them.</summary>
public static class AccountSummaries
{
    private const string learned = "learned";

    private static readonly TimeSpan lagMax = TimeSpan.FromHours(6);

    public static AccountSummary Summary(this Account account, Source? source, TimeSpan pollEvery, DateTimeOffset now)
    {
        var failing = account.Failing;
        var error = account.Removed ? null
            : failing is not null ? new AccountError(failing.Kind, failing.Detail)
            : source is { Failing: { } kind } ? new(kind, source.Detail ?? "") : null;
        var freshness = DataFreshness.Of(source?.Asked, source?.Failing is not null, pollEvery, now);
        return new(
            account.Id, account.Label, account.Provider, account.Team, account.BucketSeconds,
            new(account.SettlementLagSeconds, account.SettlementLagSeconds is null),
            account.Removed ? "removed" : error is not null ? "failing" : freshness.Through is null ? "connecting" : "ok",
            account.Removed ? null : failing?.At ?? account.ConnectedAt, error,
            freshness.Through, freshness.LagSeconds, freshness.Stale || account.Removed,
            account.Credential is { } c ? new(c.Redacted, c.At) : null,
            account.Balance is { } b
                ? new(b.CycleYear, b.CycleMonth, b.CycleTotal, b.PrepaidCredit, b.PrepaidUsed, b.PrepaidLeft, b.FreeCredit, b.SpendingLimit, b.Purchases, b.Answered)
                : null);
    }

    public static int BucketSeconds(string? text) => text == "15m" ? 900 : 3600;

    /// <summary>A settlement lag in seconds; null: learned.</summary>
    public static bool TryLag(string? text, out int? seconds)
    {
        seconds = null;
        if (text is null or learned) return true;
        if (!Durations.TryParse(text, out var lag) || lag > lagMax) return false;
        seconds = (int)lag.TotalSeconds;
        return true;
    }
}
