using Ledger.Accounts;
using Ledger.Service.Storage;
using Marten;
using Wolverine.Attributes;

namespace Ledger.Service.Polling;

/// <summary>Looks which accounts are to be read now. Comes every few seconds, on one node.</summary>
/// <param name="At">When it was due.</param>
[MessageIdentity("poll-sweep.v1")]
public sealed record PollSweep(DateTimeOffset At);

public static class PollSweepHandler
{
    public static async Task<IReadOnlyList<PollAccount>> Handle(PollSweep _, IQuerySession session, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var batch = session.CreateBatchQuery();
        var connected = batch.Query<Account>().Where(a => !a.Removed).Take(Known.Max).ToList();
        var reading = batch.Query<Source>().Take(Known.Max).ToList();
        await batch.Execute(ct);
        var sources = (await reading).ToDictionary(s => s.Account, StringComparer.Ordinal);
        return [.. (await connected).Where(a => a.Credential is not null).SelectMany(a => Due(a, sources.GetValueOrDefault(a.Id), now))];
    }

    /// <summary>What an account needs now.</summary>
    public static IEnumerable<PollAccount> Due(Account account, Source? source, DateTimeOffset now)
    {
        source ??= new() { Account = account.Id };
        if (source.NextDue is not { } due || due <= now)
            yield return new(account.Id, source.Backfilled == account.ConnectedAt ? PollReason.Due : PollReason.Connect, now);
        if (source.Backfilled != account.ConnectedAt || source.IsBackingOff(now)) yield break;
        if (PollPlan.RereadDue(source, account) <= now) yield return new(account.Id, PollReason.Reread, now);
        if (PollPlan.MonthlyDue(source, account) <= now) yield return new(account.Id, PollReason.Monthly, now);
    }
}
