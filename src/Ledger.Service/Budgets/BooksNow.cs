using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Missions;
using Ledger.Service.Accounts;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Budgets;

/// <summary>The books as they are now: the money views at their position, with what else a judgement needs.</summary>
/// <param name="view">The money views; disposed with this.</param>
/// <param name="known">Accounts, agents and keys.</param>
/// <param name="missions">The missions that the scopes in question name, by id.</param>
/// <param name="ages">How far each account was read, asked before the view was opened: what was read then is in it.</param>
public sealed class BooksNow(SpendView view, Known known, IReadOnlyDictionary<string, Mission> missions, DataAges ages) : IBooks, IAsyncDisposable
{
    public SpendView View => view;

    public Known Known => known;

    public DataAges Ages => ages;

    public ScopeNames Names => field ??= new(known, missions);

    /// <summary>Since when each account is watched, removed ones too: what was spent through them stays spent.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Connected => field ??= known.Accounts.ToDictionary(a => a.Key, a => a.Value.ConnectedAt, StringComparer.Ordinal);

    public Mission? Mission(string id) => missions.GetValueOrDefault(id);

    public IReadOnlyList<string> AccountsOf(Scope scope) => known.AccountsOf(scope, Mission);

    public DataFreshness Reach(Scope scope) => ages.Of(AccountsOf(scope));

    public Task<IReadOnlyDictionary<string, ScopeSum>> Sums(ScopeKind kind, IReadOnlyCollection<string> values, Interval window, CancellationToken ct) => view.Sums(kind, values, window, Connected, ct);

    public Task<IReadOnlyDictionary<string, CreditNow>> Credits(IReadOnlyCollection<Account> accounts, CancellationToken ct) => ages.Credits(accounts, view, ct);

    public Task<IReadOnlyDictionary<string, SpendSeries>> Series(ScopeKind kind, IReadOnlyCollection<string> values, DateTimeOffset now, DateTimeOffset? through, CancellationToken ct) =>
        view.Series(kind, values, now, through, ct);

    public ValueTask DisposeAsync() => view.DisposeAsync();
}

/// <summary>Opens the books for an answer about some scopes.</summary>
public sealed class CurrentBooks(SpendViews views, LedgerOptions options, TimeProvider clock)
{
    /// <summary>
    /// Waits a second at most until the money views hold what is recorded of the scopes' accounts, keys and missions. Dispose the answer
    /// soon; it holds a connection.
    /// </summary>
    public async Task<BooksNow> Open(IQuerySession session, IReadOnlyCollection<Scope> scopes, CancellationToken ct) => await Open(session, await session.Known(ct), scopes, ct);

    /// <summary>The same, with accounts, agents and keys that were read already.</summary>
    public async Task<BooksNow> Open(IQuerySession session, Known known, IReadOnlyCollection<Scope> scopes, CancellationToken ct)
    {
        var missions = await session.MissionsOf(scopes, ct);
        var ages = await DataAges.Read(session, options.PollEvery, clock.GetUtcNow(), ct);
        await views.WaitForStreams([.. missions.Keys.Select(Ledger.Missions.Mission.StreamOf)], known.Position, ct);
        return new(await views.Open(ct), known, missions, ages);
    }
}
