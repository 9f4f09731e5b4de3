using Ledger.Budgets;
using Ledger.Contracts;
using Marten;

namespace Ledger.Service.Budgets;

/// <summary>Budgets as they are answered, with where they stand now.</summary>
public sealed class BudgetSummaries(CurrentBooks current, TimeProvider clock)
{
    public async Task<BudgetSummary> Of(IQuerySession session, Budget budget, CancellationToken ct) => (await Of(session, [budget], ct))[0];

    public async Task<IReadOnlyList<BudgetSummary>> Of(IQuerySession session, IReadOnlyList<Budget> budgets, CancellationToken ct)
    {
        await using var books = await current.Open(session, [.. budgets.Select(b => b.Scope)], ct);
        return await Of(books, budgets, ct);
    }

    /// <summary>The same over books that are open already.</summary>
    public async Task<IReadOnlyList<BudgetSummary>> Of(BooksNow books, IReadOnlyList<Budget> budgets, CancellationToken ct)
    {
        var standings = (await BudgetStandings.At(budgets, books, clock.GetUtcNow(), ct)).ToLookup(s => s.Budget.Id, StringComparer.Ordinal);
        return
        [
            .. budgets.Select(b => new BudgetSummary(
                b.Id, b.Name, b.Scope.ToString(), books.Names.Shown(b.Scope), b.Zone, b.WeekStart.ToString().ToLowerInvariant(), [.. b.Thresholds.Select(t => t.ToString())], b.Recipients, b.Channels, b.Closed,
                b.SetAt, [.. standings[b.Id].Select(Of)])),
        ];
    }

    private static PeriodSummary Of(BudgetStanding standing)
    {
        var (budget, period, window, state) = (standing.Budget, standing.Period, standing.Window, standing.State);
        var set = budget.Limits.First(l => l.Period == period).Limit;
        // Only what begins again has a reset; a stretch of its own and a mission's life don't.
        var resets = Period.TryParse(period, out var parsed) && parsed.Kind is not (PeriodKind.Custom or PeriodKind.Life) ? window?.End : null;
        return new(
            period, window, budget.LimitAt(period, standing.At) ?? set, set, budget.RaiseAt(period, standing.At)?.Until, state?.Spent, state is null ? null : state.Permille / 10m,
            state?.Forecast ?? new(null, null, null, null, null, standing.Why), state?.Forecast.Exceeds, resets, state?.State ?? "unknown",
            state is null ? [] : [.. budget.Thresholds.Where(t => state.IsCrossed(t)).Select(t => t.ToString())]);
    }
}
