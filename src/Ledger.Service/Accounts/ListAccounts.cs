using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Accounts;

public static class ListAccounts
{
    private const int listMax = 1_000;

    [WolverineGet("/api/v1/accounts"), Authorize(Policy = Scopes.Read)]
    public static async Task<AccountList> Get(IQuerySession session, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var batch = session.CreateBatchQuery();
        var accounts = batch.Query<Account>().Take(Known.Max).ToList();
        var reading = batch.Query<Source>().Take(Known.Max).ToList();
        await batch.Execute(ct);
        var sources = (await reading).ToDictionary(s => s.Account, StringComparer.Ordinal);
        return new([
            .. (await accounts).OrderBy(a => a.Removed).ThenBy(a => a.Label, StringComparer.Ordinal).Take(listMax)
                .Select(a => a.Summary(sources.GetValueOrDefault(a.Id), options.PollEvery, clock.GetUtcNow())),
        ]);
    }
}
