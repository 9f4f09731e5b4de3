using System.Linq.Expressions;
using FluentValidation;
using JasperFx.Events;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Budgets;

public sealed class PlanBudgetsValidator : AbstractValidator<PlanBudgets>
{
    public PlanBudgetsValidator() => DeclaredRules.Apply(this, r => r.Budgets, r => r.Budgets, needed: true);
}

public sealed class ApplyBudgetsValidator : AbstractValidator<ApplyBudgets>
{
    public ApplyBudgetsValidator() => DeclaredRules.Apply(this, r => r.Budgets, r => r.Budgets, needed: true);
}

/// <summary>What applying a declared file would change. Changes nothing.</summary>
public static class PlanBudgetsEndpoint
{
    [WolverinePost("/api/v1/budgets/plan"), Authorize(Policy = Scopes.Read), NotReplayed]
    public static async Task<BudgetPlan> Post(PlanBudgets request, Caller caller, IDocumentSession session, LedgerOptions options, TimeProvider clock, CancellationToken ct) =>
        DeclaredBudgets.Plan(await session.Declared(request.Budgets!.In(options.People.Zone), request.Prune == true, clock.GetUtcNow().ToMicroseconds(), caller.Name, ct)).Plan;
}

/// <summary>Makes the budgets what a declared file says: all of it or nothing. What is so already is left alone.</summary>
public static class ApplyBudgetsEndpoint
{
    [WolverinePost("/api/v1/budgets/apply"), Authorize(Policy = Scopes.Write)]
    public static async Task<BudgetPlan> Post(ApplyBudgets request, Caller caller, IDocumentSession session, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var (plan, changes) = DeclaredBudgets.Plan(await session.Declared(request.Budgets!.In(options.People.Zone), request.Prune == true, clock.GetUtcNow().ToMicroseconds(), caller.Name, ct));
        foreach (var (stream, change) in changes) stream.AppendOne(change);
        return plan;
    }
}

/// <summary>Rules that a declared file keeps before anything is looked up.</summary>
public static class DeclaredRules
{
    /// <summary>Most budgets of one file.</summary>
    public const int BudgetsMax = 400;

    public static void Apply<T>(AbstractValidator<T> validator, Expression<Func<T, IReadOnlyList<SetBudget>?>> budgets, Expression<Func<T, IEnumerable<SetBudget>?>> each, bool needed)
    {
        validator.RuleFor(budgets).Must(b => b is null ? !needed : b.Count <= BudgetsMax).WithErrorCode("budget.invalid").WithMessage($"budgets is a list of at most {BudgetsMax} budgets.");
        validator.RuleForEach(each).NotNull().WithErrorCode("budget.invalid").WithMessage("A budget is an object.").SetValidator(new SetBudgetValidator());
    }
}

/// <summary>A declared file compared with the budgets there are.</summary>
public static class DeclaredBudgets
{
    private const int changesMax = 1_000;

    /// <summary>Everything a file wants, looked up; refused where two of its budgets are one.</summary>
    public static async Task<IReadOnlyList<BudgetSet>> WantedBudgets(this IQuerySession session, IReadOnlyList<SetBudget> budgets, DateTimeOffset now, string? by, CancellationToken ct)
    {
        var known = await session.Known(ct);
        var wanted = new List<BudgetSet>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < budgets.Count; i++)
        {
            try
            {
                var one = await session.Wanted(budgets[i], known, now, by, ct);
                if (!seen.TryAdd(one.Budget, i))
                    throw new Refused("budget.invalid", $"budgets[{seen[one.Budget]}] and budgets[{i}] are both called {Names.Printable(one.Name)}.", "name", one.Name);
                wanted.Add(one);
            }
            catch (Refused e)
            {
                throw At(i, e.Why);
            }
        }
        return wanted;
    }

    /// <summary>What a file wants of each budget, and each budget as it is, ready to be written: its version is checked when it is.</summary>
    public static async Task<Declared> Declared(this IDocumentSession session, IReadOnlyList<SetBudget> budgets, bool prune, DateTimeOffset now, string by, CancellationToken ct)
    {
        var wanted = await session.WantedBudgets(budgets, now, by, ct);
        var ids = wanted.Select(w => w.Budget).ToHashSet(StringComparer.Ordinal);
        var others = prune ? (await session.OpenBudgets(ct)).Where(b => !ids.Contains(b.Id)).OrderBy(b => b.Name, StringComparer.OrdinalIgnoreCase).Take(changesMax + 1).Select(b => b.Id).ToArray() : [];
        var batch = session.CreateBatchQuery();
        var fetched = ids.Concat(others).ToDictionary(id => id, id => batch.Events.FetchForWriting<Budget>(Budget.StreamOf(id)), StringComparer.Ordinal);
        await batch.Execute(ct);
        var streams = new Dictionary<string, IEventStream<Budget>>(StringComparer.Ordinal);
        foreach (var (id, stream) in fetched) streams[id] = await stream;
        return new([.. wanted.Select(w => (w, streams[w.Budget]))], [.. others.Select(id => streams[id])], now, by);
    }

    /// <summary>The plan, and the events that carry it out.</summary>
    public static (BudgetPlan Plan, IReadOnlyList<(IEventStream<Budget> Stream, ILedgerEvent Change)> Changes) Plan(Declared declared)
    {
        var planned = new List<PlannedBudget>();
        var changes = new List<(IEventStream<Budget>, ILedgerEvent)>();
        for (var i = 0; i < declared.Wanted.Count; i++)
        {
            var (wanted, stream) = declared.Wanted[i];
            try
            {
                var set = Budget.Set(stream.Aggregate, wanted, declared.Now);
                planned.Add(new(wanted.Name, SetBudgetEndpoint.ChangeOf(stream.Aggregate, set), set is null ? [] : Differences(stream.Aggregate is { Closed: false } before ? before : null, wanted)));
                if (set is not null) changes.Add((stream, set));
            }
            catch (Refused e)
            {
                throw At(i, e.Why);
            }
        }
        foreach (var stream in declared.Others)
        {
            if (stream.Aggregate?.Close(declared.Now, declared.By) is not { } closed) continue;
            planned.Add(new(stream.Aggregate.Name, "closed", []));
            changes.Add((stream, closed));
        }
        if (changes.Count > changesMax) throw new Refused("budget.invalid", $"This changes {changes.Count} budgets; {changesMax} at once are the most.", "budgets", $"{changes.Count}");
        int Count(string action) => planned.Count(p => p.Action == action);
        return (new(planned, Count("set"), Count("changed"), Count("closed"), Count("unchanged"), changes.Count > 0), changes);
    }

    private static Refused At(int index, Refusal why) => new(why with { Field = $"budgets[{index}].{why.Field ?? "name"}" });

    private static IReadOnlyList<BudgetDifference> Differences(Budget? before, BudgetSet after)
    {
        var fields = new (string Field, string? Before, string? After)[]
        {
            ("name", before?.Name, after.Name),
            ("scope", before?.Scope.ToString(), after.Scope),
            ("limits", before is null ? null : Limits(before.Limits), Limits(after.Limits)),
            ("zone", before?.Zone, after.Zone),
            ("weekStart", before?.WeekStart.ToString().ToLowerInvariant(), after.WeekStart.ToString().ToLowerInvariant()),
            ("thresholds", before is null ? null : string.Join(", ", before.Thresholds), string.Join(", ", after.Thresholds)),
            ("recipients", before is null ? null : string.Join(", ", before.Recipients), string.Join(", ", after.Recipients)),
            ("channels", before is null ? null : string.Join(", ", before.Channels), string.Join(", ", after.Channels)),
        };
        return [.. fields.Where(f => f.Before != f.After && !(f.Before is null && f.After is "")).Select(f => new BudgetDifference(f.Field, f.Before is "" ? null : f.Before, f.After is "" ? null : f.After))];
    }

    private static string Limits(IReadOnlyList<PeriodLimit> limits) => string.Join(", ", limits.Select(l => $"{l.Period} {Dollars.Show(l.Limit)}"));
}

/// <summary>A declared file beside the budgets there are.</summary>
/// <param name="Wanted">What it wants, with the budget as it is.</param>
/// <param name="Others">Budgets that are not in the file, where those are to be closed.</param>
/// <param name="Now">When.</param>
/// <param name="By">Who.</param>
public sealed record Declared(IReadOnlyList<(BudgetSet Wanted, IEventStream<Budget> Stream)> Wanted, IReadOnlyList<IEventStream<Budget>> Others, DateTimeOffset Now, string By);
