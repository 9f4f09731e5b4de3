using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Service.Alerts;
using Ledger.Service.Budgets;
using Ledger.Service.Settings;
using Marten;

namespace Ledger.Service.Operations;

/// <summary>What somebody should look at: open alerts, and budgets that are over.</summary>
public sealed class Troubles(CurrentBooks books, LedgerOptions options, TimeProvider clock)
{
    private const int alertsMax = 1_000;
    private const int latestMax = 3;
    private const int budgetsMax = 200;

    public async Task<(AlertsStatus Alerts, IReadOnlyList<BudgetOver> Over)> Now(IQuerySession session, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var open = await session.OpenAlerts(now, alertsMax, ct);
        var alerts = new AlertsStatus(open.Count, [.. open.Take(latestMax).Select(a => new AlertLine(a.Id, a.At, Headline.Of(a.Event, options.People.Zone)))]);
        var budgets = await session.Query<Budget>().Where(b => !b.Closed).Take(budgetsMax + 1).ToListAsync(ct);
        if (budgets.Count > budgetsMax)
        {
            // Of very many only those are looked at that something was said of.
            string[] told = [.. (await session.OpenBudgetAlerts(now, ct)).Select(a => a.Budget).OfType<string>().Distinct(StringComparer.Ordinal).Take(budgetsMax).Select(Budget.StreamOf)];
            budgets = [.. (await session.LoadManyAsync<Budget>(ct, told)).Where(b => !b.Closed)];
        }
        await using var current = await books.Open(session, [.. budgets.Select(b => b.Scope)], ct);
        var over = (await BudgetStandings.At([.. budgets], current, now, ct)).Where(s => s.State is { State: "over" }).OrderByDescending(s => s.State!.Permille);
        return (alerts, [.. over.Select(s => new BudgetOver(s.Budget.Name, s.Period, s.State!.Spent, s.State.Limit))]);
    }
}
