using Ledger.Budgets;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Budgets;

/// <summary>Which budget somebody means: by name, whatever its case, or by id.</summary>
public static class BudgetLookup
{
    private const int candidatesMax = 50;

    /// <summary>The one meant, or a refusal with the names there are.</summary>
    public static async Task<Budget> FindBudget(this IQuerySession session, string text, CancellationToken ct)
    {
        // A slash inside a path segment arrives as it was sent.
        var name = text.Trim().Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var found = await session.LoadManyAsync<Budget>(ct, Budget.StreamOf(Budget.IdOf(name)), Budget.StreamOf(name));
        if (found.OrderBy(b => b.Id == Budget.IdOf(name) ? 0 : 1).FirstOrDefault() is { } budget) return budget;
        var names = await session.Query<Budget>().Where(b => !b.Closed).Select(b => b.Name).Take(Known.Max).ToListAsync(ct);
        throw new Refused("budget.unknown", $"No budget is called {Names.Printable(text)}; `ledger budget list` shows them.", "budget", text, [.. names.Order(StringComparer.Ordinal).Take(candidatesMax)]);
    }

    /// <summary>The budgets that are watched.</summary>
    public static async Task<IReadOnlyList<Budget>> OpenBudgets(this IQuerySession session, CancellationToken ct) =>
        await session.Query<Budget>().Where(b => !b.Closed).Take(Known.Max).ToListAsync(ct);
}
