using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Writing;
using Ledger.Views;

namespace Ledger.Service.Accounts;

/// <summary>Reads 35 days now. Gives up waiting after 30 seconds, or does not wait at all; the reading goes on.</summary>
internal sealed record SyncAccount(bool? NoWait);

/// <summary>What a reading brought; unknown where nobody waited for it.</summary>
internal sealed record SyncedAccount(AccountBody Account, bool Queued, int? Readings, int? LinesChanged, DateTimeOffset? Through, long? Position);

internal static class SyncAccountEndpoint
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    public static LongAnswer Post(string label, SyncAccount request, Command command, Registry registry, Pollers pollers, Sources sources, Books books, ServiceSettings settings, TimeProvider clock) => new(async (progress, ct) =>
    {
        _ = command;
        var began = clock.GetTimestamp();
        var id = (await registry.AskCurrent(d => AccountFinder.Connected(d, label), ct)).Id;
        var reading = (await pollers.Of(id, ct)).Sync();
        if (request.NoWait == true)
        {
            _ = Forget(reading);
            var before = await sources.Get(id, ct);
            return new SyncedAccount(Body(before), Queued: true, null, null, before.Asked, null);
        }

        progress(new("reading", 0, 1));
        Polled polled;
        try
        {
            polled = await reading.WaitAsync(Left(), clock, ct);
            if (!await books.WaitFor(polled.Position, Left(), ct)) throw new TimeoutException();
        }
        catch (TimeoutException)
        {
            _ = Forget(reading);
            throw new Refused("sync.timeout", "The reading took longer than 30 seconds; polling goes on.");
        }
        progress(new("reading", 1, 1));
        return new SyncedAccount(Body(await sources.Get(id, ct)), Queued: false, polled.Readings, polled.LinesChanged, polled.Through, polled.Position);

        // One deadline for the reading and the views.
        TimeSpan Left()
        {
            var left = patience - clock.GetElapsedTime(began);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        AccountBody Body(SourceState source) => registry.Ask(d => AccountBody.Of(d.Accounts[id], source, settings.PollEvery, clock.GetUtcNow()));
    });

    /// <summary>Nobody waits for it any more; how it fails is on the account.</summary>
    private static async Task Forget(Task reading) => await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
