using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Spend;

/// <summary>What every answer with money says of its data.</summary>
public sealed class DataState(IDocumentStore store, SpendViews views, LedgerOptions options, TimeProvider clock)
{
    private const int missingMax = 50;

    /// <summary>xAI's figures settle within two days.</summary>
    private static readonly TimeSpan settling = TimeSpan.FromDays(2);

    /// <summary>Figures of this UTC day and later may still move.</summary>
    public DateTimeOffset PreliminaryFrom => clock.GetUtcNow() - settling;

    /// <summary>How far figures that are current can be relied on.</summary>
    public async Task<DataSummary> Now(Usd? preliminary, bool behind, CancellationToken ct)
    {
        await using var view = await views.Open(ct);
        return await Now(view, preliminary, behind, ct);
    }

    /// <summary>The same, with the lines that are missing as a view that is open already knows them.</summary>
    public async Task<DataSummary> Now(SpendView view, Usd? preliminary, bool behind, CancellationToken ct)
    {
        var (accounts, sources) = await Accounts(ct);
        return await Summary(view, accounts, sources, preliminary, behind, ct);
    }

    /// <summary>The same for a window, with the parts of it that were never read.</summary>
    /// <param name="view">Where the figures come from.</param>
    /// <param name="window">The window.</param>
    /// <param name="isAsked">Which accounts the figures are of.</param>
    /// <param name="preliminary">The part that may still move.</param>
    /// <param name="behind">The views are behind what the caller knows.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(DataSummary Data, UnreadTime Unread)> Of(SpendView view, Interval window, Func<Account, bool> isAsked, Usd? preliminary, bool behind, CancellationToken ct)
    {
        var (accounts, sources) = await Accounts(ct);
        var now = clock.GetUtcNow();
        var mayBeForgotten = window.Start < now - Coverage.Kept || accounts.Any(a => a.Removed);
        var firstDays = mayBeForgotten ? await view.FirstDays(ct) : new Dictionary<string, DateTimeOffset>();
        DateTimeOffset? FirstRead(Account account, Source? source)
        {
            var first = firstDays.TryGetValue(account.Id, out var spent) ? spent : (DateTimeOffset?)null;
            var connected = source?.Backfilled is { } at ? new DateTimeOffset(at.UtcDateTime.Date, TimeSpan.Zero).AddDays(-options.BackfillDays) : (DateTimeOffset?)null;
            return connected < first || first is null ? connected : first;
        }
        var unread = UnreadTime.Of(window, accounts.Where(isAsked).Select(a => (a, sources.GetValueOrDefault(a.Id))), options.PollEvery, now, FirstRead);
        return (await Summary(view, accounts, sources, preliminary, behind, ct) with { Unread = unread.Stretches }, unread);
    }

    private async Task<(IReadOnlyList<Account> Accounts, IReadOnlyDictionary<string, Source> Sources)> Accounts(CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var batch = session.CreateBatchQuery();
        var reading = batch.Query<Source>().Take(Known.Max).ToList();
        var known = batch.Query<Account>().Take(Known.Max).ToList();
        await batch.Execute(ct);
        return (await known, (await reading).ToDictionary(s => s.Account, StringComparer.Ordinal));
    }

    private async Task<DataSummary> Summary(SpendView view, IReadOnlyList<Account> accounts, IReadOnlyDictionary<string, Source> sources, Usd? preliminary, bool behind, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var current = accounts.Current();
        var each = current.Select(a => sources.GetValueOrDefault(a.Id)).Select(s => DataFreshness.Of(s?.Asked, options.PollEvery, now)).ToArray();
        var oldest = DataFreshness.OldestOf(each);
        var missing = await view.Missing(missingMax, ct);
        var names = missing.Count == 0 ? null : await view.Names(null, ct);
        return new(
            oldest.Through, oldest.LagSeconds, behind || each.Any(f => f.Stale), preliminary,
            [.. current.Where(a => a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal).Select(a => new RemovedAccountSummary(a.Label, a.RemovedAt))],
            [
                .. current.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal)
                    .Select(a => (a.Label, Error: AccountSummaries.Error(a, sources.GetValueOrDefault(a.Id)))).Where(a => a.Error is not null).Select(a => new FailingAccountSummary(a.Label, a.Error!.Detail)),
            ],
            [.. missing.Select(m => new MissingLineSummary(m.Name.Start, names!.AccountLabel(m.Account), m.Name.Key, m.Name.Model, m.Name.Unit, m.Total, m.Since))]);
    }

    /// <summary>By how much edges may be off, where this machine's clock is not the provider's; null: there is nothing to say.</summary>
    public async Task<IReadOnlyList<string>?> Clock(CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var batch = session.CreateBatchQuery();
        var reading = batch.Query<Source>().Take(Known.Max).ToList();
        var known = batch.Query<Account>().Where(a => !a.Removed).Take(Known.Max).ToList();
        await batch.Execute(ct);
        var connected = (await known).Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
        return (await reading).Where(s => connected.Contains(s.Account)).MaxBy(s => Math.Abs(s.ClockAheadSeconds ?? 0)).Clock() is { } clock ? [clock] : null;
    }
}

/// <summary>Positions as answers show them.</summary>
public static class AsOfSummaries
{
    public static AsOfSummary Summary(this AsOf at) => new(at.Position, at.Time);
}
