using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Xai;

namespace Ledger.Service.Accounts;

/// <summary>Accounts as they are answered, and their settings as people write them.</summary>
public static class AccountSummaries
{
    /// <summary>What 0.1 called it when nobody set a lag.</summary>
    private const string learned = "learned";

    private const string providers = "default";

    private static readonly TimeSpan lagMax = TimeSpan.FromHours(6);

    public static AccountSummary Summary(this Account account, Source? source, TimeSpan pollEvery, DateTimeOffset now)
    {
        var failing = account.Failing;
        var error = account.Removed ? null : Error(account, source);
        var freshness = DataFreshness.Of(source?.Asked, pollEvery, now);
        return new(
            account.Id, account.Label, account.Provider, account.Team, account.BucketSeconds, BucketText(account),
            new(account.LagSeconds, Learned: false, Assumed: account.SettlementLagSeconds is null),
            account.Removed ? "removed" : error is not null ? "failing" : freshness.Through is null ? "connecting" : "ok",
            account.Removed ? account.RemovedAt : failing?.At ?? account.ConnectedAt, error,
            freshness.Through, freshness.LagSeconds, freshness.Stale || account.Removed,
            account.Credential is { } c ? new(c.Redacted, c.At) : null,
            account.Balance is { } b
                ? new(b.CycleYear, b.CycleMonth, b.CycleTotal, b.PrepaidCredit, b.PrepaidUsed, account.Credit?.Left, b.FreeCredit, b.SpendingLimit, b.Purchases, source?.CreditReadAt ?? b.Answered)
                : null,
            source?.KeysAt);
    }

    /// <summary>What keeps it from being read now; where only the log knows, what did when that began.</summary>
    public static AccountError? Error(Account account, Source? source)
    {
        var (kind, detail) = source is { Failing: { } now } ? (now, source.Detail ?? "") : account.Failing is { } logged ? (logged.Kind, logged.Detail) : default;
        return kind is null ? null : new(account.Failing?.Kind ?? kind, ProviderWords.Sentence(kind, detail, account.Label, source?.NextDue), source?.NextDue);
    }

    /// <summary>The widths a bucket setting stands for: of all buckets, and the finest at edges.</summary>
    public static (int Seconds, int Finest) Buckets(string text) => text switch { "15m" => (900, 900), "1h" => (3600, 3600), "1m" => (3600, 60), _ => (3600, 1) };

    /// <summary>The bucket setting of an account.</summary>
    public static string BucketText(Account account) => account switch { { BucketSeconds: 900 } => "15m", { FinestSeconds: 3600 } => "1h", { FinestSeconds: 60 } => "1m", _ => "auto" };

    /// <summary>A settlement lag in seconds; null: the provider's default.</summary>
    public static bool TryLag(string? text, out int? seconds)
    {
        seconds = null;
        if (text is null or learned or providers) return true;
        if (!Durations.TryParse(text, out var lag) || lag > lagMax) return false;
        seconds = (int)lag.TotalSeconds;
        return true;
    }
}
