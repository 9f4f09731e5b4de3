using Ledger.Contracts;
using Ledger.Guard;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Guard;

/// <summary>Gives a hold back before its end.</summary>
public static class ReleaseHoldEndpoint
{
    [WolverinePost("/api/v1/holds/{id}/release"), Authorize(Policy = Scopes.Bookmark)]
    public static async Task<HoldAnswer> Post(string id, [NotBody] Caller caller, IDocumentSession session, SpendViews views, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var stream = await session.FetchHoldsAlone(ct);
        var hold = stream.Aggregate?.Find(id.Trim());
        var released = HoldsBook.Release(hold, id, now, caller.Name);
        await using var view = await views.Open(ct);
        var left = (await OpenHolds.Of(stream.Aggregate, view, now, ct)).FirstOrDefault(h => h.Hold.Hold == released.Hold);
        stream.AppendOne(released);
        return new((left.Hold is null ? new(hold!, Usd.Zero) : left).Summary);
    }
}
