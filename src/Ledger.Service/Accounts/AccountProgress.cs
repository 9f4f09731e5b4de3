using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Money;
using Ledger.Service.Keys;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Marten;

namespace Ledger.Service.Accounts;

/// <summary>Follows the reading of an account for somebody who waits for it, whichever node reads.</summary>
public sealed class AccountProgress(IDocumentStore store, SpendViews views, Positions positions, LedgerOptions options, TimeProvider clock)
{
    private const int keysMax = 1_000;

    private static readonly TimeSpan lookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan backfillPatience = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan viewsPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan syncPatience = TimeSpan.FromSeconds(30);

    /// <summary>Waits until all that connecting reads is in the books, or until it does not go on just now. Answers how many days were read, and why it does not go on.</summary>
    public async Task<(int Days, string? Trouble)> Backfilled(string account, Action<Progress> progress, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var (known, source) = await Look(account, ct);
            var today = new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
            var wanted = new Interval(today.AddDays(-options.BackfillDays), today.AddDays(1));
            var days = (int)Math.Ceiling(source.Covered.Stretches.Where(s => s.ReadAt >= known.ConnectedAt).Sum(s => s.Time.And(wanted).Length.TotalDays));
            progress(new("backfill", days, (int)wanted.Length.TotalDays));
            if (known.Removed) return (days, "The account was removed.");
            if (source.Backfilled == known.ConnectedAt) return (days, null);
            if (source.Failing is { } kind) return (days, ProviderWords.Sentence(kind, source.Detail ?? "", known.Label, source.NextDue));
            if (clock.GetElapsedTime(began) > backfillPatience) return (days, "It takes long; reading goes on in the background.");
            await Task.Delay(lookEvery, clock, ct);
        }
    }

    /// <summary>Waits until a sync is in the books and the views, half a minute at most.</summary>
    /// <param name="sync">The sync.</param>
    /// <param name="version">Version of the account's stream when it was asked for.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(int Readings, int Lines)> Synced(PollAccount sync, long version, CancellationToken ct)
    {
        var (account, sent, wanted) = (sync.Account, sync.Sent, PollPlan.SyncedTime(sync));
        var began = clock.GetTimestamp();
        Source source;
        while (true)
        {
            (var known, source) = await Look(account, ct);
            if (known.Removed) throw new Refused("account.removed", "The account is not read any more.");
            // What was read of older time than is remembered, the message alone knows, until it is done.
            if (source.SyncDone == sent || source.Covered.LastLacking(wanted, sent) is null) break;
            if (source is { Failing: { } kind } && source.Attempted >= sent) throw Failed(new(kind, source.Detail ?? "") { RetryAt = source.NextDue }, known.Label);
            if (clock.GetElapsedTime(began) > syncPatience) throw TooLong();
            await Task.Delay(lookEvery, clock, ct);
        }
        var left = syncPatience - clock.GetElapsedTime(began);
        if (!await views.WaitFor(await positions.Last(ct), left > TimeSpan.Zero ? left : TimeSpan.Zero, ct)) throw TooLong();
        await using var session = store.QuerySession();
        var events = await session.Events.FetchStreamAsync(Account.StreamOf(account), fromVersion: version + 1, token: ct);
        return (source.Covered.Stretches.Count(s => s.ReadAt >= sent), events.Select(e => e.Data).OfType<UsageSnapshotTaken>().Sum(s => s.Lines.Count));

        Refused Failed(ProviderException e, string label) => new(e.Refusal(label)) { RetryAfter = e.Kind == FailureKind.RateLimited ? e.RetryAt - clock.GetUtcNow() : null };

        static Refused TooLong() => new("sync.timeout", "The reading takes longer than 30 seconds; it goes on in the background, the newest first.");
    }

    /// <summary>The account as it is now.</summary>
    public async Task<AccountSummary> Summary(string account, CancellationToken ct)
    {
        var (known, source) = await Look(account, ct);
        return known.Summary(source, options.PollEvery, clock.GetUtcNow());
    }

    /// <summary>What the views hold of an account, once they hold all that is in the log now: its lines, its spend and its keys.</summary>
    public async Task<(long Lines, Usd Billed, IReadOnlyList<KeySummary> Keys)> Figures(string account, CancellationToken ct)
    {
        await views.WaitFor(await positions.Last(ct), viewsPatience, ct);
        var now = clock.GetUtcNow();
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        await using var session = store.QuerySession();
        var known = await session.Known(ct);
        var held = await session.LoadManyAsync<HeldDay>(ct, HeldDay.IdsOf(account, new(midnight.AddDays(-options.BackfillDays - 1), midnight.AddDays(2))));
        await using var view = await views.Open(ct);
        var where = new Dictionary<Dimension, string> { [Dimension.Account] = account };
        var month = await view.Report(new() { Since = midnight.AddDays(-30), Until = midnight.AddDays(1), By = [Dimension.Key], Where = where, PreliminaryFrom = now }, ct);
        var all = await view.Report(new() { Since = Instants.Min, Until = midnight.AddDays(1), By = [], Where = where, PreliminaryFrom = now }, ct);
        var byKey = month.Rows.ToDictionary(r => r.Group[0] ?? "", r => r.Billed, StringComparer.Ordinal);
        return (
            held.Sum(d => d.Series.Sum(s => s.Buckets.Count)), all.Total,
            [
                .. known.Keys.Values.Where(k => k.Account == account).OrderBy(k => k.Name, StringComparer.Ordinal).Take(keysMax)
                    .Select(k => known.Summary(k, now, byKey.GetValueOrDefault(k.Key, Usd.Zero))),
            ]);
    }

    private async Task<(Account Account, Source Source)> Look(string account, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var known = await session.LoadAsync<Account>(Account.StreamOf(account), ct) ?? throw new Refused("account.unknown", "The account is not known.", "account", account);
        return (known, await session.LoadAsync<Source>(account, ct) ?? new() { Account = account });
    }
}
