using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Budgets;
using Ledger.Service.Forecasts;
using Ledger.Service.Missions;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Guard;

/// <summary>What somebody asks the guard.</summary>
/// <param name="Agent">Who asks, by id; null: no agent.</param>
/// <param name="Budget">Only this budget; null: all that apply.</param>
/// <param name="Reserve">To be kept free; 0: it is only a question.</param>
/// <param name="MaxAge">Older data is too old; null: as the other reads see it.</param>
public sealed record GuardQuestion(string? Agent, Budget? Budget, Usd Reserve, TimeSpan? MaxAge)
{
    /// <summary>The question, with everything looked up.</summary>
    public static async Task<GuardQuestion> Of(IQuerySession session, Known known, string? agent, string? budget, Usd reserve, TimeSpan? maxAge, CancellationToken ct)
    {
        var who = agent is null ? null : known.AgentId(agent, "agent");
        if (budget is null) return new(who, null, reserve, maxAge);
        var meant = await session.FindBudget(budget, ct);
        return meant.Closed
            ? throw new Refused("budget.closed", $"{meant.Name} is closed: it limits nothing any more.", "budget", budget)
            : new(who, meant, reserve, maxAge);
    }
}

/// <summary>What the books know of a question.</summary>
/// <param name="Facts">For the rule.</param>
/// <param name="Reach">How far the data reaches.</param>
/// <param name="Position">Position of the money views.</param>
/// <param name="Holds">Open holds, whoever's.</param>
public sealed record GuardKnowledge(GuardFacts Facts, DataFreshness Reach, long Position, int Holds);

/// <summary>Gathers what the guard's rule needs: budgets that apply, holds, run-outs, how old the data is and what it may hide.</summary>
public sealed class GuardBooks(CurrentBooks current, LedgerOptions options, TimeProvider clock)
{
    private readonly string zone = options.People.Zone;

    private const int partsMax = 1_000;

    public async Task<GuardKnowledge> Look(IQuerySession session, Known known, GuardQuestion question, HoldsBook? holds, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var budgets = question.Budget is { } only ? [only] : await MayApply(session, known, question.Agent, now, ct);
        await using var books = await current.Open(session, known, [Scope.Everything, .. budgets.Select(b => b.Scope)], ct);
        if (question.Budget is null) budgets = [.. budgets.Where(b => Applies(books, b, question.Agent, now)).OrderBy(b => b.Id, StringComparer.Ordinal)];

        var open = await OpenHolds.Of(holds, books.View, now, ct);
        // Who asks may use what it keeps free; who wants more kept free may not count it twice.
        OpenHold[] counted = [.. open.Where(h => question.Reserve > Usd.Zero || h.Hold.Agent is null || h.Hold.Agent != question.Agent)];
        var guarded = new List<GuardBudget>();
        foreach (var standing in await BudgetStandings.At(budgets, books, now, ct))
            if (standing.State is { } state)
                guarded.Add(new(Wording.Budget(state.Budget.Name, state.Budget.Scope, books.Names.NameOf), state, state.Spent + await Hidden(books, state, ct), Sum(counted.Where(h => Applies(books, state.Budget, h.Hold.Agent, now))), standing.Series.PerHour));

        var concerned = Concerned(books, question);
        var runways = await books.Runways([.. concerned.Where(a => !a.Removed)], now, ct);
        // A budget is known as far as all it adds up was read, the accounts of others too.
        var others = budgets.SelectMany(b => books.AccountsOf(b.Scope)).Select(id => books.Known.Accounts.GetValueOrDefault(id)).OfType<Account>();
        var read = concerned.Union(others).Current();
        var reach = books.Ages.Of(read.Select(a => a.Id));
        var gone = read.Where(a => a.Removed).MaxBy(a => a.RemovedAt);
        var stale = question.MaxAge is { } max ? reach.LagSeconds is not { } lag || lag > max.TotalSeconds : reach.Stale;
        return new(
            new(guarded, runways, Sum(counted), reach.Through, stale || gone is not null, question.Reserve, zone, gone is null ? null : new(gone.Label, gone.RemovedAt)),
            reach, books.View.Position, open.Count);
    }

    /// <summary>The answer as scripts know it.</summary>
    public static GuardSummary Summary(GuardQuestion question, GuardKnowledge known, GuardAnswer answer, HoldTaken? taken) => new(
        "1.0", question.Agent is { } agent ? $"agent:{agent}" : question.Budget?.Scope.ToString() ?? "all", answer.Budget?.Budget.Name ?? question.Budget?.Name, answer.Decision.ToString().ToLowerInvariant(),
        answer is { Binding: { } limit, Remaining: { } left }
            ? new(left, "USD", answer.Low, answer.High, limit.Budget is null ? "credit" : "budget", limit.Budget?.Budget.Name ?? limit.Credit!.AccountName, limit.Budget?.Period)
            : null,
        answer.Threshold?.ToString(), answer.RunsOutAt, known.Reach.Through, known.Reach.LagSeconds, answer.Reason,
        answer.Decision switch { GuardDecision.Allow or GuardDecision.Warn => 0, GuardDecision.Deny => 1, _ => 69 }, taken is null ? null : new OpenHold(taken, taken.Amount).Summary);

    /// <summary>Open budgets of everything, and of what an agent may be spending through: a thousand of others are not read.</summary>
    private static async Task<IReadOnlyList<Budget>> MayApply(IQuerySession session, Known known, string? agent, DateTimeOffset now, CancellationToken ct)
    {
        string[] values = agent is null
            ? ["", .. known.Accounts.Keys]
            : ["", agent, .. Owned(known, agent, now).SelectMany(k => new[] { k.Account, k.Key }).Distinct(StringComparer.Ordinal), .. (await session.OpenMissions(ct)).Where(m => m.Agents.Contains(agent)).Select(m => m.Id)];
        return await session.Query<Budget>().Where(b => !b.Closed && b.Scope.Value.IsOneOf(values)).Take(Known.Max).ToListAsync(ct);
    }

    /// <summary>Whether an agent's spend counts in a budget. Of no agent it is known only that it is spend, in some account.</summary>
    private static bool Applies(BooksNow books, Budget budget, string? agent, DateTimeOffset now) => budget.Scope.Kind switch
    {
        ScopeKind.Everything => true,
        ScopeKind.Account => agent is null || Owned(books.Known, agent, now).Any(k => k.Account == budget.Scope.Value),
        ScopeKind.Key => agent is not null && Owned(books.Known, agent, now).Any(k => k.Key == budget.Scope.Value),
        ScopeKind.Agent => agent == budget.Scope.Value,
        ScopeKind.Mission => agent is not null && books.Mission(budget.Scope.Value) is { State: MissionState.Open } mission && mission.Agents.Contains(agent),
        _ => false,
    };

    private static IReadOnlyList<Account> Concerned(BooksNow books, GuardQuestion question)
    {
        var ids = question.Agent is { } agent ? books.Known.AccountsOf([agent]) : books.AccountsOf(question.Budget?.Scope ?? Scope.Everything);
        return ids.Select(id => books.Known.Accounts.GetValueOrDefault(id)).OfType<Account>().Current();
    }

    private static IEnumerable<KeyOwnership> Owned(Known known, string agent, DateTimeOffset now) => known.KeysByAgent[agent].Where(k => k.OwnersAt(now).Any(o => o.Agent == agent));

    /// <summary>What others spent through keys they share with the agent: no bill can tell that it was not the agent.</summary>
    private static async Task<Usd> Hidden(BooksNow books, BudgetState state, CancellationToken ct)
    {
        if (state.Budget.Scope is not { Kind: ScopeKind.Agent, Value: var agent }) return Usd.Zero;
        string[] shared =
        [
            .. books.Known.KeysByAgent[agent].Where(k => k.Stretches(state.Window).Any(s => s.Owners.Count > 1 && s.Owners.Any(o => o.Agent == agent))).Select(k => k.Key).Distinct(StringComparer.Ordinal),
        ];
        if (shared.Length == 0) return Usd.Zero;
        var parts = await books.View.Parts(ScopeKind.Key, shared, state.Window, partsMax, ct);
        return parts.Values.SelectMany(p => p).Where(p => p.Dimension == ScopeKind.Agent && p.Value != agent && p.Billed > Usd.Zero).Aggregate(Usd.Zero, (sum, p) => sum + p.Billed);
    }

    private static Usd Sum(IEnumerable<OpenHold> holds) => holds.Aggregate(Usd.Zero, (sum, h) => sum + h.Left);
}
