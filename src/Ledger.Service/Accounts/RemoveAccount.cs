using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Accounts;

/// <summary>Stops reading an account and deletes its credential. Its books stay; connecting the same team again goes on with them.</summary>
public static class RemoveAccountEndpoint
{
    [WolverineDelete("/api/v1/accounts/{label}"), Authorize(Policy = Scopes.Admin)]
    public static async Task<AccountAnswer> Delete(string label, [NotBody] Caller caller, IDocumentSession session, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var id = (await session.Known(ct)).ConnectedAccount(label).Id;
        var stream = await session.Events.FetchForWriting<Account>(Account.StreamOf(id), ct);
        var removed = new AccountRemoved(id, now, caller.Name);
        stream.AppendOne(removed);
        await Credentials.Delete(session, id, ct);
        return new(Account.Fold(stream.Aggregate, removed)!.Summary(null, options.PollEvery, now));
    }
}
