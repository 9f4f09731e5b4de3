using JasperFx.Events;
using Ledger.Accounts;
using Ledger.Money;
using Ledger.Spend;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>
/// Turns pages of events into rows, live and in a rebuild. Rows say who carries what now, so a page records what was said, and then works
/// out every line it touched once, under the context at its end. Keeps the context and the lines used lately in memory; both
/// are read from the tables again whenever they are not exactly at the mark.
/// </summary>
public sealed class SpendWriter(string schema, TeamZone zone)
{
    /// <summary>Lines worked out at once: while they are written, the next are worked out.</summary>
    private const int linesPerChunk = 5_000;

    /// <summary>Lines read at once when history is edited, which bounds memory.</summary>
    private const int linesPerRead = 20_000;

    private readonly LineCache lines = new(schema);
    private SpendRows rows = new(schema);
    private SpendRows spare = new(schema);
    private Task writing = Task.CompletedTask;
    private AttributionContext context = new();
    private long nextLine;
    private SpendMark? held;
    private SpendMark? written;

    public long RowsWritten => rows.Written + spare.Written;

    /// <summary>Writes a page inside the caller's transaction. Nothing of it counts before <see cref="Accept"/>.</summary>
    /// <exception cref="InvalidOperationException">The events don't follow what the tables hold.</exception>
    public async Task Write(SpendPage page, NpgsqlConnection db, CancellationToken ct)
    {
        var mark = await SpendMark.Take(db, schema, zone.Name, ct);
        if (mark.Zone != zone.Name)
            throw new InvalidOperationException($"Spend is added up by days of {mark.Zone}, but the settings say {zone.Name}. `ledger rebuild` adds it up anew.");
        await CheckFollows(page.Events, mark, db, ct);
        if (held != mark) await Load(db, ct);
        held = null;
        try
        {
            await Apply(page, db, ct);
        }
        finally
        {
            // The connection is the caller's again.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        written = mark with { Position = page.Events[^1].Sequence, Events = mark.Events + page.Events.Count };
        await written.Write(db, schema, ct);
    }

    /// <summary>The transaction is committed: what is in memory is what the tables hold.</summary>
    public void Accept() => held = written;

    private async Task Apply(SpendPage page, NpgsqlConnection db, CancellationToken ct)
    {
        var touched = new List<Touched>();
        var documents = new Dictionary<(string Kind, string Id), object>();
        await LookUpByKey(db, ct);
        foreach (var e in page.Events)
        {
            if (e.Data is UsageSnapshotTaken snapshot)
            {
                if (snapshot.Part == snapshot.Parts) await Take(page.ReadingAt(e.Sequence), e.Sequence, db, ct);
                continue;
            }
            if (e.Data is not ILedgerEvent happened) continue;
            if (happened is BalanceObserved balance) rows.Balances.Add((e.Sequence, balance));
            touched.AddRange(context.Apply(happened));
            if (ContextDocuments.Changed(happened, context) is { } changed) documents[(changed.Kind, changed.Id)] = changed.Document;
        }
        if (touched.Count > 0) await WorkOutMeeting(touched, db, ct);
        await WorkOut(lines.TakeChanged(), db, ct);
        await Written();
        await rows.FlushDays(db, ct);
        await spare.FlushDays(db, ct);
        await SpendRows.Write(documents, schema, db, ct);
    }

    /// <summary>The log may have holes, but no event that is there may be passed over or come twice.</summary>
    private static async Task CheckFollows(IReadOnlyList<IEvent> events, SpendMark mark, NpgsqlConnection db, CancellationToken ct)
    {
        var before = mark.Position;
        foreach (var e in events)
        {
            if (e.Sequence <= before) throw new InvalidOperationException($"Event {e.Sequence} came after {before}, which the money views hold already. `ledger rebuild` fills them anew.");
            before = e.Sequence;
        }
        await using var command = new NpgsqlCommand("select count(*) from mt_events where seq_id > $1 and seq_id <= $2 and not is_archived", db);
        command.Parameters.Add(new() { Value = mark.Position });
        command.Parameters.Add(new() { Value = before });
        var there = (long)(await command.ExecuteScalarAsync(ct))!;
        if (there != events.Count)
            throw new InvalidOperationException($"The money views hold events up to {mark.Position}. From there to {before} the log has {there}, but {events.Count} came. `ledger rebuild` fills the views anew.");
    }

    private async Task Load(NpgsqlConnection db, CancellationToken ct)
    {
        rows.Clear();
        spare.Clear();
        lines.Clear();
        context = await ContextDocuments.Load(db, schema, ct);
        await using var command = new NpgsqlCommand($"select coalesce(max(id), 0) from {schema}.line", db);
        nextLine = (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>
    /// Rows are found by key: the planner knows nothing of tables that were empty a moment ago, and would read them whole.
    /// </summary>
    private static async Task LookUpByKey(NpgsqlConnection db, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local jit = off", db);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Records what a reading said.</summary>
    private async Task Take(IReadOnlyList<UsageSnapshotTaken> parts, long position, NpgsqlConnection db, CancellationToken ct)
    {
        foreach (var part in parts)
        {
            if (lines.IsFull) lines.Clear();
            if (lines.Lacks(Wanted(part)) is { Length: > 0 } lacking)
            {
                await Written();
                await lines.Load(lacking, db, ct);
            }
            foreach (var line in part.Lines)
                Take(part, line, position);
            foreach (var name in part.Missing ?? [])
                lines.Get(LineKey.Of(part.Account, name, part.Dimensions)).MissingSince = part.Answered;
            foreach (var name in part.Found ?? [])
                lines.Get(LineKey.Of(part.Account, name, part.Dimensions)).MissingSince = null;
            if (lines.Changed >= linesPerChunk) await WorkOut(lines.TakeChanged(), db, ct);
        }
    }

    private static IEnumerable<LineKey> Wanted(UsageSnapshotTaken part) =>
        part.Lines.Where(l => l.Replaces is not null).Select(l => LineKey.Of(part.Account, l, part.Dimensions))
            .Concat((part.Missing ?? []).Concat(part.Found ?? []).Select(n => LineKey.Of(part.Account, n, part.Dimensions)))
            .Concat(part.Lines.SelectMany(l => (l.MovedFrom ?? []).Select(m => NameOf(part, l, m))));

    private void Take(UsageSnapshotTaken reading, SnapshotLine said, long position)
    {
        var name = LineKey.Of(reading.Account, said, reading.Dimensions);
        var line = said.Replaces is null ? lines.Add(nextLine + 1, name) : lines.Get(name);
        if (said.Replaces is null) nextLine++;
        if (line.Line.Total != (said.Replaces ?? Usd.Zero))
            throw new InvalidOperationException($"Event {position} replaces {said.Replaces} of line {line.Line.Id}, which holds {line.Line.Total}.");

        var bucket = said.Bucket;
        var previous = said.Retaken ? null : PreviousOf(reading, bucket);
        var evidence = Evidence.Of(bucket, previous?.Asked, TimeSpan.FromSeconds(reading.SettlementLagSeconds), reading.Answered);
        var observed = new Observed(said.Total, evidence, Moved(reading, said, line.Line, position), said.Closed);
        lines.Say(line, new(position, observed, reading.Answered));
        rows.Facts.Add(new(line.Line.Id, position, observed, said.Replaces?.Ticks, reading.Answered));
        if (!said.Withdrawn) line.MissingSince = null;
    }

    /// <summary>What a line's money rose in before, where it was another line's of its key, or where the line itself begins anew with what others left it.</summary>
    private IReadOnlyList<Rise>? Moved(UsageSnapshotTaken reading, SnapshotLine said, SpendLine line, long position)
    {
        if (said.Closed) return said.Total > Usd.Zero ? Before(line, said.Total) : null;
        if (said.MovedFrom is not { } moves) return null;
        var moved = moves.Where(m => m.Key == said.Key)
            .SelectMany(m => Before(lines.Of(NameOf(reading, said, m)), m.Amount)).ToArray();
        return moved.Length == 0 ? null : moved;

        IReadOnlyList<Rise> Before(SpendLine from, Usd amount) => Rise.Of(from.Facts.Where(f => f.Position < position).Select(f => f.Said), amount);
    }

    private static LineKey NameOf(UsageSnapshotTaken reading, SnapshotLine line, MovedFrom from) =>
        new(reading.Account, from.Key ?? "", from.Model ?? "", from.Unit ?? "", from.Dimensions ?? reading.Dimensions, line.Start, line.Seconds);

    private static PreviousReading? PreviousOf(UsageSnapshotTaken snapshot, Interval bucket)
    {
        foreach (var previous in snapshot.Previous)
            if (previous.Start <= bucket.Start && bucket.End <= previous.End)
                return previous;
        return null;
    }

    /// <summary>Works out the lines that an edit touched, each from its own facts.</summary>
    private async Task WorkOutMeeting(List<Touched> touched, NpgsqlConnection db, CancellationToken ct)
    {
        await Written();
        var stretches = touched.ToLookup(t => (t.Account, t.Key), t => t.Stretch);
        foreach (var chunk in (await LineCache.Meeting(touched, schema, db, ct)).Chunk(linesPerRead))
        {
            await Written();
            var meeting = await lines.Of(chunk, db, ct);
            foreach (var line in meeting)
                foreach (var stretch in stretches[(line.Line.Name.Account, line.Line.Name.Key)])
                    line.Touch(stretch);
            await WorkOut(meeting, db, ct);
        }
    }

    /// <summary>Works out who carries these lines, and writes what is different from before.</summary>
    private async Task WorkOut(IReadOnlyList<HeldLine> chunk, NpgsqlConnection db, CancellationToken ct)
    {
        var neighbours = new KeyHour();
        foreach (var line in chunk)
        {
            var parts = line.WorkOut(context, neighbours);
            if (!parts.SequenceEqual(line.Parts))
            {
                rows.Replace(line, parts, zone.DayOf(line.Line.Name.Start));
                line.Parts = parts;
            }
            var claims = line.Line.Claims(context, neighbours);
            if (!claims.SequenceEqual(line.Claims))
            {
                rows.Replace(line, claims);
                line.Claims = claims;
            }
            rows.Keep(line);
        }
        await Written();
        (rows, spare) = (spare, rows);
        var full = spare;
        writing = Task.Run(() => full.Flush(db, ct), ct);
    }

    /// <summary>Waits until what was worked out is written; then the connection is free.</summary>
    private Task Written()
    {
        var last = writing;
        writing = Task.CompletedTask;
        return last;
    }
}
