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
        var summaries = await HistoryAlerts.Summaries(context, ct);
        var crossed = states.Select(s => (s.State, Crossings: s.State.Crossed(s.At, t => summaries.Lack(s.State, t)))).Where(s => s.Crossings.Count > 0).ToArray();
        var armed = await context.Session.Armed(crossed.SelectMany(s => s.Crossings).Select(c => c.Key), context.Now, ct);
        var byKey = armed.Values.ToDictionary(a => a.Key, StringComparer.Ordinal);
        var fresh = crossed.SelectMany(s => Crossings.New(s.State, [.. s.Crossings.Select(c => c with { Key = armed[c.Key].Key })], k => byKey[k].IsOpen, k => byKey[k].IsStillSaid)).ToArray();
        var told = crossed.Where(s => s.Crossings.Any(c => armed[c.Key] is { IsOpen: true } or { Recoveries: > 0 })).Select(s => s.State.Budget.Id).ToHashSet(StringComparer.Ordinal);
        return [.. await Raised(context, circumstances, fresh, told, ct), .. await Recovered(context, states, ct)];
    }

    /// <param name="context">The books.</param>
    /// <param name="circumstances">What spend comes from.</param>
    /// <param name="crossings">What is new.</param>
    /// <param name="told">Budgets that people were told of before.</param>
    /// <param name="ct">Cancels.</param>
    private static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Raised(
        WatchContext context, AlertCircumstances circumstances, IReadOnlyList<NewCrossing> crossings, IReadOnlySet<string> told, CancellationToken ct)
    {
        var why = await circumstances.Of([.. crossings.Where(c => c.IsTold).Select(SpendOf).Distinct()], ct);
        return
        [
            .. crossings.GroupBy(c => (c.State.Budget.Id, c.State.Period, c.State.Window.Start)).Select(g => (IReadOnlyList<Finding>)
            [
                .. g.Select(c => new Finding(c.Raise(c.IsTold ? why[SpendOf(c)] : Circumstances.None with { AsOf = context.Spend.Position }, context.Books.Names.NameOf(c.State.Budget.Scope), context.Now), c.IsTold, told.Contains(c.State.Budget.Id))),
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
