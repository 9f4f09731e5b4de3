using System.Collections.Concurrent;
using Ledger.Accounts;
using Ledger.Service.Spend;

namespace Ledger.Service.Polling;

/// <summary>How late an account's figures settle: as it is set, else learned from its feed.</summary>
public sealed class SettlementLags(SpendViews views, TimeProvider clock)
{
    /// <summary>xAI's figures settle within this, until the feed has taught us better.</summary>
    private static readonly TimeSpan start = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan learnedFor = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, (int Seconds, DateTimeOffset At)> learned = new(StringComparer.Ordinal);

    /// <summary>In seconds.</summary>
    public async Task<int> Of(Account account, CancellationToken ct)
    {
        if (account.SettlementLagSeconds is { } given) return given;
        var now = clock.GetUtcNow();
        if (learned.TryGetValue(account.Id, out var known) && now - known.At < learnedFor) return known.Seconds;
        await using var view = await views.Open(ct);
        var seconds = (int)(await view.SettlementLag(account.Id, account.ConnectedAt, start, now, ct)).TotalSeconds;
        learned[account.Id] = (seconds, now);
        return seconds;
    }
}
