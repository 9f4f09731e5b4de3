using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Service.Polling;
using Ledger.Views;
using Ledger.Views.Watching;

namespace Ledger.Service.Watching;

/// <summary>One look at the books: a snapshot of the views with what else a judgement needs.</summary>
internal sealed class Look : IAsyncDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, DateTimeOffset> through;

    private Look(WatchSnapshot views, Books books, IReadOnlyDictionary<string, Account> accounts, Dictionary<string, DateTimeOffset> through, DateTimeOffset now) =>
        (Views, Books, Accounts, this.through, Now) = (views, books, accounts, through, now);

    public WatchSnapshot Views { get; }

    public Books Books { get; }

    public DateTimeOffset Now { get; }

    /// <summary>All accounts, removed ones too: what was spent through them stays spent.</summary>
    public IReadOnlyDictionary<string, Account> Accounts { get; }

    /// <summary>Since when each account is watched.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Connected => field ??= Accounts.ToDictionary(a => a.Key, a => a.Value.ConnectedAt, StringComparer.Ordinal);

    public static async Task<Look> Open(WatchQueries queries, Books books, Sources sources, DateTimeOffset now, CancellationToken ct)
    {
        var heartbeats = await sources.All(ct);
        var views = await queries.Open(ct);
        // Another node may have followed further than ours: missions and keys that the tables speak of must be known here too.
        if (!await books.WaitFor(views.Position, patience, ct))
        {
            await views.DisposeAsync();
            throw new TimeoutException("The directory is behind the views.");
        }
        var accounts = books.Ask(d => d.Accounts.ToDictionary(StringComparer.Ordinal));
        var through = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var (account, state) in heartbeats)
            if (state.Asked is { } asked) through[account] = asked;
        return new(views, books, accounts, through, now);
    }

    /// <summary>Readings whose lines are in the views reach further than the heartbeat that follows them.</summary>
    public void Reached(IReadOnlyDictionary<string, DateTimeOffset> answered)
    {
        foreach (var (account, at) in answered)
            if (!through.TryGetValue(account, out var known) || at > known) through[account] = at;
    }

    /// <summary>How far an account's data reaches; null: nothing was read.</summary>
    public DateTimeOffset? ThroughOf(string account) => through.TryGetValue(account, out var at) ? at : null;

    /// <summary>How far the data of a scope reaches: what any connected account may lack, it may lack.</summary>
    public DateTimeOffset? Through(ScopeKind kind, string value)
    {
        if (kind == ScopeKind.Account) return ThroughOf(value);
        DateTimeOffset? least = null;
        foreach (var account in Accounts.Values)
        {
            if (account.Removed) continue;
            if (ThroughOf(account.Id) is not { } reaches) return null;
            if (least is null || reaches < least) least = reaches;
        }
        return least;
    }

    public ValueTask DisposeAsync() => Views.DisposeAsync();
}
