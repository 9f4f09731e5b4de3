using FluentValidation;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Budgets;

/// <summary>What a declared file would do to a budget.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Action"><c>set</c>, <c>changed</c>, <c>closed</c>, <c>unchanged</c>.</param>
/// <param name="Differences">Field by field.</param>
internal sealed record PlannedBudget(string Name, string Action, IReadOnlyList<Difference> Differences);

/// <summary>A field that is or becomes another.</summary>
internal sealed record Difference(string Field, string? Before, string? After);

/// <summary>The difference between a declared file and the budgets there are.</summary>
internal sealed record PlanBody(IReadOnlyList<PlannedBudget> Budgets, int Set, int Changed, int Closed, int Unchanged, bool Changes, long? Position);

/// <summary>Rules that a declared file keeps before anything is looked up.</summary>
internal static class DeclaredRules
{
    /// <summary>Most budgets of one file.</summary>
    public const int BudgetsMax = 400;

    public static void Apply<T>(AbstractValidator<T> validator, System.Linq.Expressions.Expression<Func<T, IReadOnlyList<SetBudget>?>> budgets, System.Linq.Expressions.Expression<Func<T, IEnumerable<SetBudget>?>> each, bool needed)
    {
        validator.RuleFor(budgets).Must(b => b is null ? !needed : b.Count <= BudgetsMax).WithErrorCode("budget.invalid").WithMessage($"budgets is a list of at most {BudgetsMax} budgets.");
        validator.RuleForEach(each).NotNull().WithErrorCode("budget.invalid").WithMessage("A budget is an object.").SetValidator(new SetBudgetValidator());
    }
}

/// <summary>Compares a declared file with the budgets there are.</summary>
internal sealed class Declared(Registry registry)
{
    private const int eventsMax = 1_000;

    /// <summary>Everything a file wants, looked up, by id; refused where two of its budgets are one.</summary>
    public static IReadOnlyList<BudgetSet> Wanted(IReadOnlyList<SetBudget> budgets, AttributionContext known, DateTimeOffset now, string? by)
    {
        var wanted = new List<BudgetSet>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < budgets.Count; i++)
        {
            try
            {
                var one = Budgets.Wanted.Of(budgets[i], known, now, by);
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

    /// <summary>The plan: what changes, and the events that change it, each with the version it was decided on.</summary>
    public async Task<(PlanBody Body, IReadOnlyList<(string Stream, long Version, IReadOnlyList<ILedgerEvent> Events)> Streams)> Compare(
        IReadOnlyList<SetBudget> budgets, bool prune, DateTimeOffset now, string by, CancellationToken ct)
    {
        var (wanted, others) = await registry.AskCurrent(d =>
        {
            var wanted = Wanted(budgets, d, now, by);
            var ids = wanted.Select(w => w.Budget).ToHashSet(StringComparer.Ordinal);
            return (wanted, prune ? d.Budgets.Values.Where(b => !b.Closed && !ids.Contains(b.Id)).OrderBy(b => b.Name, StringComparer.OrdinalIgnoreCase).Take(eventsMax + 1).ToArray() : []);
        }, ct);
        var planned = new List<PlannedBudget>();
        var streams = new List<(string, long, IReadOnlyList<ILedgerEvent>)>();
        for (var i = 0; i < wanted.Count; i++)
        {
            var (version, before) = await registry.Budget(wanted[i].Budget, ct);
            var decision = Budget.Set(before, wanted[i], now);
            if (decision is Decision.Refused no) throw At(i, no.Why);
            var events = decision.Events();
            planned.Add(new(wanted[i].Name, Budgets.Wanted.Change(before, events), events.Count == 0 ? [] : Differences(before is { Closed: false } ? before : null, wanted[i])));
            streams.Add((Budget.StreamOf(wanted[i].Budget), version, events));
        }
        foreach (var other in others)
        {
            var (version, before) = await registry.Budget(other.Id, ct);
            if (before is null or { Closed: true }) continue;
            planned.Add(new(before.Name, "closed", []));
            streams.Add((Budget.StreamOf(before.Id), version, before.Close(now, by).Events()));
        }
        var count = streams.Sum(s => s.Item3.Count);
        if (count > eventsMax) throw new Refused("budget.invalid", $"This changes {count} budgets; {eventsMax} at once are the most.", "budgets", $"{count}");
        int Count(string action) => planned.Count(p => p.Action == action);
        return (new(planned, Count("set"), Count("changed"), Count("closed"), Count("unchanged"), count > 0, null), streams);
    }

    private static Refused At(int index, Refusal why) => new(why with { Field = $"budgets[{index}].{why.Field ?? "name"}" });

    private static IReadOnlyList<Difference> Differences(Budget? before, BudgetSet after)
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
        return [.. fields.Where(f => f.Before != f.After && !(f.Before is null && f.After is "")).Select(f => new Difference(f.Field, f.Before is "" ? null : f.Before, f.After is "" ? null : f.After))];
    }

    private static string Limits(IReadOnlyList<PeriodLimit> limits) => string.Join(", ", limits.Select(l => $"{l.Period} {Dollars.Show(l.Limit)}"));
}
