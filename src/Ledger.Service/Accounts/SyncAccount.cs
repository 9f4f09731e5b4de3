using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine;
using Wolverine.Http;

namespace Ledger.Service.Accounts;

public static class SyncAccountEndpoint
{
    [NotReplayed, ProducesResponseType<SyncedAccount>(200, "application/json", LongAnswer.LinesOfProgress)]
    [WolverinePost("/api/v1/accounts/{label}/sync"), Authorize(Policy = Scopes.Write)]
    public static async Task<LongAnswer> Post(string label, SyncAccount request, IDocumentStore store, AccountProgress reading, IMessageBus bus, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var since = SinceOf(request, clock.GetUtcNow(), options.People.Zone);
        var id = (await session.Known(ct)).ConnectedAccount(label).Id;
        var version = (await session.Events.FetchStreamStateAsync(Account.StreamOf(id), ct))?.Version ?? 0;
        var sync = new PollAccount(id, PollReason.Sync, clock.GetUtcNow().ToMicroseconds(), Since: since);
        await bus.PublishAsync(sync);
        return new(async (progress, ct) =>
        {
            if (request.NoWait == true)
            {
                var queued = await reading.Summary(id, ct);
                return new SyncedAccount(queued, Queued: true, null, null, queued.Through);
            }
            progress(new("reading", 0, 1));
            var (readings, lines) = await reading.Synced(sync, version, ct);
            progress(new("reading", 1, 1));
            var read = await reading.Summary(id, ct);
            return new SyncedAccount(read, Queued: false, readings, lines, read.Through);
        });
    }

    private static DateTimeOffset? SinceOf(SyncAccount request, DateTimeOffset now, string zone)
    {
        if (request.Since is not { } text) return null;
        var since = ReportWindow.Since(text, now, zone);
        return since < now ? since : throw new Refused("request.invalid", $"since lies in the future: {since.ToText()}.", "since", text);
    }
}
