using Ledger.Accounts;
using Ledger.Spend;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;
using Npgsql;

namespace Ledger.Views.Spend;

/// <summary>
/// Turns events into rows: facts from snapshots, allocations and claims from facts and the directory. The same code runs live and in
/// a rebuild. Holds the directory at the checkpoint and recently used lines; both can be loaded again at any time.
/// </summary>
internal sealed class SpendWriter(string schema, bool indexed = true)
{
    /// <summary>Lines re-allocated at once, which bounds memory when history is edited.</summary>
    private const int LinesPerChunk = 20_000;

    private Rows rows = new();
    private Rows spare = new();
    private Task writing = Task.CompletedTask;
    private readonly HeldLines lines = new(schema);
    private AttributionContext directory = new();
    private long nextLine = 1;

    public long RowsWritten => rows.Written + spare.Written;

    /// <summary>Forgets everything held in memory and loads it as of the checkpoint.</summary>
    public async Task Load(NpgsqlConnection db, CancellationToken ct)
    {
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        writing = Task.CompletedTask;
        rows.Clear();
        spare.Clear();
        await lines.Reset(db, ct);
        directory = await Documents.Load(db, schema, ct);
        await using var command = new NpgsqlCommand($"select coalesce(max(id), 0) + 1 from {schema}.line", db);
        nextLine = (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>
    /// Applies events in order inside the caller's transaction. The last rows are still on their way when this returns: computing the
    /// next batch and writing this one run side by side. <see cref="Complete"/> before the connection is used for anything else.
    /// </summary>
    public async Task Apply(IReadOnlyList<(Recorded Recorded, ILedgerEvent? Event)> events, NpgsqlConnection db, CancellationToken ct)
    {
        if (lines.Wants(events) is { Count: > 0 } wanted)
        {
            await Complete();
            await Index(db, ct);
            await lines.Load(wanted, directory, db, ct);
        }
        foreach (var (recorded, happened) in events)
            switch (happened)
            {
                case null:
                    break;
                case UsageSnapshotTaken snapshot:
                    foreach (var line in snapshot.Lines)
                        Take(recorded.Position, snapshot, line);
                    foreach (var name in snapshot.Missing ?? [])
                        Mark(lines.Get(snapshot.Account, name, snapshot.Dimensions), snapshot.Answered);
                    foreach (var name in snapshot.Found ?? [])
                        Mark(lines.Get(snapshot.Account, name, snapshot.Dimensions), null);
                    break;
                case IAlert or IRecovery or AlertAcknowledged:
                    rows.Alerts.Add(recorded, happened);
                    break;
                default:
                    if (happened is BalanceObserved balance) rows.Balances.Add((recorded.Position, balance));
                    var touched = lines.Reached(directory.Apply(happened));
                    Documents.Changed(happened, directory, rows.Documents);
                    if (touched.Count > 0) await Reallocate(recorded.Position, touched, db, ct);
                    break;
            }
        await Write(db, ct);
    }

    /// <summary>Waits until everything that was applied is written.</summary>
    public async Task Complete()
    {
        var last = writing;
        writing = Task.CompletedTask;
        await last;
    }

    /// <summary>Starts writing what was computed, once the writing before it is done.</summary>
    private async Task Write(NpgsqlConnection db, CancellationToken ct)
    {
        await Complete();
        if (rows.IsEmpty) return;
        (rows, spare) = (spare, rows);
        var full = spare;
        full.Freeze();
        writing = Task.Run(() => full.Flush(db, schema, ct), ct);
    }

    private void Take(long position, UsageSnapshotTaken snapshot, SnapshotLine line)
    {
        var ownership = directory.Ownership(snapshot.Account, line.Key);
        HeldLine held;
        if (line.Replaces is null)
        {
            held = lines.Add(new(nextLine++, snapshot.Account, line.Key ?? "", line.Model ?? "", line.Unit ?? "", (short)(line.Dimensions ?? snapshot.Dimensions), line.Start, line.Seconds));
            rows.Lines.Add(held.Row);
        }
        else
        {
            held = lines.Get(snapshot.Account, line, snapshot.Dimensions);
        }
        if (held.Book.Total != (line.Replaces ?? Usd.Zero))
            throw new InvalidOperationException($"Event {position} replaces {line.Replaces} of line {held.Row.Id}, which holds {held.Book.Total}.");

        var bucket = line.Bucket;
        var previous = line.Retaken ? null : PreviousOf(snapshot, bucket);
        var evidence = Evidence.Of(bucket, previous?.Asked, TimeSpan.FromSeconds(snapshot.SettlementLagSeconds), snapshot.Answered);
        var late = previous is not null && line.Delta > Usd.Zero && bucket.End <= snapshot.Answered ? (long?)(snapshot.Answered - bucket.End).TotalSeconds : null;
        rows.Facts.Add(new(held.Row.Id, position, line.Total.Ticks, line.Replaces?.Ticks, evidence, snapshot.Answered, late));
        rows.AddToScopes(held.Row, line.Delta.Ticks);
        held.Observe(line.Total, evidence, ownership, directory);
        Change(position, held, ownership, moved: false);
        Mark(held, line.Withdrawn ? held.Row.MissingSince : null);
    }

    /// <summary>Writes how a line's holdings and claims differ from what was written before.</summary>
    private void Change(long position, HeldLine held, KeyOwnership ownership, bool moved)
    {
        var after = held.Book.Holdings();
        foreach (var (party, method, amount, restated) in held.DifferenceTo(after))
            rows.Add(new AllocationRow(position, held.Row.Id, party.Mission ?? "", party.Agent ?? "", (short)method, amount, restated, moved, held.Row.Start), held.Row);
        held.Holdings = after;

        var total = held.Book.Total;
        var claims = Bounds.Of(held.Row.Bucket, ownership, directory).Select(c => new HeldClaim(c.Mission, c.Low(total).Ticks, c.High(total).Ticks)).ToArray();
        foreach (var (mission, low, high) in held.DifferenceTo(claims))
            rows.Add(new ClaimRow(position, held.Row.Id, mission, low, high));
        held.Claims = claims;
    }

    /// <summary>Keeps the line's own row up to date: in place while it waits to be copied in, else as an update.</summary>
    private void Mark(HeldLine held, DateTimeOffset? missingSince)
    {
        held.Row.Total = held.Book.Total.Ticks;
        held.Row.MissingSince = missingSince;
        if (rows.Lines.Count == 0 || held.Row.Id < rows.Lines[0].Id)
            rows.Changed[held.Row.Id] = (held.Row.Total, held.Row.MissingSince);
    }

    /// <summary>Makes the indexes, where a rebuild has put them off.</summary>
    public async Task Index(NpgsqlConnection db, CancellationToken ct)
    {
        if (indexed) return;
        await Books.CreateIndexes(db, schema, ct);
        indexed = true;
    }

    /// <summary>Allocates the lines of touched stretches anew, each from its own snapshots.</summary>
    private async Task Reallocate(long position, IReadOnlyList<Touched> touched, NpgsqlConnection db, CancellationToken ct)
    {
        // Most edits concern the last hours, and all lines of those are in memory.
        if (lines.InMemory(touched) is { } recent)
        {
            foreach (var held in recent)
            {
                held.Replay(directory);
                Change(position, held, directory.Ownership(held.Row.Account, held.Row.Key), moved: true);
            }
            return;
        }
        // What the batch holds so far must be in the tables before they are asked for the lines that are touched.
        await Write(db, ct);
        await Complete();
        await Index(db, ct);
        var ids = await lines.Meeting(touched, db, ct);
        foreach (var chunk in ids.Chunk(LinesPerChunk))
        {
            foreach (var held in await lines.LoadAgain(chunk, directory, db, ct))
                Change(position, held, directory.Ownership(held.Row.Account, held.Row.Key), moved: true);
            await Write(db, ct);
            await Complete();
        }
    }

    private static PreviousReading? PreviousOf(UsageSnapshotTaken snapshot, Interval bucket)
    {
        foreach (var previous in snapshot.Previous)
            if (previous.Start <= bucket.Start && bucket.End <= previous.End)
                return previous;
        return null;
    }
}
