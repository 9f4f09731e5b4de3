using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Budgets;

public static class ListBudgets
{
    private const int listMax = 1_000;

    [WolverineGet("/api/v1/budgets"), Authorize(Policy = Scopes.Read)]
    public static async Task<BudgetList> Get(
        bool? closed, long? minPosition, IQuerySession session, ReadAt readAt, CurrentBooks current, BudgetSummaries summaries, DataState data, CancellationToken ct)
    {
        var behind = !await readAt.Caught(minPosition, ct);
        var query = session.Query<Budget>().AsQueryable();
        if (closed != true) query = query.Where(b => !b.Closed);
        var found = await query.OrderBy(b => b.Name).Take(listMax + 1).ToListAsync(ct);
        Budget[] shown = [.. found.Take(listMax).OrderBy(b => b.Name, StringComparer.OrdinalIgnoreCase)];
        await using var books = await current.Open(session, [.. shown.Select(b => b.Scope)], ct);
        return new(await summaries.Of(books, shown, ct), found.Count > listMax, new(books.View.Position, books.View.At), await data.Now(books.View, null, behind, ct));
    }
}
