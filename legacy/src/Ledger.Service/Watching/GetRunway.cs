using Ledger.Budgets;
using Ledger.Service.Accounts;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Prepaid credit left, how fast it burns, and when it runs out, account by account; accounts whose credit is not known are left out.</summary>
internal sealed record RunwayList(IReadOnlyList<Runway> Runways, AsOfBody AsOf, DataBody Data);

internal static class GetRunway
{
    public static async Task<RunwayList> Get(string? account, long? minPosition, Registry registry, ReadAt readAt, WatchQueries watch, Reaches reaches, DataStates data, TimeProvider clock, CancellationToken ct)
    {
        var behind = !await readAt.Caught(minPosition, ct);
        await using var snapshot = await watch.Open(ct);
        var accounts = registry.Ask(d => account is null
            ? d.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal).ToArray()
            : [AccountFinder.Connected(d, account)]);
        return new(await Of(snapshot, accounts, reaches, clock.GetUtcNow(), ct), new(snapshot.Position, snapshot.At), await data.Now(null, behind, ct));
    }

    /// <summary>The runways of some accounts, at a snapshot.</summary>
    public static async Task<IReadOnlyList<Runway>> Of(WatchSnapshot snapshot, IReadOnlyList<Ledger.Accounts.Account> accounts, Reaches reaches, DateTimeOffset now, CancellationToken ct)
    {
        var reach = await reaches.Now(ct);
        var runways = new List<Runway>();
        foreach (var account in accounts)
        {
            var series = await snapshot.Series(ScopeKind.Account, [account.Id], [account.Id], now, reach([account.Id]).Through, ct);
            if (Runways.Of(account, series[account.Id]) is { } runway) runways.Add(runway);
        }
        return runways;
    }
}
