using Ledger.Budgets;
using Ledger.Views;
using Ledger.Views.Watching;

namespace Ledger.Service.Watching;

/// <summary>A budget to look at, and the buckets that changed; null: any may have.</summary>
internal readonly record struct ToLookAt(Budget Budget, Interval? Changed);

/// <summary>
/// Open budgets by what they limit, so that what changed finds its budgets without a look at all. Made from the directory, and made
/// again only when a budget was changed there. Holds the directory's own budgets, no state of them.
/// </summary>
internal sealed class BudgetIndex(Books books)
{
    private Dictionary<Scope, List<Budget>> byScope = [];
    private Dictionary<string, Budget> byId = new(StringComparer.Ordinal);
    // Changed, and not looked at to the end yet: a look may fail half-way.
    private readonly HashSet<string> unseen = new(StringComparer.Ordinal);
    private object? directory;
    private long changes = -1;

    public int Count => byId.Count;

    public IEnumerable<Budget> All => byId.Values;

    public Budget? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>Catches up with the directory; answers the budgets that were set, raised or opened since the last look that was <see cref="Seen"/> to its end.</summary>
    public IReadOnlyList<Budget> Refresh()
    {
        var open = books.Ask(d =>
        {
            if (ReferenceEquals(d, directory) && d.BudgetChanges == changes) return null;
            (directory, changes) = (d, d.BudgetChanges);
            return d.Budgets.Values.Where(b => !b.Closed).ToArray();
        });
        if (open is not null)
        {
            unseen.UnionWith(open.Where(b => !byId.TryGetValue(b.Id, out var known) || !IsSame(known, b)).Select(b => b.Id));
            byId = open.ToDictionary(b => b.Id, StringComparer.Ordinal);
            byScope = open.GroupBy(b => b.Scope).ToDictionary(g => g.Key, g => g.ToList());
        }
        return [.. unseen.Select(Find).OfType<Budget>()];
    }

    /// <summary>What <see cref="Refresh"/> answered was looked at, and what followed from it is written.</summary>
    public void Seen() => unseen.Clear();

    /// <summary>No event of its stream lies between them. The directory may have been read again: its objects are others then.</summary>
    private static bool IsSame(Budget a, Budget b) => ReferenceEquals(a, b) || (a.Revision == b.Revision && a.SetAt == b.SetAt && a.Raises.Count == b.Raises.Count && a.Raises.Zip(b.Raises).All(r => r.First == r.Second));

    /// <summary>The budgets that changes touch.</summary>
    public IEnumerable<ToLookAt> Of(Changed changed)
    {
        if (changed.More) return All.Select(b => new ToLookAt(b, null));
        return changed.Values.SelectMany(c => byScope.TryGetValue(new(c.Key.Kind, c.Key.Value), out var found) ? found.Select(b => new ToLookAt(b, c.Value)) : []);
    }

    /// <summary>Budgets of which a raise ended in a stretch of time.</summary>
    public IEnumerable<Budget> RaisesEnded(DateTimeOffset after, DateTimeOffset now) => All.Where(b => b.Raises.Any(r => r.Until > after && r.Until <= now));
}
