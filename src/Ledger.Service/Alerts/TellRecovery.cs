using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Service.Channels;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;
using Wolverine;
using Wolverine.Attributes;

namespace Ledger.Service.Alerts;

/// <summary>Tell people that alerts are over, unless their trouble came again meanwhile. It is held back for a quarter of an hour, so that good news is still true when it is read.</summary>
/// <param name="Alerts">The alerts that recovered, by id.</param>
[MessageIdentity("tell-recovery.v1")]
public sealed record TellRecovery(IReadOnlyList<string> Alerts);

public static class TellRecoveryHandler
{
    private const int eventsMax = 100;

    public static async Task<OutgoingMessages> Handle(TellRecovery message, IDocumentSession session, LedgerOptions options, ChannelOptions channels, TimeProvider clock, CancellationToken ct)
    {
        var over = new List<IRecovery>();
        foreach (var alert in await session.Query<Alert>().Where(a => a.Stream.IsOneOf(message.Alerts.Select(Alert.StreamOf).ToArray())).ToListAsync(ct))
        {
            if (alert.RecoveredAt is null || await session.CameAgain(alert, ct)) continue;
            var events = await session.Events.FetchStreamAsync(alert.Stream, version: eventsMax, token: ct);
            if (events.Select(e => e.Data).OfType<IRecovery>().FirstOrDefault() is { } recovery) over.Add(recovery);
        }
        if (over.Count == 0) return [];

        var now = clock.GetUtcNow();
        var known = await session.Known(ct);
        var budgets = await session.Query<Budget>().Where(b => b.Id.IsOneOf(over.OfType<BudgetRecovered>().Select(r => r.Budget).ToArray())).ToListAsync(ct);
        var messages = new OutgoingMessages();
        messages.AddRange(await session.Notify(new([], over), Team.Audience(options.People, known.Accounts.Values, budgets), channels, now, ct));
        // A look at the same moment may find that the trouble came again: one of the two fails by the mark, and sees what the other wrote.
        session.Store(await session.LoadAsync<WatchMark>(WatchMark.Only, ct) ?? new());
        return messages;
    }
}
