using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Digests;

/// <summary>Where the budgets stood at a week's end: all that share a dimension and a window are one question.</summary>
internal sealed class DigestBudgets(DigestSpend spend)
{
    /// <summary>Budgets that a digest shows; the worst ones.</summary>
    public const int Max = 30;

    /// <param name="budgets">Open ones.</param>
    /// <param name="at">The instant whose windows are looked at.</param>
    /// <param name="through">How far the data reaches; null: nothing was read, so nothing is known.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<DigestBudget>> Of(IReadOnlyList<Budget> budgets, DateTimeOffset at, DateTimeOffset? through, CancellationToken ct)
    {
        var asked = budgets.SelectMany(b => Questions(b, at)).ToArray();
        var spent = new Dictionary<(Scope, Interval), Usd>();
        foreach (var group in asked.GroupBy(q => (q.Budget.Scope.Kind, q.Counted)))
        {
            if (group.Key.Kind == ScopeKind.Everything)
            {
                spent[(Scope.Everything, group.Key.Counted)] = await spend.Total(group.Key.Counted, ct);
                continue;
            }
            var rows = (await spend.Report(group.Key.Counted, [DigestSpend.Of(group.Key.Kind)], ct)).Rows;
            foreach (var row in rows)
                if (row.Group[0] is { } value)
                    spent[(new(group.Key.Kind, value), group.Key.Counted)] = row.Billed;
        }
        var worst = asked.Select(q => (Question: q, Spent: spent.GetValueOrDefault((q.Budget.Scope, q.Counted))))
            .OrderByDescending(x => (Int128)x.Spent.Ticks * 1000 / x.Question.Limit.Ticks).ThenBy(x => x.Question.Budget.Name, StringComparer.Ordinal).Take(Max).ToArray();
        var shown = new List<(DigestBudget Budget, int Rank)>();
        foreach (var (q, billed) in worst)
        {
            var series = await spend.Series(q.Budget.Scope, through, ct);
            var state = new BudgetState(q.Budget, q.Period, q.Window, q.Limit, billed, Usd.Zero, Forecasting.Of(series, q.Window, billed, q.Limit));
            var word = through is null ? "unknown" : state.State;
            shown.Add((new(q.Budget.Name, Wording.Scope(q.Budget.Scope.ToString(), spend.NameOf), q.Period, q.Window, q.Limit, through is null ? null : billed, state.Forecast, word), word switch { "over" => 0, "warn" => 1, "unknown" => 2, _ => 3 }));
        }
        // Stable: within a state they stay by how much of them is spent.
        return [.. shown.OrderBy(s => s.Rank).Select(s => s.Budget)];
    }

    private IEnumerable<Question> Questions(Budget budget, DateTimeOffset at)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(budget.Zone, out var zone)) yield break;
        foreach (var (text, _) in budget.Limits)
        {
            if (!Period.TryParse(text, out var period) || budget.LimitAt(text, at) is not { Ticks: > 0 } limit) continue;
            if (period.Kind == PeriodKind.Life)
            {
                if (spend.LifeOf(budget.Scope.Value) is { } life) yield return new(budget, text, life, new(Instants.Min, Instants.Max), limit);
            }
            else if (Calendar.WindowAt(period, zone, budget.WeekStart, at) is { } window && (period.Kind != PeriodKind.Custom || window.Contains(at)))
            {
                yield return new(budget, text, window, window, limit);
            }
        }
    }

    /// <param name="Budget">The budget.</param>
    /// <param name="Period">As the budget writes it.</param>
    /// <param name="Window">The window people are told.</param>
    /// <param name="Counted">What is added up: all of a mission, however it lies to its buckets.</param>
    /// <param name="Limit">The limit that counts.</param>
    private readonly record struct Question(Budget Budget, string Period, Interval Window, Interval Counted, Usd Limit);
}
