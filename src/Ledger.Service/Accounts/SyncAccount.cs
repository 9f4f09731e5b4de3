using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Writing;
using Ledger.Views;

namespace Ledger.Service.Accounts;

/// <summary>Reads 35 days now. Gives up waiting after 30 seconds; polling goes on.</summary>
internal sealed record SyncAccount;

internal sealed record SyncedAccount(AccountBody Account, int Readings, int LinesChanged, DateTimeOffset Through, long Position);

internal static class SyncAccountEndpoint
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    public static LongAnswer Post(string label, SyncAccount request, Command command, Registry registry, Pollers pollers, Sources sources, Books books, ServiceSettings settings, TimeProvider clock) => new(async (progress, ct) =>
    {
        _ = (request, command);
        var id = (await registry.AskCurrent(d => AccountFinder.Connected(d, label), ct)).Id;
        progress(new("reading", 0, 1));
        Polled polled;
        try
        {
            polled = await (await pollers.Of(id, ct)).Sync().WaitAsync(patience, clock, ct);
            if (!await books.WaitFor(polled.Position, patience, ct)) throw new TimeoutException();
        }
        catch (TimeoutException)
        {
            throw new RefusedException("sync.timeout", "The reading took longer than 30 seconds; polling goes on.");
        }
        progress(new("reading", 1, 1));
        var source = await sources.Get(id, ct);
        return new SyncedAccount(registry.Ask(d => AccountBody.Of(d.Accounts[id], source, settings.PollEvery, clock.GetUtcNow())), polled.Readings, polled.LinesChanged, polled.Through, polled.Position);
    });
}
