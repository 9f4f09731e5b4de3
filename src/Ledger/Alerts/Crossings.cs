using Ledger.Budgets;
using Ledger.Money;

namespace Ledger.Alerts;

/// <summary>A threshold that is crossed, and the key it is told of under, once.</summary>
/// <param name="Key">Budget, period, window, arming, basis and threshold.</param>
/// <param name="Threshold">The threshold.</param>
/// <param name="Severity">How much it matters.</param>
public sealed record Crossing(string Key, Threshold Threshold, Severity Severity);

/// <summary>A threshold that is crossed and was not told of yet, and where its budget stands.</summary>
/// <param name="State">Where the budget stands.</param>
/// <param name="Crossing">What is crossed.</param>
public sealed record NewCrossing(BudgetState State, Crossing Crossing)
{
    /// <summary>The id of its alert.</summary>
    public string Alert => Alerts.Alert.IdOf(Crossing.Key);

    /// <summary>The alert whose message tells of this one too; null: it is told itself.</summary>
    public string? ToldBy { get; init; }

    /// <summary>It recovered and came again before people heard of the recovery: what they were told before is true.</summary>
    public bool IsStillSaid { get; init; }

    /// <summary>Part of the limit is spent, and what is left will do: it stands in the list and the digest, and disturbs nobody.</summary>
    public bool IsQuiet => ToldBy is null && Crossing is { Severity: Severity.Info, Threshold.Basis: Basis.Actual } && State.Forecast.Expected <= State.Limit;

    /// <summary>Whether people are told of it.</summary>
    public bool IsTold => ToldBy is null && !IsStillSaid && !IsQuiet;

    /// <summary>Those it tells of besides itself.</summary>
    public IReadOnlyList<Threshold> Also { get; init; } = [];

    /// <summary>The alert it is written as.</summary>
    /// <param name="circumstances">What it comes from.</param>
    /// <param name="scopeName">What people call what the budget limits; null: it is called by its id.</param>
    /// <param name="now">Now.</param>
    public BudgetThresholdCrossed Raise(Circumstances circumstances, string? scopeName, DateTimeOffset now) => new()
    {
        Alert = Alert,
        Key = Crossing.Key,
        Severity = Crossing.Severity,
        Budget = State.Budget.Id,
        Name = State.Budget.Name,
        Scope = State.Budget.Scope.ToString(),
        ScopeName = scopeName,
        Period = State.Period,
        Window = State.Window,
        Threshold = Crossing.Threshold,
        Spent = State.Spent,
        Limit = State.Limit,
        Forecast = State.Forecast,
        Circumstances = circumstances,
        Also = Also.Count > 0 ? Also : null,
        ToldBy = ToldBy,
        Quiet = IsQuiet,
        At = now.ToMicroseconds(),
    };
}

/// <summary>What follows from where budgets stand.</summary>
public static class Crossings
{
    /// <summary>So long good news is held back. A crossing within it takes it back, and neither is told: the reader's last word is true.</summary>
    public static readonly TimeSpan GoodNewsWaits = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The new ones among a state's crossings. The one that matters most comes first, is told, and tells of the others; one that matters
    /// less than what was told before is written and not told: nobody wants to hear of 80 % after 100 %. Nor is one whose recovery nobody heard of.
    /// </summary>
    /// <param name="state">Where the budget stands.</param>
    /// <param name="crossings">All that is crossed: <see cref="BudgetState.Crossed"/>, under the keys they have by now.</param>
    /// <param name="isKnown">Whether a key was told of before.</param>
    /// <param name="isStillSaid">Whether people still believe that a key is crossed, because they never heard of its recovery.</param>
    public static IReadOnlyList<NewCrossing> New(BudgetState state, IReadOnlyList<Crossing> crossings, Func<string, bool> isKnown, Func<string, bool>? isStillSaid = null)
    {
        var fresh = crossings.Where(c => !isKnown(c.Key))
            .OrderByDescending(c => c.Severity).ThenBy(c => c.Threshold.Basis == Basis.Actual ? 0 : 1).ThenByDescending(c => c.Threshold.Under(state.Limit))
            .Select(c => new NewCrossing(state, c) { IsStillSaid = isStillSaid?.Invoke(c.Key) == true }).ToArray();
        if (fresh.Length == 0) return [];
        var before = crossings.Where(c => isKnown(c.Key) && c.Threshold.Basis == Basis.Actual && c.Threshold.Under(state.Limit) >= fresh[0].Crossing.Threshold.Under(state.Limit))
            .MaxBy(c => c.Threshold.Under(state.Limit));
        var teller = before is null ? fresh[0].Alert : Alert.IdOf(before.Key);
        return
        [
            .. fresh.Select((c, i) => before is null && i == 0
                ? c with { Also = [.. fresh.Skip(1).Where(o => !o.IsStillSaid).Select(o => o.Crossing.Threshold)] }
                : c with { ToldBy = teller }),
        ];
    }

    /// <summary>
    /// Open alerts of a state's budget and window whose threshold is clear again. The worst of those that were told is told: who was not
    /// told of the trouble does not need to hear that it is over. Nor does who raised the limit.
    /// </summary>
    /// <param name="state">Where the budget stands.</param>
    /// <param name="open">Open alerts, of other budgets and windows too.</param>
    /// <param name="now">Now.</param>
    public static IReadOnlyList<(BudgetRecovered Recovered, bool Told)> Cleared(BudgetState state, IEnumerable<BudgetThresholdCrossed> open, DateTimeOffset now)
    {
        var window = BudgetState.WindowOf(state.Period, state.Window);
        var cleared = open.Where(a => a.Budget == state.Budget.Id && a.Period == state.Period && BudgetState.WindowOf(a.Period, a.Window) == window && state.IsClearOf(a.Threshold))
            .OrderByDescending(a => a.Severity).ThenByDescending(a => a.Threshold.Under(state.Limit)).ToArray();
        var told = cleared.FirstOrDefault(a => a is { ToldBy: null, Quiet: false } && Alert.MatterOf(a.Key) == state.KeyOf(a.Threshold, now));
        return [.. cleared.Select(a => (new BudgetRecovered(a.Alert, a.Budget, state.Budget.Name, a.Threshold, state.Spent, state.Limit, now.ToMicroseconds()), ReferenceEquals(a, told)))];
    }

    /// <summary>What thresholds history alone had passed: the highest of each budget and window.</summary>
    public static IEnumerable<PassedThreshold> PassedByHistory(IEnumerable<BudgetState> states) =>
        from s in states
        let highest = s.Budget.Thresholds.Where(t => t.Basis == Basis.Actual && s.History >= t.Under(s.Limit) && s.History > Usd.Zero).MaxBy(t => t.Under(s.Limit))
        where highest is not null
        select new PassedThreshold(s.Budget.Id, s.Budget.Name, s.Period, highest, s.Spent, s.Limit);
}
