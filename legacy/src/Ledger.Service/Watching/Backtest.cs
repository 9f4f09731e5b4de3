using Ledger.Budgets;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Views;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>An alert that would have been sent.</summary>
/// <param name="At">When the figure was, or would have been, known.</param>
/// <param name="Budget">Budget id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Scope">Its scope.</param>
/// <param name="Period">The period.</param>
/// <param name="Window">Its window.</param>
/// <param name="Threshold">The threshold.</param>
/// <param name="Also">Others crossed at the same moment.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Spent">Spent by then.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Forecast">What the period would have cost, as one could tell then.</param>
/// <param name="Drivers">What it came from.</param>
/// <param name="Runway">The soonest run-out, where a balance was known by then.</param>
internal sealed record BacktestAlert(
    DateTimeOffset At, string Budget, string Name, string Scope, string Period, Interval Window, Threshold Threshold, IReadOnlyList<Threshold> Also, Severity Severity, Usd Spent, Usd Limit, Forecast Forecast,
    IReadOnlyList<Driver> Drivers, Runway? Runway);

/// <summary>What budgets would have said.</summary>
/// <param name="Range">The time looked at.</param>
/// <param name="Alerts">In order.</param>
/// <param name="Rows">Parts of spend replayed.</param>
/// <param name="AsOf">Position of the books.</param>
/// <param name="Partial">It took too long or too much: what comes after the last alert's time is not looked at.</param>
/// <param name="Through">How far it got.</param>
internal sealed record BacktestResult(Interval Range, IReadOnlyList<BacktestAlert> Alerts, long Rows, long AsOf, bool Partial, DateTimeOffset Through);

/// <summary>Replays what was spent, in the order in which it was known, through the same rules that watch it live. Writes nothing.</summary>
internal sealed class Backtest(WatchQueries queries, Books books, TimeProvider clock)
{
    /// <summary>Most budgets at once.</summary>
    public const int BudgetsMax = 200;

    private const int rowsMax = 3_000_000;
    private const int alertsMax = 5_000;
    private const int balancesMax = 200_000;
    private static readonly TimeSpan timeMax = TimeSpan.FromSeconds(45);

    /// <summary>The last 90 days.</summary>
    public Interval DefaultRange => new(clock.GetUtcNow().AddDays(-90), clock.GetUtcNow());

    /// <summary>Alerts of budgets in a range; raises that a budget holds count in their time.</summary>
    public async Task<BacktestResult> Run(IReadOnlyList<Budget> budgets, Interval range, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(budgets.Count, BudgetsMax);
        var began = clock.GetTimestamp();
        var (accounts, missions, keyNames, agentNames) = books.Ask(d => (
            d.Accounts.ToDictionary(StringComparer.Ordinal), d.Missions.ToDictionary(StringComparer.Ordinal), Advisor.NamesOf(d), d.Agents.ToDictionary(a => a.Key, a => a.Value.Name, StringComparer.Ordinal)));
        var connected = accounts.ToDictionary(a => a.Key, a => a.Value.ConnectedAt, StringComparer.Ordinal);
        var starts = new Interval(budgets.Select(b => Earliest(b, range.Start, missions)).Append(range.Start.AddDays(-WatchSnapshot.SeriesDays - 1)).Min(), range.End);

        await using var views = await queries.Open(ct);
        var replayed = new List<ReplayedBudget>();
        foreach (var budget in budgets)
        {
            var firsts = await views.FirstSpend(budget.Scope.Kind, [budget.Scope.Value], [.. accounts.Keys], ct);
            replayed.Add(new(budget, firsts.TryGetValue(budget.Scope.Value, out var first) ? first : null, starts.Start, id => missions.GetValueOrDefault(id)));
        }
        var money = new ReplayedMoney(accounts, await views.Balances(new(DateTimeOffset.MinValue, range.End), balancesMax, ct), starts.Start);
        var alerts = new List<BacktestAlert>();
        var (rows, known, partial) = (0L, starts.Start, false);

        void Judge()
        {
            foreach (var budget in replayed)
                foreach (var (crossing, parts) in budget.Judge(known))
                    if (range.Contains(known))
                        alerts.Add(Alert(crossing, Advisor.DriversOf(parts, budget.Budget.Scope, crossing.State.Spent, keyNames, agentNames), money.SoonestAt(known), known));
        }

        await foreach (var part in views.Replay(starts, connected, rowsMax, ct))
        {
            if (part.Known != known)
            {
                Judge();
                if (alerts.Count >= alertsMax || clock.GetElapsedTime(began) > timeMax)
                {
                    partial = true;
                    break;
                }
                if (part.Known >= range.End) break;
                known = part.Known;
            }
            rows++;
            money.Add(part);
            foreach (var budget in replayed) budget.Add(part);
        }
        if (!partial) Judge();
        partial |= rows >= rowsMax;
        return new(range, alerts, rows, views.Position, partial, partial ? known : range.End);
    }

    private static BacktestAlert Alert(NewCrossing crossing, IReadOnlyList<Driver> drivers, Runway? runway, DateTimeOffset at)
    {
        var state = crossing.State;
        return new(
            at, state.Budget.Id, state.Budget.Name, state.Budget.Scope.ToString(), state.Period, state.Window, crossing.Crossing.Threshold, crossing.Also, crossing.Crossing.Severity, state.Spent, state.Limit,
            state.Forecast, drivers, runway);
    }

    /// <summary>Where the first window begins that the range looks into.</summary>
    private static DateTimeOffset Earliest(Budget budget, DateTimeOffset at, Dictionary<string, Mission> missions) =>
        BudgetStates.Questions(new(budget, null), id => missions.GetValueOrDefault(id), at).Select(q => q.Counted.Start).Append(at).Min();
}
