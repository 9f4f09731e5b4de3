using Ledger.Contracts;
using Ledger.Guard;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Guard;

public static class ListHolds
{
    [WolverineGet("/api/v1/holds"), Authorize(Policy = Scopes.Read)]
    public static async Task<HoldList> Get(long? minPosition, IQuerySession session, ReadAt readAt, SpendViews views, TimeProvider clock, CancellationToken ct)
    {
        await readAt.Caught(minPosition, ct);
        var book = await session.LoadAsync<HoldsBook>(HoldsBook.StreamName, ct);
        await using var view = await views.Open(ct);
        var open = await OpenHolds.Of(book, view, clock.GetUtcNow(), ct);
        return new([.. open.OrderByDescending(h => h.Hold.At).Select(h => h.Summary)], new(view.Position, view.At));
    }
}
