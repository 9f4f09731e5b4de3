using Ledger.Accounts;
using Ledger.Spend;
using Ledger.Keys;
using Ledger.Money;
using Npgsql;

namespace Ledger.Views.Spend;

/// <summary>Lines in memory: those of the batch at hand and those used lately. Two generations bound it without bookkeeping per use.</summary>
internal sealed class HeldLines(string schema)
{
    private const int PerGenerationMax = 100_000;

    private Dictionary<LineKey, HeldLine> young = [];
    private Dictionary<LineKey, HeldLine> old = [];

    // Of each key: where its lines end, from where on all of them are in memory, and which those are. Most edits concern the last
    // hours: nothing has to be asked of the tables for them.
    private readonly Dictionary<(string Account, string Key), KeyLines> keys = [];

    /// <summary>Forgets everything, and learns where each key's lines end.</summary>
    public async Task Reset(NpgsqlConnection db, CancellationToken ct)
    {
        young = [];
        old = [];
        keys.Clear();
        await using var command = new NpgsqlCommand($"select account, key, max(start + make_interval(secs => seconds)) from {schema}.line group by 1, 2", db);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var end = reader.GetFieldValue<DateTimeOffset>(2);
            keys[(reader.GetString(0), reader.GetString(1))] = new() { End = end, CompleteFrom = end };
        }
    }

    public HeldLine Add(LineRow row)
    {
        var held = new HeldLine(row);
        young[LineKey.Of(row)] = held;
        if (!keys.TryGetValue((row.Account, row.Key), out var key)) keys[(row.Account, row.Key)] = key = new();
        if (row.Bucket.End > key.End) key.End = row.Bucket.End;
        key.Lines.Add(held);
        return held;
    }

    /// <summary>The touched stretches that lines can lie in.</summary>
    public IReadOnlyList<Touched> Reached(IReadOnlyList<Touched> touched) =>
        [.. touched.Where(t => keys.TryGetValue((t.Account, t.Key), out var key) && t.Stretch.Start < key.End)];

    /// <summary>The lines whose bucket shares time with a touched stretch, by id; null when not all of them are in memory.</summary>
    public IReadOnlyCollection<HeldLine>? InMemory(IReadOnlyList<Touched> touched)
    {
        var meeting = new SortedDictionary<long, HeldLine>();
        foreach (var (account, name, stretch) in touched)
        {
            var key = keys[(account, name)];
            if (stretch.Start < key.CompleteFrom) return null;
            foreach (var held in key.Lines)
                if (held.Row.Bucket.Meets(stretch))
                    meeting[held.Row.Id] = held;
        }
        return meeting.Values;
    }

    public HeldLine Get(string account, SnapshotLine line, DimensionSet dimensions) => Get(LineKey.Of(account, line, dimensions));

    public HeldLine Get(string account, LineName line, DimensionSet dimensions) => Get(LineKey.Of(account, line, dimensions));

    private HeldLine Get(LineKey key)
    {
        if (young.TryGetValue(key, out var held)) return held;
        if (!old.TryGetValue(key, out held)) throw new InvalidOperationException($"The log speaks of a line that was never there: {key}.");
        young[key] = held;
        return held;
    }

    /// <summary>The lines the batch speaks of that are not in memory. Those it brings itself are among them: the tables won't have them.</summary>
    public IReadOnlyCollection<LineKey> Wants(IReadOnlyList<(Recorded Recorded, ILedgerEvent? Event)> events)
    {
        if (young.Count > PerGenerationMax) Age();
        var wanted = new HashSet<LineKey>();
        foreach (var snapshot in events.Select(e => e.Event).OfType<UsageSnapshotTaken>())
        {
            foreach (var line in snapshot.Lines)
                if (line.Replaces is not null) Want(LineKey.Of(snapshot.Account, line, snapshot.Dimensions));
            foreach (var name in (snapshot.Missing ?? []).Concat(snapshot.Found ?? []))
                Want(LineKey.Of(snapshot.Account, name, snapshot.Dimensions));
        }
        return wanted;

        void Want(LineKey key)
        {
            if (!young.ContainsKey(key) && !old.ContainsKey(key)) wanted.Add(key);
        }
    }

    /// <summary>Loads lines by name; those that are not there are left out.</summary>
    public async Task Load(IReadOnlyCollection<LineKey> wanted, AttributionContext directory, NpgsqlConnection db, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            select l.id from unnest($1, $2, $3, $4, $5, $6, $7) w (account, key, model, unit, dimensions, start, seconds)
            join {schema}.line l on l.account = w.account and l.key = w.key and l.start = w.start
                and l.model = w.model and l.unit = w.unit and l.dimensions = w.dimensions and l.seconds = w.seconds
            """, db)
        {
            Parameters =
            {
                new() { Value = wanted.Select(w => w.Account).ToArray() },
                new() { Value = wanted.Select(w => w.Key).ToArray() },
                new() { Value = wanted.Select(w => w.Model).ToArray() },
                new() { Value = wanted.Select(w => w.Unit).ToArray() },
                new() { Value = wanted.Select(w => w.Dimensions).ToArray() },
                new() { Value = wanted.Select(w => w.Start).ToArray() },
                new() { Value = wanted.Select(w => w.Seconds).ToArray() },
            },
        };
        var ids = new List<long>(wanted.Count);
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                ids.Add(reader.GetInt64(0));

        // Their books are made with the directory as it was before the batch; an edit inside the batch loads what it touches again.
        foreach (var chunk in ids.Chunk(20_000))
            await LoadAgain(chunk, directory, db, ct);
    }

    /// <summary>Drops what was not used since the last time. Of its keys, memory is complete only after it from now on.</summary>
    private void Age()
    {
        foreach (var (name, held) in old)
            if (!young.ContainsKey(name) && keys.TryGetValue((name.Account, name.Key), out var key) && held.Row.Bucket.End > key.CompleteFrom)
                key.CompleteFrom = held.Row.Bucket.End;
        old = young;
        young = [];
        foreach (var key in keys.Values)
            key.Lines.RemoveAll(held => held.Row.Bucket.End <= key.CompleteFrom);
    }

    /// <summary>Ids of the lines whose bucket shares time with a touched stretch of their key, ascending.</summary>
    public async Task<long[]> Meeting(IReadOnlyList<Touched> touched, NpgsqlConnection db, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            select distinct l.id from unnest($1, $2, $3, $4) t (account, key, starts, ends)
            join {schema}.line l on l.account = t.account and l.key = t.key
                and l.start < t.ends and l.start > t.starts - interval '1 day' and l.start + make_interval(secs => l.seconds) > t.starts
            order by l.id
            """, db)
        {
            Parameters =
            {
                new() { Value = touched.Select(t => t.Account).ToArray() },
                new() { Value = touched.Select(t => t.Key).ToArray() },
                new() { Value = touched.Select(t => Clamp(t.Stretch.Start)).ToArray() },
                new() { Value = touched.Select(t => Clamp(t.Stretch.End)).ToArray() },
            },
        };
        var ids = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            ids.Add(reader.GetInt64(0));
        return [.. ids];
    }

    /// <summary>
    /// Loads lines with what was last written of them, and makes their books anew from their facts under the directory as it is.
    /// </summary>
    public async Task<IReadOnlyList<HeldLine>> LoadAgain(long[] ids, AttributionContext directory, NpgsqlConnection db, CancellationToken ct)
    {
        var loaded = new SortedDictionary<long, HeldLine>();
        await using var batch = new NpgsqlBatch(db)
        {
            BatchCommands =
            {
                new($"select id, account, key, model, unit, dimensions, start, seconds, total, missing_since from {schema}.line where id = any($1)") { Parameters = { new() { Value = ids } } },
                new($"select line_id, total, evidence_start, evidence_end from {schema}.fact where line_id = any($1) order by line_id, position") { Parameters = { new() { Value = ids } } },
                new($"""
                    select line_id, mission, agent, method, sum(amount)::bigint, sum(restated)::bigint from {schema}.allocation where line_id = any($1)
                    group by line_id, mission, agent, method having sum(amount) <> 0 or sum(restated) <> 0
                    """) { Parameters = { new() { Value = ids } } },
                new($"""
                    select line_id, mission, sum(low)::bigint, sum(high)::bigint from {schema}.claim where line_id = any($1)
                    group by line_id, mission having sum(low) <> 0 or sum(high) <> 0
                    """) { Parameters = { new() { Value = ids } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var row = new LineRow(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetInt16(5),
                reader.GetFieldValue<DateTimeOffset>(6), reader.GetInt32(7))
            {
                Total = reader.GetInt64(8),
                MissingSince = reader.IsDBNull(9) ? null : reader.GetFieldValue<DateTimeOffset>(9),
            };
            loaded[row.Id] = new(row);
        }
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var held = loaded[reader.GetInt64(0)];
            var ownership = directory.Ownership(held.Row.Account, held.Row.Key);
            held.Observe(new(reader.GetInt64(1)), new(reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3)), ownership, directory);
        }
        await reader.NextResultAsync(ct);
        var holdings = new Dictionary<long, List<Holding>>();
        while (await reader.ReadAsync(ct))
        {
            var line = reader.GetInt64(0);
            if (!holdings.TryGetValue(line, out var list)) holdings[line] = list = [];
            list.Add(new(Parties.Of(reader.GetString(1), reader.GetString(2)), (Method)reader.GetInt16(3), new(reader.GetInt64(4)), new(reader.GetInt64(5))));
        }
        foreach (var (line, list) in holdings)
            loaded[line].Holdings = [.. list.OrderBy(h => h.Party).ThenBy(h => h.Method)];
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var held = loaded[reader.GetInt64(0)];
            held.Claims = [.. held.Claims, new(reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3))];
        }

        foreach (var held in loaded.Values)
        {
            young[LineKey.Of(held.Row)] = held;
            // One that was in memory is replaced there too.
            if (keys.TryGetValue((held.Row.Account, held.Row.Key), out var key) && held.Row.Bucket.End > key.CompleteFrom)
            {
                key.Lines.RemoveAll(h => h.Row.Id == held.Row.Id);
                key.Lines.Add(held);
            }
        }
        return [.. loaded.Values];
    }

    private static DateTimeOffset Clamp(DateTimeOffset at) => at < Instants.Min ? Instants.Min.AddYears(-1) : at > Instants.Max ? Instants.Max.AddYears(1) : at;
}

/// <summary>A line with its book, and with what was last written of it.</summary>
internal sealed class HeldLine(LineRow row)
{
    public LineRow Row { get; } = row;

    private readonly List<(Usd Total, Interval Evidence)> facts = new(1);

    public LineBook Book { get; private set; } = new();

    /// <summary>What the provider said of the line now.</summary>
    public void Observe(Usd total, Interval evidence, KeyOwnership ownership, AttributionContext directory)
    {
        facts.Add((total, evidence));
        Book.Observe(total, evidence, (amount, when) => Attributor.Attribute(amount, when, ownership, directory));
    }

    /// <summary>Makes the book anew from the line's own facts, under the directory as it is now.</summary>
    public void Replay(AttributionContext directory)
    {
        var ownership = directory.Ownership(Row.Account, Row.Key);
        Book = new();
        foreach (var (total, evidence) in facts)
            Book.Observe(total, evidence, (amount, when) => Attributor.Attribute(amount, when, ownership, directory));
    }

    public IReadOnlyList<Holding> Holdings { get; set; } = [];

    public HeldClaim[] Claims { get; set; } = [];

    /// <summary>What has to be written so that the sum of all rows is <paramref name="after"/>.</summary>
    public IEnumerable<(Party Party, Method Method, long Amount, long Restated)> DifferenceTo(IReadOnlyList<Holding> after)
    {
        foreach (var now in after)
        {
            var was = Find(Holdings, now);
            if (now.Amount != was.Amount || now.Restated != was.Restated)
                yield return (now.Party, now.Method, now.Amount.Ticks - was.Amount.Ticks, now.Restated.Ticks - was.Restated.Ticks);
        }
        foreach (var was in Holdings)
            if ((was.Amount != Usd.Zero || was.Restated != Usd.Zero) && !after.Any(a => a.Party == was.Party && a.Method == was.Method))
                yield return (was.Party, was.Method, -was.Amount.Ticks, -was.Restated.Ticks);
    }

    /// <inheritdoc cref="DifferenceTo(IReadOnlyList{Holding})"/>
    public IEnumerable<HeldClaim> DifferenceTo(HeldClaim[] after)
    {
        foreach (var now in after)
        {
            var was = Claims.FirstOrDefault(c => c.Mission == now.Mission);
            if (now.Low != was.Low || now.High != was.High) yield return new(now.Mission, now.Low - was.Low, now.High - was.High);
        }
        foreach (var was in Claims)
            if ((was.Low != 0 || was.High != 0) && !after.Any(a => a.Mission == was.Mission))
                yield return new(was.Mission, -was.Low, -was.High);
    }

    private static Holding Find(IReadOnlyList<Holding> holdings, Holding like)
    {
        foreach (var h in holdings)
            if (h.Party == like.Party && h.Method == like.Method)
                return h;
        return default;
    }
}

/// <summary>What is in memory of one key.</summary>
internal sealed class KeyLines
{
    /// <summary>Where its lines end; nothing lies after.</summary>
    public DateTimeOffset End { get; set; }

    /// <summary>Every line that ends after this is in memory.</summary>
    public DateTimeOffset CompleteFrom { get; set; }

    public List<HeldLine> Lines { get; } = [];
}

internal readonly record struct HeldClaim(string Mission, long Low, long High);

internal readonly record struct LineKey(string Account, string Key, string Model, string Unit, short Dimensions, DateTimeOffset Start, int Seconds)
{
    public static LineKey Of(LineRow row) => new(row.Account, row.Key, row.Model, row.Unit, row.Dimensions, row.Start, row.Seconds);

    public static LineKey Of(string account, SnapshotLine line, DimensionSet dimensions) =>
        new(account, line.Key ?? "", line.Model ?? "", line.Unit ?? "", (short)(line.Dimensions ?? dimensions), line.Start, line.Seconds);

    public static LineKey Of(string account, LineName line, DimensionSet dimensions) =>
        new(account, line.Key ?? "", line.Model ?? "", line.Unit ?? "", (short)(line.Dimensions ?? dimensions), line.Start, line.Seconds);
}

/// <summary>Parties as the tables write them: an empty mission is nobody's, an empty agent nobody.</summary>
internal static class Parties
{
    public static Party Of(string mission, string agent) => new(mission.Length == 0 ? null : mission, agent.Length == 0 ? null : agent);
}
