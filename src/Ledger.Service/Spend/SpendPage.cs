using JasperFx.Events;
using Ledger.Accounts;
using Marten;

namespace Ledger.Service.Spend;

/// <summary>
/// Some events in the order of their positions, and the readings that become whole among them. A reading of several parts counts when its
/// last part comes, all of it at once; its first parts may have come in pages before.
/// </summary>
public sealed class SpendPage
{
    private readonly Dictionary<long, IReadOnlyList<UsageSnapshotTaken>> readings = [];

    private SpendPage(IReadOnlyList<IEvent> events) => Events = events;

    public IReadOnlyList<IEvent> Events { get; }

    /// <summary>The parts of the reading whose last part is at a position, in order.</summary>
    public IReadOnlyList<UsageSnapshotTaken> ReadingAt(long position) => readings[position];

    public static async Task<SpendPage> Of(IReadOnlyList<IEvent> events, IQuerySession session, CancellationToken ct)
    {
        var page = new SpendPage(events);
        foreach (var e in events)
            if (e.Data is UsageSnapshotTaken snapshot && snapshot.Part == snapshot.Parts)
                page.readings[e.Sequence] = snapshot.Parts == 1 ? [snapshot] : await page.PartsOf(e, snapshot, session, ct);
        return page;
    }

    private async Task<IReadOnlyList<UsageSnapshotTaken>> PartsOf(IEvent last, UsageSnapshotTaken snapshot, IQuerySession session, CancellationToken ct)
    {
        // One append writes all parts, so they stand side by side in their stream.
        var first = last.Version - snapshot.Parts + 1;
        var events = Events.Where(e => e.StreamKey == last.StreamKey && e.Version >= first && e.Version <= last.Version).ToList();
        if (events.Count < snapshot.Parts)
            events = [.. await session.Events.FetchStreamAsync(last.StreamKey!, version: last.Version, fromVersion: first, token: ct)];
        var parts = events.Select(e => e.Data).OfType<UsageSnapshotTaken>().ToArray();
        for (var i = 0; i < snapshot.Parts; i++)
            if (parts.Length != snapshot.Parts || parts[i].Reading != snapshot.Reading || parts[i].Part != i + 1)
                throw new InvalidOperationException($"The reading that ends at position {last.Sequence} lacks a part: {snapshot.Parts} were written, {parts.Length} are before it in {last.StreamKey}.");
        return parts;
    }
}
