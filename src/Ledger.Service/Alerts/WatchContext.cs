using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Service.Budgets;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>What a look at the books works with: the books at one position, the budgets and the sources there are.</summary>
public sealed class WatchContext : IAsyncDisposable
{
    private WatchContext(BooksNow books, IQuerySession session, DateTimeOffset now, IReadOnlyDictionary<string, Source> sources, IReadOnlyList<Budget> budgets) =>
        (Books, Session, Now, Sources, Budgets) = (books, session, now, sources, budgets);

    public BooksNow Books { get; }

    public SpendView Spend => Books.View;

    public Known Known => Books.Known;

    public IQuerySession Session { get; }

    public DateTimeOffset Now { get; }

    /// <summary>How far each account is read.</summary>
    public IReadOnlyDictionary<string, Source> Sources { get; }

    /// <summary>Budgets that are not closed, by name.</summary>
    public IReadOnlyList<Budget> Budgets { get; }

    /// <summary>Accounts that are read.</summary>
    public IEnumerable<Account> Accounts => Known.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Id, StringComparer.Ordinal);

    public static async Task<WatchContext> Open(SpendViews views, IDocumentStore store, TimeSpan pollEvery, DateTimeOffset now, CancellationToken ct)
    {
        var session = store.QuerySession();
        try
        {
            // Before the views: what a source is said to have read is asked for in them.
            var sources = await session.Query<Source>().Take(Known.Max).ToListAsync(ct);
            var known = await session.Known(ct);
            var budgets = await session.Query<Budget>().Where(b => !b.Closed).OrderBy(b => b.Name).Take(Known.Max).ToListAsync(ct);
            var missions = await session.MissionsOf(budgets.Select(b => b.Scope), ct);
            var books = new BooksNow(await views.Open(ct), known, missions, new(sources, pollEvery, now));
            return new(books, session, now, sources.ToDictionary(s => s.Account, StringComparer.Ordinal), budgets);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>How far the data of a scope reaches; null: nobody knows.</summary>
    public DateTimeOffset? Through(Scope scope) => Books.Reach(scope).Through;

    public async ValueTask DisposeAsync()
    {
        await Books.DisposeAsync();
        await Session.DisposeAsync();
    }
}

/// <summary>An alert or a recovery that was found.</summary>
/// <param name="Event">What is written.</param>
/// <param name="Told">Whether people are told of it; one that another alert's message tells of is only written.</param>
/// <param name="Follows">Whether people may have been told of the same subject before: then its message leaves after those.</param>
public sealed record Finding(ILedgerEvent Event, bool Told = true, bool Follows = false)
{
    /// <summary>The alert's id.</summary>
    public string Alert => Event switch
    {
        IAlert e => e.Alert,
        IRecovery e => e.Alert,
        _ => throw new InvalidOperationException($"{Event.GetType().Name} is neither an alert nor a recovery."),
    };
}
