using Ledger.Contracts;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Keys;

public static class ListKeys
{
    private const int keysMax = 5_000;
    private const int days = 30;

    [WolverineGet("/api/v1/keys"), Authorize(Policy = Scopes.Read)]
    public static async Task<KeyList> Get(long? minPosition, ReadAt readAt, SpendViews views, IQuerySession session, TimeProvider clock, CancellationToken ct)
    {
        await readAt.Caught(minPosition, ct);
        var known = await session.Known(ct);
        var now = clock.GetUtcNow();
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        await using var view = await views.Open(ct);
        var report = await view.Report(new() { Since = midnight.AddDays(-days), Until = midnight.AddDays(1), By = [Dimension.Account, Dimension.Key], Limit = keysMax, PreliminaryFrom = now }, ct);
        var billed = report.Rows.Where(r => r.Group[0] != GroupRow.Other).ToDictionary(r => (r.Group[0]!, r.Group[1] ?? ""), r => r.Billed);
        var accounts = known.Connected();
        var sources = await session.LoadManyAsync<Source>(ct, [.. accounts]);
        var listed = accounts.Select(a => sources.FirstOrDefault(s => s.Account == a)?.KeysAt).ToArray();
        return new(
        [
            .. known.Keys.Values.OrderBy(k => k.Account, StringComparer.Ordinal).ThenBy(k => k.Name, StringComparer.Ordinal).ThenBy(k => k.Key, StringComparer.Ordinal).Take(keysMax)
                .Select(k => known.Summary(k, now, billed.GetValueOrDefault((k.Account, k.Key), Usd.Zero))),
        ],
            listed.Contains(null) ? null : listed.Min());
    }
}
