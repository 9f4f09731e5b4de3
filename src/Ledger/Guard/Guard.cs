using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Guard;

/// <summary>What an agent is told when it asks whether to go on.</summary>
public enum GuardDecision
{
    /// <summary>Go on.</summary>
    Allow,

    /// <summary>Go on, and spend less.</summary>
    Warn,

    /// <summary>Stop and ask.</summary>
    Deny,

    /// <summary>The books can't say.</summary>
    Unknown,
}

/// <summary>A period of a budget that applies to who asks.</summary>
/// <param name="Called">What people call the budget, as the subject of a sentence: <c>Budget TUI</c>, <c>All spend</c>.</param>
/// <param name="State">Where it stands.</param>
/// <param name="SpentHigh">What it may have been at most, where a key is shared; not below what was spent.</param>
/// <param name="Held">What others' holds still keep free of it.</param>
/// <param name="PerHour">What its scope spends in an hour at the last day's rate: money not seen yet is estimated with it.</param>
public sealed record GuardBudget(string Called, BudgetState State, Usd SpentHigh, Usd Held, Usd PerHour);

/// <summary>What the books know when somebody asks.</summary>
/// <param name="Budgets">Those that apply; empty: none.</param>
/// <param name="Runways">Of the accounts concerned.</param>
/// <param name="HeldOfCredit">What all holds still keep free of prepaid credit.</param>
/// <param name="Through">How far the data reaches; null: nothing was read.</param>
/// <param name="Stale">Older than whoever asks accepts.</param>
/// <param name="Reserve">What is asked to be kept free; 0: nothing.</param>
/// <param name="Zone">The team's time zone.</param>
/// <param name="Gone">The account that was removed last, where none is read any more.</param>
public sealed record GuardFacts(
    IReadOnlyList<GuardBudget> Budgets, IReadOnlyList<Runway> Runways, Usd HeldOfCredit, DateTimeOffset? Through, bool Stale, Usd Reserve, string Zone, GoneAccount? Gone = null);

/// <summary>An account that is no longer read.</summary>
/// <param name="Label">What people called it.</param>
/// <param name="At">When it was removed, where that is known.</param>
public sealed record GoneAccount(string Label, DateTimeOffset? At);

/// <summary>Something that limits what may be spent.</summary>
/// <param name="Called">As the subject of a sentence: <c>Budget TUI</c>, <c>Prepaid credit of prod</c>.</param>
/// <param name="Budget">The period of a budget; null: it is prepaid credit.</param>
/// <param name="Credit">The prepaid credit; null: it is a budget.</param>
/// <param name="Left">Left of it, holds taken off; below 0 where more was spent.</param>
/// <param name="Low">At least so much is left, with unseen and shared spend at their worst.</param>
/// <param name="Held">What holds keep free of it.</param>
public sealed record GuardLimit(string Called, BudgetState? Budget, Runway? Credit, Usd Left, Usd Low, Usd Held);

/// <summary>The answer.</summary>
/// <param name="Decision">What to do.</param>
/// <param name="Binding">What leaves the least; null: nothing limits it.</param>
/// <param name="Budget">The budget the decision hangs on; null: none, or the credit itself.</param>
/// <param name="Threshold">The threshold it is past.</param>
/// <param name="RunsOutAt">When budget or credit is used up at this pace.</param>
/// <param name="Reason">One sentence or two.</param>
public sealed record GuardAnswer(GuardDecision Decision, GuardLimit? Binding, BudgetState? Budget, Threshold? Threshold, DateTimeOffset? RunsOutAt, string Reason)
{
    /// <summary>The least that any limit leaves; null: nothing limits it.</summary>
    public Usd? Remaining => Binding is { } limit ? Positive(limit.Left) : null;

    /// <summary>At least so much of it, with unseen and shared spend at their worst.</summary>
    public Usd? Low => Binding?.Low;

    /// <summary>At most so much of it, without holds.</summary>
    public Usd? High => Binding is { } limit ? Positive(limit.Left + limit.Held) : null;

    private static Usd Positive(Usd amount) => amount < Usd.Zero ? Usd.Zero : amount;
}

/// <summary>May an agent go on? Advice from what was billed and read so far; the provider's own limit is what blocks.</summary>
public static class GuardRules
{
    private static readonly TimeSpan shortRunway = TimeSpan.FromHours(24);

    /// <summary>Over a limit or out of credit: deny. Data too old: unknown. A budget that stands at <c>warn</c>, or credit that ends within a day: warn.</summary>
    public static GuardAnswer Decide(GuardFacts facts, DateTimeOffset now)
    {
        GuardLimit[] limits =
        [
            .. facts.Budgets.Select(b => Of(b, facts, now)).Concat(facts.Runways.Select(r => Of(r, facts, now))).OrderBy(l => l.Left.Ticks),
        ];
        var binding = limits.FirstOrDefault();
        var runway = facts.Runways.Where(r => r.RunsOut is not null).MinBy(r => r.RunsOut);
        GuardAnswer Answer(GuardDecision decision, GuardLimit? on, string reason, Threshold? threshold = null) =>
            new(decision, binding, on?.Budget, threshold, new[] { on?.Budget?.Forecast.Exceeds, on?.Credit?.RunsOut ?? runway?.RunsOut }.Where(t => t is not null).Min(), reason);

        // Money that is spent stays spent, however old the news.
        if (limits.FirstOrDefault(l => l.Left <= Usd.Zero || l.Left < facts.Reserve) is { } over) return Answer(GuardDecision.Deny, over, WhyDenied(over, facts));
        if (facts.Gone is { } gone) return Answer(GuardDecision.Unknown, binding, $"{gone.Label} was removed{(gone.At is { } at ? $" at {Moments.Of(at, facts.Zone, now)}" : "")}: what is spent is no longer read.");
        if (facts.Through is not { } through) return Answer(GuardDecision.Unknown, binding, "Nothing was read from the provider yet.");
        if (facts.Stale) return Answer(GuardDecision.Unknown, binding, $"The data ends at {Moments.Of(through, facts.Zone, now)}: too old to say.");

        foreach (var limit in limits)
            if (limit.Budget is { State: "warn" } state)
                return Answer(GuardDecision.Warn, limit, WhyWarned(limit, state, facts, now), Passed(state));
        foreach (var limit in limits)
            if (limit.Low <= Usd.Zero || limit.Low < facts.Reserve)
                return Answer(GuardDecision.Warn, limit, $"{limit.Called} has {Dollars.Show(limit.Left)} left, perhaps only {Dollars.Show(limit.Low)}: {(limit.Budget is null ? "not all spend was read yet" : "spend not read yet or on a shared key may be its own")}.");
        if (runway is { RunsOut: { } end } && end - now <= shortRunway)
            return Answer(
                GuardDecision.Warn, limits.First(l => l.Credit == runway),
                $"Prepaid credit of {runway.AccountName} ends {Moments.Of(end, facts.Zone, now)}{(runway.PerDay is { } rate ? $" at {Dollars.Show(rate)} a day" : "")}: {Dollars.Show(runway.Left)} is left.");
        return Answer(GuardDecision.Allow, binding, WhyAllowed(limits));
    }

    private static string WhyDenied(GuardLimit over, GuardFacts facts)
    {
        var asked = facts.Reserve > Usd.Zero && over.Left > Usd.Zero ? $"; {Dollars.Show(facts.Reserve)} was asked for" : "";
        var held = over.Held > Usd.Zero ? $", {Dollars.Show(over.Held)} is held (`ledger hold list`)" : "";
        return over.Budget switch
        {
            { } state when state.Spent >= state.Limit => $"{over.Called}: {Dollars.Show(state.Spent)} of {Dollars.Show(state.Limit)} is spent {Called(state.Period)}.",
            { } state => $"{over.Called} has {Dollars.Show(Positive(over.Left))} free of {Dollars.Show(state.Limit)} {Called(state.Period)}{held}{asked}.",
            _ when over.Held == Usd.Zero && over.Left <= Usd.Zero => $"{over.Called} is used up.",
            _ => $"{over.Called} has {Dollars.Show(Positive(over.Left))} free{held}{asked}.",
        };
    }

    private static string WhyWarned(GuardLimit limit, BudgetState state, GuardFacts facts, DateTimeOffset now)
    {
        var stands = $"{Dollars.Show(state.Spent)} of {Dollars.Show(state.Limit)} {Called(state.Period)}";
        return state.IsNearLimit
            ? $"{limit.Called} is at {state.Permille / 10} %: {stands}."
            : $"{limit.Called} is on track to pass its limit{(state.Forecast.Exceeds is { } at ? $" {Moments.Of(at, facts.Zone, now)}" : "")}: {stands} so far.";
    }

    private static string WhyAllowed(GuardLimit[] limits)
    {
        if (limits is not [var first, ..]) return "No budget applies.";
        var left = first.Budget is { } state
            ? $"{first.Called} has {Dollars.Show(first.Left)} left of {Dollars.Show(state.Limit)} {Called(state.Period)}."
            : $"{first.Called} has {Dollars.Show(first.Left)} left.";
        // Whoever set a budget wants to see it, also where the credit ends first.
        return first.Budget is null && limits.FirstOrDefault(l => l.Budget is not null) is { Budget: { } next } budget
            ? $"{left} {budget.Called} has {Dollars.Show(budget.Left)} of {Dollars.Show(next.Limit)} {Called(next.Period)}."
            : limits.Any(l => l.Budget is not null) ? left : $"No budget applies. {left}";
    }

    /// <summary>The highest threshold that is passed.</summary>
    private static Threshold? Passed(BudgetState state) => state.Budget.Thresholds.Where(t => state.IsCrossed(t)).MaxBy(t => t.Under(state.Limit).Ticks);

    private static GuardLimit Of(GuardBudget budget, GuardFacts facts, DateTimeOffset now)
    {
        var (state, held) = (budget.State, budget.Held);
        var low = state.Limit - budget.SpentHigh - held - Unseen(budget.PerHour, state.Limit, facts, now);
        return new(budget.Called, state, null, state.Limit - state.Spent - held, Positive(low), held);
    }

    private static GuardLimit Of(Runway runway, GuardFacts facts, DateTimeOffset now)
    {
        var left = runway.Left - facts.HeldOfCredit;
        var unseen = Unseen(new(runway.LastDay.Ticks / 24), Positive(runway.Left), facts, now);
        return new($"Prepaid credit of {runway.AccountName}", null, runway, left, Positive(left - unseen), facts.HeldOfCredit);
    }

    /// <summary>What may have been spent since the data ends; at most all of it.</summary>
    private static Usd Unseen(Usd perHour, Usd all, GuardFacts facts, DateTimeOffset now)
    {
        var age = facts.Through is { } through && now > through ? now - through : TimeSpan.Zero;
        return new((long)Int128.Min((Int128)perHour.Ticks * age.Ticks / TimeSpan.TicksPerHour, all.Ticks));
    }

    private static Usd Positive(Usd amount) => amount < Usd.Zero ? Usd.Zero : amount;

    private static string Called(string period) => period switch
    {
        "day" => "today",
        "week" or "month" or "quarter" => $"this {period}",
        "life" => "for the mission",
        _ => "in its time",
    };
}
