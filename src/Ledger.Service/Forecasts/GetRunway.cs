using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Service.Accounts;
using Ledger.Service.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Forecasts;

public static class GetRunway
{
    [WolverineGet("/api/v1/runway"), Authorize(Policy = Scopes.Read)]
    public static async Task<RunwayList> Get(
        string? account, long? minPosition, IQuerySession session, ReadAt readAt, CurrentBooks current, DataState data, TimeProvider clock, CancellationToken ct)
    {
        var behind = !await readAt.Caught(minPosition, ct);
        await using var books = await current.Open(session, [Scope.Everything], ct);
        Account[] accounts = account is null
            ? [.. books.Known.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal)]
            : [books.Known.ConnectedAccount(account)];
        return new(await books.Runways(accounts, clock.GetUtcNow(), ct), new(books.View.Position, books.View.At), await data.Now(books.View, null, behind, ct));
    }
}
