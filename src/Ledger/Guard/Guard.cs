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
/// <param name="State">Where it stands.</param>
/// <param name="SpentHigh">What it may have been at most, where a key is shared; not below what was spent.</param>
/// <param name="Held">What others' holds still keep free of it.</param>
/// <param name="PerHour">What its scope spends in an hour at the last day's rate: money not seen yet is estimated with it.</param>
public sealed record GuardBudget(BudgetState State, Usd SpentHigh, Usd Held, Usd PerHour);

/// <summary>What the books know when somebody asks.</summary>
/// <param name="Budgets">Those that apply; empty: none.</param>
/// <param name="Runways">Of the accounts concerned.</param>
/// <param name="HeldOfCredit">What all holds still keep free of prepaid credit.</param>
/// <param name="Through">How far the data reaches; null: nothing was read.</param>
/// <param name="Stale">Older than whoever asks accepts.</param>
/// <param name="Reserve">What is asked to be kept free; 0: nothing.</param>
/// <param name="Gone">The account that was removed last, where none is read any more.</param>
public sealed record GuardFacts(
    IReadOnlyList<GuardBudget> Budgets, IReadOnlyList<Runway> Runways, Usd HeldOfCredit, DateTimeOffset? Through, bool Stale, Usd Reserve, GoneAccount? Gone = null);

/// <summary>An account that is no longer read.</summary>
/// <param name="Label">What people called it.</param>
/// <param name="At">When it was removed, where that is known.</param>
public sealed record GoneAccount(string Label, DateTimeOffset? At);

/// <summary>The answer.</summary>
/// <param name="Decision">What to do.</param>
/// <param name="Budget">The budget it hangs on; null: none, or the credit itself.</param>
/// <param name="Remaining">Left of it, holds taken off; null: not known, or no limit.</param>
/// <param name="Low">At least so much is left, with unseen and shared spend at their worst.</param>
/// <param name="High">At most so much is left.</param>
/// <param name="Threshold">The threshold it is past.</param>
/// <param name="RunsOutAt">When budget or credit is used up at this pace.</param>
/// <param name="Reason">One sentence.</param>
public sealed record GuardAnswer(GuardDecision Decision, BudgetState? Budget, Usd? Remaining, Usd? Low, Usd? High, Threshold? Threshold, DateTimeOffset? RunsOutAt, string Reason);

/// <summary>May an agent go on? Advice from what was billed and read so far; the provider's own limit is what blocks.</summary>
public static class GuardRules
{
    private static readonly TimeSpan shortRunway = TimeSpan.FromHours(24);

    /// <summary>Over a limit or out of credit: deny. Data too old: unknown. Past a warning or close to running out: warn.</summary>
    public static GuardAnswer Decide(GuardFacts facts, DateTimeOffset now)
    {
        var budgets = facts.Budgets.Select(b => Place(b, facts, now)).OrderBy(b => b.Left.Ticks).ToArray();
        var runway = facts.Runways.Where(r => r.RunsOut is not null || r.Left <= Usd.Zero).OrderBy(r => r.RunsOut ?? DateTimeOffset.MinValue).FirstOrDefault();

        // Money that is spent stays spent, however old the news.
        if (budgets.FirstOrDefault(b => b.Left <= Usd.Zero || b.Left < facts.Reserve) is { State: not null } over)
            return Answer(GuardDecision.Deny, over, runway, over.State.Spent >= over.State.Limit
                ? $"{over.State.Budget.Name} has spent {Dollars.Show(over.State.Spent)} of {Dollars.Show(over.State.Limit)} {Called(over.State.Period)}."
                : $"{over.State.Budget.Name} has {Dollars.Show(Positive(over.Left))} free of {Dollars.Show(over.State.Limit)} {Called(over.State.Period)}{(over.Held > Usd.Zero ? $", {Dollars.Show(over.Held)} being held" : "")}{(facts.Reserve > Usd.Zero ? $"; {Dollars.Show(facts.Reserve)} was asked for" : "")}.");
        if (facts.Runways.FirstOrDefault(r => r.Left - facts.HeldOfCredit <= Usd.Zero || r.Left - facts.HeldOfCredit < facts.Reserve) is { } empty)
            return new(GuardDecision.Deny, null, Positive(empty.Left - facts.HeldOfCredit), Usd.Zero, Positive(empty.Left), null, empty.RunsOut,
                $"{empty.AccountName} has {Dollars.Show(Positive(empty.Left - facts.HeldOfCredit))} of prepaid credit free{(facts.Reserve > Usd.Zero ? $"; {Dollars.Show(facts.Reserve)} was asked for" : "")}.");

        var tightest = budgets.FirstOrDefault();
        if (facts.Gone is { } gone) return Answer(GuardDecision.Unknown, tightest, runway, $"{gone.Label} was removed{(gone.At is { } at ? $" at {at.ToText()}" : "")}: what is spent is no longer read.");
        if (facts.Through is null) return Answer(GuardDecision.Unknown, tightest, runway, "Nothing was read from the provider yet.");
        if (facts.Stale) return Answer(GuardDecision.Unknown, tightest, runway, $"The data ends at {facts.Through.Value.ToText()}: too old to say.");

        foreach (var b in budgets)
        {
            if (b.State.Budget.Thresholds.Where(t => b.State.IsCrossed(t)).MaxBy(t => t.Under(b.State.Limit).Ticks) is { } crossed && crossed.Under(b.State.Limit).Ticks >= b.State.Limit.Ticks / 10 * 8)
                return Answer(GuardDecision.Warn, b, runway, $"{b.State.Budget.Name} is past {crossed}: {Dollars.Show(b.State.Spent)} of {Dollars.Show(b.State.Limit)} {Called(b.State.Period)}.", crossed);
            if (b.Low <= Usd.Zero || b.Low < facts.Reserve)
                return Answer(GuardDecision.Warn, b, runway, $"{b.State.Budget.Name} has {Dollars.Show(b.Left)} left, perhaps only {Dollars.Show(b.Low)}: spend not read yet or on a shared key may be its own.");
        }
        if (runway is { RunsOut: { } end } && end - now <= shortRunway)
            return Answer(GuardDecision.Warn, tightest, runway, $"{runway.AccountName}'s prepaid credit of {Dollars.Show(runway.Left)} runs out at {end.ToText()} at the last day's rate.");
        return Answer(GuardDecision.Allow, tightest, runway, tightest.State is { } s
            ? $"{s.Budget.Name} has {Dollars.Show(tightest.Left)} left of {Dollars.Show(s.Limit)} {Called(s.Period)}."
            : facts.Runways.Count > 0 ? "No budget applies; the prepaid credit lasts." : "No budget applies.");
    }

    private static (BudgetState State, Usd Left, Usd Low, Usd Held) Place(GuardBudget budget, GuardFacts facts, DateTimeOffset now)
    {
        var left = budget.State.Limit - budget.State.Spent - budget.Held;
        var age = facts.Through is { } through && now > through ? now - through : TimeSpan.Zero;
        var unseen = new Usd((long)Int128.Min((Int128)budget.PerHour.Ticks * age.Ticks / TimeSpan.TicksPerHour, budget.State.Limit.Ticks));
        return (budget.State, left, Positive(budget.State.Limit - budget.SpentHigh - budget.Held - unseen), budget.Held);
    }

    private static GuardAnswer Answer(GuardDecision decision, (BudgetState State, Usd Left, Usd Low, Usd Held) at, Runway? runway, string reason, Threshold? threshold = null)
    {
        var known = at.State is not null;
        var end = new[] { at.State?.Forecast.Exceeds, runway?.RunsOut }.Where(t => t is not null).Min();
        return new(decision, at.State, known ? Positive(at.Left) : null, known ? at.Low : null, known ? Positive(at.Left + at.Held) : null, threshold, end, reason);
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
