using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Service.Alerts;
using Ledger.Service.Budgets;
using Ledger.Service.Digests;
using Ledger.Service.Forecasts;
using Ledger.Service.Settings;
using Marten;

namespace Ledger.Service.Operations;

/// <summary>What somebody should look at: open alerts, where budgets stand, when credit ends.</summary>
public sealed class Troubles(CurrentBooks books, LedgerOptions options, TimeProvider clock)
{
    private const int alertsMax = 1_000;
    private const int latestMax = 3;
    private const int budgetsMax = 200;

    public async Task<TroublesNow> Now(IQuerySession session, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var open = await session.OpenAlerts(now, alertsMax, ct);
        var alerts = new AlertsStatus(open.Count, [.. open.Take(latestMax).Select(a => new AlertLine(a.Id, a.At, a.Severity, Headline.Short(a.Event, options.People.Zone, now)))]);
        var budgets = await session.Query<Budget>().Where(b => !b.Closed).Take(budgetsMax + 1).ToListAsync(ct);
        if (budgets.Count > budgetsMax)
        {
            // Of very many only those are looked at that something was said of.
            string[] told = [.. (await session.OpenBudgetAlerts(now, ct)).Select(a => a.Budget).OfType<string>().Distinct(StringComparer.Ordinal).Take(budgetsMax).Select(Budget.StreamOf)];
            budgets = [.. (await session.LoadManyAsync<Budget>(ct, told)).Where(b => !b.Closed)];
        }
        await using var current = await books.Open(session, [Scope.Everything, .. budgets.Select(b => b.Scope)], ct);
        var standings = await BudgetStandings.At([.. budgets], current, now, ct);
        return new(
            alerts, [.. standings.Where(s => s.State is { State: "over" }).OrderByDescending(s => s.State!.Permille).Select(s => new BudgetOver(s.Budget.Name, s.Period, s.State!.Spent, s.State.Limit))],
            DigestBudgets.Worst(standings, [], current.Names.NameOf), await current.Runways([.. current.Known.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal)], now, ct));
    }
}

/// <summary>What there is to look at.</summary>
/// <param name="Alerts">Those that are open.</param>
/// <param name="Over">Budgets that are over.</param>
/// <param name="Budgets">The budgets that matter most.</param>
/// <param name="Runways">When prepaid credit ends.</param>
public sealed record TroublesNow(AlertsStatus Alerts, IReadOnlyList<BudgetOver> Over, IReadOnlyList<DigestBudget> Budgets, IReadOnlyList<Runway> Runways);
