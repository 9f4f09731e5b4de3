using Ledger.Guard;
using Ledger.Money;
using Ledger.Service.Budgets;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Missions;
using Ledger.Service.Spend;
using Ledger.Service.Writing;

namespace Ledger.Service.Guarding;

/// <summary>May an agent go on? Allow, warn, deny or unknown, with what is left and why. Advice from the books, not a block at the provider.</summary>
internal static class GetGuard
{
    public static async Task<GuardBody> Get(
        string? agent, string? budget, string? maxAge, long? minPosition, MissionFinder finder, Registry registry, ReadAt readAt, Lookout lookout, TimeProvider clock, CancellationToken ct)
    {
        TimeSpan? max = maxAge is null ? null : Durations.TryParse(maxAge, out var length) ? length
            : throw new Refused("request.invalid", "maxAge is a length of time such as 15m.", "maxAge", maxAge);
        await readAt.Caught(minPosition, ct);
        var question = await Asked(agent, budget, Usd.Zero, max, finder, registry, ct);
        var known = await lookout.Look(question, ct);
        return GuardBody.Of(question, known, GuardRules.Decide(known.Facts, clock.GetUtcNow()), null);
    }

    /// <summary>The question, with everything looked up.</summary>
    public static async Task<Question> Asked(string? agent, string? budget, Usd reserve, TimeSpan? maxAge, MissionFinder finder, Registry registry, CancellationToken ct)
    {
        var who = agent is null ? null : await finder.Agent(agent, "agent", ct);
        if (budget is null) return new(who, null, reserve, maxAge);
        var meant = registry.Ask(d => BudgetFinder.Find(d, budget)) ?? await registry.AskCurrent(d => BudgetFinder.One(d, budget), ct);
        return meant.Closed
            ? throw new Refused("budget.closed", $"{meant.Name} is closed: it limits nothing any more.", "budget", budget)
            : new(who, meant, reserve, maxAge);
    }
}
