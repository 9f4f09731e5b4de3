namespace Ledger.Views;

/// <summary>
/// Reads the log ahead in batches of about the same size in bytes, events already parsed, so that parsing the next batch and writing
/// the last one run side by side. Holes are the log's to refuse: the only ones it lets pass are those that another writer left and that were
/// declared when its events were adopted.
/// </summary>
internal sealed class Feed(IEventLog log)
{
    private const int BytesPerBatch = 4_000_000;
    private const int EventsMin = 8;
    private const int EventsMax = 5_000;

    private int limit = 64;
    private Task<IReadOnlyList<(Recorded, ILedgerEvent?)>>? ahead;
    private long aheadAfter;

    /// <summary>The events after a position, up to and with <paramref name="last"/>; empty when there are none yet.</summary>
    public async Task<IReadOnlyList<(Recorded Recorded, ILedgerEvent? Event)>> Next(long after, long last, CancellationToken ct)
    {
        var reading = ahead is not null && aheadAfter == after ? ahead : Read(after, last, ct);
        ahead = null;
        var batch = await reading;
        if (batch.Count == 0) return batch;
        aheadAfter = batch[^1].Item1.Position;
        if (aheadAfter < last) ahead = Task.Run(() => Read(aheadAfter, last, ct), ct);
        return batch;
    }

    /// <summary>Drops what was read ahead: it may have been read over a connection that broke.</summary>
    public void Forget() => ahead = null;

    private async Task<IReadOnlyList<(Recorded, ILedgerEvent?)>> Read(long after, long last, CancellationToken ct)
    {
        var recorded = await log.ReadAll(after, (int)Math.Min(limit, last - after), ct);
        if (recorded.Count == 0) return [];
        var before = after;
        long bytes = 0;
        foreach (var r in recorded)
        {
            if (r.Position <= before) throw new LogBrokenException($"After position {before} the log goes on with {r.Position}.", r.Position);
            before = r.Position;
            bytes += r.Data.Length;
        }
        limit = (int)Math.Clamp(BytesPerBatch / Math.Max(1, bytes / recorded.Count), EventsMin, EventsMax);
        return [.. recorded.Select(r => (r, EventJson.Read(r)))];
    }
}
