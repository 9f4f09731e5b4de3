using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Spend;

namespace Ledger.Alerts;

/// <summary>Parts of some spend as people are told of them.</summary>
public static class Drivers
{
    private const int perDimensionMax = 3;
    private static readonly ScopeKind[] dimensions = [ScopeKind.Unit, ScopeKind.Model, ScopeKind.Key, ScopeKind.Agent];

    /// <summary>Largest first, three of each dimension; the scope's own dimension would only say that all of it is itself.</summary>
    /// <param name="parts">The parts by key, model, unit and agent.</param>
    /// <param name="scope">Whose spend it is.</param>
    /// <param name="spent">All of it.</param>
    /// <param name="nameOf">The name of a key's or agent's id; null: it is called by its id.</param>
    public static IReadOnlyList<Driver> Of(IEnumerable<ScopePart> parts, Scope scope, Usd spent, Func<Scope, string?> nameOf) =>
    [
        .. SearchesAsOne(parts).Where(p => p.Dimension != scope.Kind && p.Billed > Usd.Zero)
            .GroupBy(p => p.Dimension).SelectMany(g => g.OrderByDescending(p => p.Billed).ThenBy(p => p.Value, StringComparer.Ordinal).Take(perDimensionMax))
            .OrderByDescending(p => p.Billed).ThenBy(p => Array.IndexOf(dimensions, p.Dimension)).ThenBy(p => p.Value, StringComparer.Ordinal)
            .Select(p => new Driver(
                p.Dimension.ToString().ToLowerInvariant(),
                p.Value.Length > 0 ? p.Value : p.Dimension == ScopeKind.Agent ? Party.UnassignedName : null,
                p.Dimension is ScopeKind.Key or ScopeKind.Agent ? nameOf(new(p.Dimension, p.Value)) : null,
                p.Billed, spent > Usd.Zero ? (int)Int128.Min(1000, (Int128)p.Billed.Ticks * 1000 / spent.Ticks) : 0)),
    ];

    /// <summary>Searches of several kinds as one part: apart, none of them might be seen.</summary>
    private static IEnumerable<ScopePart> SearchesAsOne(IEnumerable<ScopePart> parts)
    {
        var all = parts.ToArray();
        var searches = all.Where(p => p.Dimension == ScopeKind.Unit && UnitFamilies.IsSearch(p.Value)).OrderByDescending(p => p.Billed).ThenBy(p => p.Value, StringComparer.Ordinal).ToArray();
        return searches.Length < 2
            ? all
            : [.. all.Except(searches), new ScopePart(ScopeKind.Unit, string.Join(", ", searches.Select(p => p.Value)), searches.Aggregate(Usd.Zero, (sum, p) => sum + p.Billed))];
    }
}
