using Ledger.Service.Budgets;
using Ledger.Service.Watching;
using Ledger.Service.Writing;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Operations;

/// <summary>What somebody should look at: open alerts, and budgets that are over.</summary>
internal sealed class Troubles(WatchQueries watch, Registry registry, Standings standings, TimeProvider clock)
{
    private const int alertsMax = 1_000;
    private const int latestMax = 3;
    private const int budgetsMax = 200;

    public async Task<(AlertsBody Alerts, IReadOnlyList<BudgetOver> Over)> Now(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var open = (await watch.Alerts(new() { OpenAt = now, Told = true, Limit = alertsMax }, ct)).Where(a => a.AckedAt is null && !registry.Ask(d => Moot.Is(d, a.Event))).ToArray();
        var alerts = new AlertsBody(open.Length, [.. open.Take(latestMax).Select(a => new AlertLine(a.Id, a.At, Headline.Of(a.Event)))]);

        await using var snapshot = await watch.Open(ct);
        var budgets = registry.Ask(d => d.Budgets.Values.Where(b => !b.Closed).Take(budgetsMax + 1).ToArray());
        if (budgets.Length > budgetsMax)
        {
            // Of very many only those are looked at that something was said of.
            var told = await snapshot.BudgetsWithOpenAlerts(now, budgetsMax, ct);
            budgets = registry.Ask(d => told.Select(id => d.Budgets.GetValueOrDefault(id)).OfType<Ledger.Budgets.Budget>().Where(b => !b.Closed).ToArray());
        }
        var over = (await standings.Look(snapshot, budgets, ct)).Where(s => s.State is { State: "over" }).OrderByDescending(s => s.State!.Permille);
        return (alerts, [.. over.Select(s => new BudgetOver(s.Budget.Name, s.Limit.Period, s.State!.Spent, s.State.Limit))]);
    }
}
