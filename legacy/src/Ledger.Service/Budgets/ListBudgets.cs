using Ledger.Service.Spend;
using Ledger.Service.Writing;

namespace Ledger.Service.Budgets;

/// <summary>Budgets with where each of their periods stands; closed ones too when asked for.</summary>
internal sealed record BudgetList(IReadOnlyList<BudgetBody> Budgets, bool More, AsOfBody AsOf, DataBody Data);

internal static class ListBudgets
{
    private const int limitMax = 1_000;

    public static async Task<BudgetList> Get(bool? closed, long? minPosition, Registry registry, ReadAt readAt, Standings standings, DataStates data, TimeProvider clock, CancellationToken ct)
    {
        var behind = !await readAt.Caught(minPosition, ct);
        var (position, found) = registry.Ask(d => (registry.Position, d.Budgets.Values.Where(b => closed == true || !b.Closed).OrderBy(b => b.Name, StringComparer.OrdinalIgnoreCase).Take(limitMax + 1).ToArray()));
        var bodies = await standings.Of([.. found.Take(limitMax)], ct);
        return new(bodies, found.Length > limitMax, new(position, clock.GetUtcNow()), await data.Now(null, behind, ct));
    }
}
