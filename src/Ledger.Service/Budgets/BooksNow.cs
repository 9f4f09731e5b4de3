using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Service.Accounts;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Budgets;

/// <summary>The books as they are now: the money views at their position, with what else a judgement needs.</summary>
public sealed class BooksNow : IBooks, IAsyncDisposable
{
    private readonly IReadOnlyDictionary<string, Mission> missions;

    private BooksNow(SpendView view, Known known, IReadOnlyDictionary<string, Mission> missions, DataAges ages) => (View, Known, this.missions, Ages) = (view, known, missions, ages);

    public SpendView View { get; }

    public Known Known { get; }

    public DataAges Ages { get; }

    public ScopeNames Names => field ??= new(Known, missions);

    /// <summary>Since when each account is watched, removed ones too: what was spent through them stays spent.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Connected => field ??= Known.Accounts.ToDictionary(a => a.Key, a => a.Value.ConnectedAt, StringComparer.Ordinal);

    /// <summary>Reads what the scopes need beside a view that is open.</summary>
    public static async Task<BooksNow> Read(IQuerySession session, SpendView view, IReadOnlyCollection<Scope> scopes, TimeSpan pollEvery, DateTimeOffset now, CancellationToken ct) =>
        new(view, await session.Known(ct), await session.MissionsOf(scopes, ct), await DataAges.Read(session, pollEvery, now, ct));

    public Mission? Mission(string id) => missions.GetValueOrDefault(id);

    public IReadOnlyList<string> AccountsOf(Scope scope) => Known.AccountsOf(scope, Mission);

    public DataFreshness Reach(Scope scope) => Ages.Of(AccountsOf(scope));

    public Task<IReadOnlyDictionary<string, ScopeSum>> Sums(ScopeKind kind, IReadOnlyCollection<string> values, Interval window, CancellationToken ct) => View.Sums(kind, values, window, Connected, ct);

    public Task<IReadOnlyDictionary<string, SpendSeries>> Series(ScopeKind kind, IReadOnlyCollection<string> values, DateTimeOffset now, DateTimeOffset? through, CancellationToken ct) =>
        View.Series(kind, values, now, through, ct);

    public ValueTask DisposeAsync() => View.DisposeAsync();
}

/// <summary>Opens the books for an answer about some scopes.</summary>
public sealed class CurrentBooks(SpendViews views, LedgerOptions options, TimeProvider clock)
{
    /// <summary>
    /// Waits a second at most until the money views hold what is recorded of the scopes' accounts, keys and missions. Dispose the answer soon; it holds a
    /// connection.
    /// </summary>
    public async Task<BooksNow> Open(IQuerySession session, IReadOnlyCollection<Scope> scopes, CancellationToken ct)
    {
        var known = await session.Known(ct);
        var missions = await session.MissionsOf(scopes, ct);
        var accounts = scopes.SelectMany(s => known.AccountsOf(s, missions.GetValueOrDefault)).ToHashSet(StringComparer.Ordinal);
        await views.WaitForStreams(
            [
                .. accounts.Select(Account.StreamOf), .. known.Keys.Values.Where(k => accounts.Contains(k.Account)).Select(k => KeyOwnership.StreamOf(k.Account, k.Key)),
                .. missions.Keys.Select(Missions.Mission.StreamOf),
            ], ct);
        var view = await views.Open(ct);
        try
        {
            return await BooksNow.Read(session, view, scopes, options.PollEvery, clock.GetUtcNow(), ct);
        }
        catch
        {
            await view.DisposeAsync();
            throw;
        }
    }
}
