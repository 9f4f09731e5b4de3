using Ledger.Budgets;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>A threshold that is crossed and was not told of yet, and where its budget stands.</summary>
internal sealed record NewCrossing(BudgetState State, Crossing Crossing)
{
    public string Alert => Alert.IdOf(Crossing.Key);

    /// <summary>Null: it is told itself.</summary>
    public string? ToldBy { get; init; }

    /// <summary>Those it tells of besides itself.</summary>
    public IReadOnlyList<Threshold> Also { get; init; } = [];
}

/// <summary>What follows from where budgets stand.</summary>
internal static class BudgetFindings
{
    /// <summary>
    /// Crossings nobody was told of. Of those of one budget and window the one that matters most is told, and tells of the others;
    /// one that matters less than what was told before is written and not told: nobody wants to hear of 80 % after 100 %.
    /// </summary>
    public static async Task<IReadOnlyList<NewCrossing>> Crossings(Look look, IReadOnlyList<StateAt> states, CancellationToken ct)
    {
        var crossed = states.Select(s => (s.State, Crossings: s.State.Crossed(s.At))).Where(s => s.Crossings.Count > 0).ToArray();
        var known = await look.Views.KnownKeys([.. crossed.SelectMany(s => s.Crossings).Select(c => c.Key).Distinct(StringComparer.Ordinal)], ct);
        var found = new List<NewCrossing>();
        foreach (var (state, crossings) in crossed) found.AddRange(Sort(state, crossings, known.Contains));
        return found;
    }

    /// <summary>The new ones among a state's crossings, the one that is told first.</summary>
    public static IReadOnlyList<NewCrossing> Sort(BudgetState state, IReadOnlyList<Crossing> crossings, Func<string, bool> isKnown)
    {
        var fresh = crossings.Where(c => !isKnown(c.Key))
            .OrderByDescending(c => c.Severity).ThenBy(c => c.Threshold.Basis == Basis.Actual ? 0 : 1).ThenByDescending(c => c.Threshold.Under(state.Limit))
            .Select(c => new NewCrossing(state, c)).ToArray();
        if (fresh.Length == 0) return [];
        var before = crossings.Where(c => isKnown(c.Key) && c.Threshold.Basis == Basis.Actual && c.Threshold.Under(state.Limit) >= fresh[0].Crossing.Threshold.Under(state.Limit))
            .MaxBy(c => c.Threshold.Under(state.Limit));
        var teller = before is null ? fresh[0].Alert : Alert.IdOf(before.Key);
        return
        [
            .. fresh.Select((c, i) => before is null && i == 0
                ? c with { Also = [.. fresh.Skip(1).Select(o => o.Crossing.Threshold)] }
                : c with { ToldBy = teller }),
        ];
    }

    /// <summary>Open alerts whose threshold is clear again, in groups of one budget and window; the one that mattered most is told.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Recoveries(Look look, IReadOnlyCollection<string> budgets, IReadOnlyList<StateAt> states, CancellationToken ct)
    {
        var groups = new List<IReadOnlyList<Finding>>();
        var open = (await look.Views.OpenOf(budgets, look.Now, ct)).Select(a => a.Event).OfType<BudgetThresholdCrossed>().ToLookup(a => (a.Budget, a.Period, BudgetState.WindowOf(a.Period, a.Window)));
        foreach (var (state, _) in states)
        {
            var cleared = open[(state.Budget.Id, state.Period, BudgetState.WindowOf(state.Period, state.Window))].Where(a => state.IsClearOf(a.Threshold)).OrderByDescending(a => a.Severity).ThenByDescending(a => a.Threshold.Under(state.Limit)).ToArray();
            if (cleared.Length == 0) continue;
            // Who was not told of the trouble needs not hear that it is over.
            var told = cleared.FirstOrDefault(a => a.ToldBy is null);
            groups.Add([.. cleared.Select(a => new Finding(new BudgetRecovered(a.Alert, a.Budget, state.Budget.Name, a.Threshold, state.Spent, state.Limit, look.Now.ToMicroseconds()), ReferenceEquals(a, told)))]);
        }
        return groups;
    }

    /// <summary>The events of crossings, in groups of one budget and window.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Alerted(Look look, Advisor advisor, IReadOnlyList<NewCrossing> crossings, CancellationToken ct)
    {
        var circumstances = await advisor.Of([.. crossings.Where(c => c.ToldBy is null).Select(c => new Subject(c.State.Budget.Scope, Counted(c.State), c.State.Spent)).Distinct()], ct);
        return
        [
            .. crossings.GroupBy(c => (c.State.Budget.Id, c.State.Period, c.State.Window.Start)).Select(g => (IReadOnlyList<Finding>)
            [
                .. g.Select(c => new Finding(
                    Event(c, c.ToldBy is null ? circumstances[new(c.State.Budget.Scope, Counted(c.State), c.State.Spent)] : Circumstances.None with { AsOf = look.Views.Position }, look.Now), c.ToldBy is null)),
            ]),
        ];
    }

    public static BudgetThresholdCrossed Event(NewCrossing crossing, Circumstances circumstances, DateTimeOffset now) => new()
    {
        Alert = crossing.Alert,
        Key = crossing.Crossing.Key,
        Severity = crossing.Crossing.Severity,
        Budget = crossing.State.Budget.Id,
        Name = crossing.State.Budget.Name,
        Scope = crossing.State.Budget.Scope.ToString(),
        Period = crossing.State.Period,
        Window = crossing.State.Window,
        Threshold = crossing.Crossing.Threshold,
        Spent = crossing.State.Spent,
        Limit = crossing.State.Limit,
        Forecast = crossing.State.Forecast,
        Circumstances = circumstances,
        Also = crossing.Also.Count > 0 ? crossing.Also : null,
        ToldBy = crossing.ToldBy,
        At = now.ToMicroseconds(),
    };

    /// <summary>What thresholds history alone had passed: the highest of each budget and window.</summary>
    public static IEnumerable<PassedThreshold> PassedByHistory(IEnumerable<StateAt> states) =>
        from s in states
        let highest = s.State.Budget.Thresholds.Where(t => t.Basis == Basis.Actual && s.State.History >= t.Under(s.State.Limit) && s.State.History > Usd.Zero).MaxBy(t => t.Under(s.State.Limit))
        where highest is not null
        select new PassedThreshold(s.State.Budget.Id, s.State.Budget.Name, s.State.Period, highest, s.State.Spent, s.State.Limit);

    private static Interval Counted(BudgetState state) => state.Period == "life" ? Interval.Always : state.Window;
}
