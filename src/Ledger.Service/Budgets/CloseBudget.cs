using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Service.Http;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Budgets;

/// <summary>Watches a budget no longer. What it said stays in the books; setting it again opens it.</summary>
public static class CloseBudgetEndpoint
{
    [WolverinePost("/api/v1/budgets/{name}/close"), Authorize(Policy = Scopes.Write)]
    public static async Task<BudgetAnswer> Post(string name, [NotBody] Caller caller, IDocumentSession session, BudgetSummaries summaries, TimeProvider clock, CancellationToken ct)
    {
        var meant = await session.FindBudget(name, ct);
        var stream = await session.Events.FetchForWriting<Budget>(Budget.StreamOf(meant.Id), ct);
        var closed = stream.Aggregate!.Close(clock.GetUtcNow().ToMicroseconds(), caller.Name);
        if (closed is not null) stream.AppendOne(closed);
        var after = closed is null ? stream.Aggregate : Budget.Fold(stream.Aggregate, closed)!;
        return new(await summaries.Of(session, after, ct), closed is null ? "unchanged" : "closed");
    }
}
