using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Missions;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>What a look at the books works with: the money views at one position, and what there is beside them.</summary>
public sealed class WatchContext : IAsyncDisposable
{
    private WatchContext(SpendView spend, IQuerySession session, DateTimeOffset now, Known known, IReadOnlyDictionary<string, Source> sources, IReadOnlyList<Budget> budgets)
    {
        (Spend, Session, Now, Known, Sources, Budgets) = (spend, session, now, known, sources, budgets);
        Connected = known.Accounts.ToDictionary(a => a.Key, a => a.Value.ConnectedAt, StringComparer.Ordinal);
    }

    public SpendView Spend { get; }

    public IQuerySession Session { get; }

    public DateTimeOffset Now { get; }

    /// <summary>Accounts, agents and keys; removed accounts too: what was spent through them stays spent.</summary>
    public Known Known { get; }

    /// <summary>How far each account is read.</summary>
    public IReadOnlyDictionary<string, Source> Sources { get; }

    /// <summary>Budgets that are not closed, by name.</summary>
    public IReadOnlyList<Budget> Budgets { get; }

    /// <summary>Since when each account is watched.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Connected { get; }

    /// <summary>Accounts that are read.</summary>
    public IEnumerable<Account> Accounts => Known.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Id, StringComparer.Ordinal);

    public static async Task<WatchContext> Open(SpendViews views, IDocumentStore store, DateTimeOffset now, CancellationToken ct)
    {
        var session = store.QuerySession();
        try
        {
            // Before the views: what a source is said to have read is asked for in them.
            var sources = await session.Query<Source>().Take(Known.Max).ToListAsync(ct);
            var known = await session.Known(ct);
            var budgets = await session.Query<Budget>().Where(b => !b.Closed).OrderBy(b => b.Name).Take(Known.Max).ToListAsync(ct);
            return new(await views.Open(ct), session, now, known, sources.ToDictionary(s => s.Account, StringComparer.Ordinal), budgets);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>How far an account's data reaches; null: nothing was read.</summary>
    public DateTimeOffset? ThroughOf(string account) => Sources.GetValueOrDefault(account)?.Asked;

    /// <summary>How far the data of a scope reaches; null: nobody knows. What any account may lack, every scope but an account's may lack.</summary>
    public DateTimeOffset? Through(Scope scope)
    {
        if (scope.Kind == ScopeKind.Account) return ThroughOf(scope.Value);
        var reaches = Accounts.Select(a => ThroughOf(a.Id)).ToArray();
        return reaches.Length == 0 || reaches.Contains(null) ? null : reaches.Min();
    }

    public async ValueTask DisposeAsync()
    {
        await Spend.DisposeAsync();
        await Session.DisposeAsync();
    }
}

/// <summary>An alert or a recovery that was found.</summary>
/// <param name="Event">What is written.</param>
/// <param name="Told">Whether people are told of it; one that another alert's message tells of is only written.</param>
public sealed record Finding(ILedgerEvent Event, bool Told = true)
{
    /// <summary>The alert's id.</summary>
    public string Alert => Event switch
    {
        IAlert e => e.Alert,
        IRecovery e => e.Alert,
        _ => throw new InvalidOperationException($"{Event.GetType().Name} is neither an alert nor a recovery."),
    };
}
