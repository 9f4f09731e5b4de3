using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Guard;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Budgets;
using Ledger.Service.Watching;
using Ledger.Service.Writing;
using Ledger.Views.Watching;

namespace Ledger.Service.Guarding;

/// <summary>What somebody asks.</summary>
/// <param name="Agent">Who asks, by id; null: nobody in particular.</param>
/// <param name="Budget">Only this budget; null: all that apply.</param>
/// <param name="Reserve">To be kept free; 0: it is only a question.</param>
/// <param name="MaxAge">Older data is too old; null: as the other reads see it.</param>
internal sealed record Question(string? Agent, Budget? Budget, Usd Reserve, TimeSpan? MaxAge);

/// <summary>What the books know of a question.</summary>
/// <param name="Facts">For the rule.</param>
/// <param name="Reach">How far the data reaches.</param>
/// <param name="Position">Position they stand at, at least.</param>
/// <param name="Holds">Open holds, whoever's.</param>
internal sealed record Known(GuardFacts Facts, Reach Reach, long Position, int Holds);

/// <summary>Gathers what the guard's rule needs: budgets that apply, holds, run-outs, how old the data is and what it may hide.</summary>
internal sealed class Lookout(WatchQueries watch, Registry registry, Standings standings, Reaches reaches, HoldLedger holdings, TimeProvider clock)
{
    public async Task<Known> Look(Question question, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (budgets, accounts, holds, read) = registry.Ask(d =>
        {
            var apply = question.Budget is { } only ? [only] : d.Budgets.Values.Where(b => !b.Closed && Applies(d, b, question.Agent, now)).OrderBy(b => b.Id, StringComparer.Ordinal).ToArray();
            var concerned = Concerned(d, question);
            // A budget is known as far as all it adds up was read, the accounts of others too.
            var others = apply.SelectMany(b => Reaches.AccountsOf(d, b.Scope)).Where(id => d.Accounts.TryGetValue(id, out var account) && !account.Removed);
            return (apply, concerned, d.Holds.Values.ToArray(), concerned.Select(a => a.Id).Union(others, StringComparer.Ordinal).ToArray());
        });
        var open = await holdings.Open(holds, now, ct);
        // Who asks may use what it keeps free; who wants more kept free may not count it twice.
        var counted = question.Reserve > Usd.Zero ? open : [.. open.Where(h => h.Hold.Agent is null || h.Hold.Agent != question.Agent)];

        await using var snapshot = await watch.Open(ct);
        var guarded = new List<GuardBudget>();
        foreach (var stood in await standings.Look(snapshot, budgets, ct))
            if (stood.State is { } state)
                guarded.Add(new(state, state.Spent + await Hidden(snapshot, state, ct), registry.Ask(d => Sum(counted.Where(h => Applies(d, state.Budget, h.Hold.Agent, now)))), PeriodWindows.PerHour(stood.Series)));
        var runways = await GetRunway.Of(snapshot, accounts, reaches, now, ct);
        var reach = (await reaches.Now(ct))(read);
        var stale = question.MaxAge is { } max ? reach.LagSeconds is not { } lag || lag > max.TotalSeconds : reach.Stale;
        return new(new(guarded, runways, Sum(counted), reach.Through, stale, question.Reserve), reach, snapshot.Position, open.Count);
    }

    /// <summary>Whether an agent's spend counts in a budget. Of nobody in particular it is known only that it is spend, in some account.</summary>
    public static bool Applies(AttributionContext known, Budget budget, string? agent, DateTimeOffset now) => budget.Scope.Kind switch
    {
        ScopeKind.Everything => true,
        ScopeKind.Account => agent is null || Owned(known, agent, now).Any(k => k.Account == budget.Scope.Value),
        ScopeKind.Key => agent is not null && Owned(known, agent, now).Any(k => k.Key == budget.Scope.Value),
        ScopeKind.Agent => agent == budget.Scope.Value,
        ScopeKind.Mission => agent is not null && known.Missions.TryGetValue(budget.Scope.Value, out var mission) && mission.State == MissionState.Open && mission.Agents.Contains(agent),
        _ => false,
    };

    private static Account[] Concerned(AttributionContext known, Question question)
    {
        var ids = question.Agent is { } agent ? Reaches.AccountsOf(known, [agent]) : Reaches.AccountsOf(known, question.Budget?.Scope ?? Ledger.Budgets.Scope.Everything);
        return [.. ids.Select(id => known.Accounts.GetValueOrDefault(id)).OfType<Account>().Where(a => !a.Removed)];
    }

    private static IEnumerable<Ledger.Keys.KeyOwnership> Owned(AttributionContext known, string agent, DateTimeOffset now) => known.Keys.Values.Where(k => k.OwnersAt(now).Any(o => o.Agent == agent));

    /// <summary>What others spent through keys they share with the agent: no bill can tell that it was not the agent.</summary>
    private async Task<Usd> Hidden(WatchSnapshot snapshot, BudgetState state, CancellationToken ct)
    {
        if (state.Budget.Scope is not { Kind: ScopeKind.Agent, Value: var agent }) return Usd.Zero;
        var shared = registry.Ask(d => d.Keys.Values.Where(k => k.Stretches(state.Window).Any(s => s.Owners.Count > 1 && s.Owners.Any(o => o.Agent == agent))).Select(k => k.Key).Distinct(StringComparer.Ordinal).ToArray());
        if (shared.Length == 0) return Usd.Zero;
        var parts = await snapshot.Parts(ScopeKind.Key, shared, state.Window, 1_000, ct);
        return parts.Values.SelectMany(p => p).Where(p => p.Dimension == ScopeKind.Agent && p.Value != agent && p.Billed > Usd.Zero).Aggregate(Usd.Zero, (sum, p) => sum + p.Billed);
    }

    private static Usd Sum(IEnumerable<HeldMoney> held) => held.Aggregate(Usd.Zero, (sum, h) => sum + h.Left);
}
