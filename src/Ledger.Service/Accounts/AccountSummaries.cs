using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Xai;

namespace Ledger.Service.Accounts;

/// <summary>Accounts as they are answered, and their settings as people write them.</summary>
public static class AccountSummaries
{
    private const string learned = "learned";

    private static readonly TimeSpan lagMax = TimeSpan.FromHours(6);

    public static AccountSummary Summary(this Account account, Source? source, TimeSpan pollEvery, DateTimeOffset now)
    {
        var failing = account.Failing;
        var error = account.Removed ? null : Error(account, source);
        var freshness = DataFreshness.Of(source?.Asked, source?.Failing is not null, pollEvery, now);
        return new(
            account.Id, account.Label, account.Provider, account.Team, account.BucketSeconds,
            new(account.SettlementLagSeconds, account.SettlementLagSeconds is null),
            account.Removed ? "removed" : error is not null ? "failing" : freshness.Through is null ? "connecting" : "ok",
            account.Removed ? account.RemovedAt : failing?.At ?? account.ConnectedAt, error,
            freshness.Through, freshness.LagSeconds, freshness.Stale || account.Removed,
            account.Credential is { } c ? new(c.Redacted, c.At) : null,
            account.Balance is { } b
                ? new(b.CycleYear, b.CycleMonth, b.CycleTotal, b.PrepaidCredit, b.PrepaidUsed, b.PrepaidLeft, b.FreeCredit, b.SpendingLimit, b.Purchases, b.Answered)
                : null);
    }

    /// <summary>What keeps it from being read now; where only the log knows, what did when that began.</summary>
    private static AccountError? Error(Account account, Source? source)
    {
        var (kind, detail) = source is { Failing: { } now } ? (now, source.Detail ?? "") : account.Failing is { } logged ? (logged.Kind, logged.Detail) : default;
        return kind is null ? null : new(account.Failing?.Kind ?? kind, ProviderWords.Sentence(kind, detail, account.Label, source?.NextDue), source?.NextDue);
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
