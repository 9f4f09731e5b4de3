using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Service.Budgets;

namespace Ledger.Service.Alerts;

/// <summary>Where a budget stands in a window.</summary>
/// <param name="State">Where.</param>
/// <param name="At">Now, or the last instant of a window that is just over.</param>
public sealed record WatchedBudget(BudgetState State, DateTimeOffset At);

/// <summary>Thresholds of budgets that are crossed and were not told of, and those that are clear again.</summary>
public static class BudgetAlerts
{
    private const int budgetsPerQuestion = 500;

    /// <summary>Where every open budget stands in its windows, those just over included: what was spent before midnight is read after it.</summary>
    public static async Task<IReadOnlyList<WatchedBudget>> Standings(WatchContext context, CancellationToken ct)
    {
        var watched = new List<WatchedBudget>();
        foreach (var some in context.Budgets.Chunk(budgetsPerQuestion))
        {
            var windows = some.SelectMany(b => BudgetWindows.Watched(b, null, context.Books.Mission, context.Now)).ToArray();
            watched.AddRange((await BudgetStandings.In(windows, context.Books, context.Now, ct)).Where(s => s.State is not null).Select(s => new WatchedBudget(s.State!, s.At)));
        }
        return watched;
    }

    /// <summary>In groups of one budget and window.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Find(WatchContext context, AlertCircumstances circumstances, IReadOnlyList<WatchedBudget> states, CancellationToken ct)
    {
        var crossed = states.Select(s => (s.State, Crossings: s.State.Crossed(s.At))).Where(s => s.Crossings.Count > 0).ToArray();
        var known = await context.Session.KnownKeys(crossed.SelectMany(s => s.Crossings).Select(c => c.Key), ct);
        var fresh = crossed.SelectMany(s => Crossings.New(s.State, s.Crossings, known.Contains)).ToArray();
        return [.. await Raised(context, circumstances, fresh, ct), .. await Recovered(context, states, ct)];
    }

    private static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Raised(WatchContext context, AlertCircumstances circumstances, IReadOnlyList<NewCrossing> crossings, CancellationToken ct)
    {
        var why = await circumstances.Of([.. crossings.Where(c => c.ToldBy is null).Select(SpendOf).Distinct()], ct);
        return
        [
            .. crossings.GroupBy(c => (c.State.Budget.Id, c.State.Period, c.State.Window.Start)).Select(g => (IReadOnlyList<Finding>)
            [
                .. g.Select(c => new Finding(c.Raise(c.ToldBy is null ? why[SpendOf(c)] : Circumstances.None with { AsOf = context.Spend.Position }, context.Now), c.ToldBy is null)),
            ]),
        ];
    }

    private static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Recovered(WatchContext context, IReadOnlyList<WatchedBudget> states, CancellationToken ct)
    {
        var open = (await context.Session.OpenBudgetAlerts(context.Now, ct)).Select(a => (BudgetThresholdCrossed)a.Event).ToLookup(a => a.Budget, StringComparer.Ordinal);
        return
        [
            .. states.Select(s => (IReadOnlyList<Finding>)[.. Crossings.Cleared(s.State, open[s.State.Budget.Id], context.Now).Select(c => new Finding(c.Recovered, c.Told))])
                .Where(g => g.Count > 0),
        ];
    }

    private static SpendOf SpendOf(NewCrossing crossing) => new(crossing.State.Budget.Scope, BudgetWindows.Counted(crossing.State.Period, crossing.State.Window), crossing.State.Spent);
}
