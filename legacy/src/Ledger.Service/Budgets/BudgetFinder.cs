using Ledger.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Budgets;

/// <summary>Which budget somebody means: by name, whatever its case, or by id.</summary>
internal static class BudgetFinder
{
    public static Budget? Find(AttributionContext known, string text)
    {
        // A slash inside a path segment arrives as it was sent.
        var name = text.Trim().Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return known.Budgets.GetValueOrDefault(Budget.IdOf(name)) ?? known.Budgets.GetValueOrDefault(name);
    }

    /// <exception cref="Refused">There is none of that name; with the names there are.</exception>
    public static Budget One(AttributionContext known, string text) => Find(known, text) ?? throw new Refused(
        "budget.unknown", $"No budget is called {Names.Printable(text)}; `ledger budget list` shows them.", "budget", text,
        [.. known.Budgets.Values.Where(b => !b.Closed).Select(b => b.Name).Order(StringComparer.Ordinal).Take(50)]);

    /// <summary>The one meant, as the log has it now.</summary>
    public static async Task<(long Version, Budget State)> Meant(Registry registry, string text, CancellationToken ct)
    {
        var meant = await registry.AskCurrent(d => One(d, text), ct);
        var known = await registry.Budget(meant.Id, ct);
        return (known.Version, known.State ?? meant);
    }
}
