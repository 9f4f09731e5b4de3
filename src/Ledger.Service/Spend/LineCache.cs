using Ledger.Accounts;
using Ledger.Spend;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>A line with what its rows say now.</summary>
public sealed class HeldLine(SpendLine line)
{
    /// <summary>Lines of fewer facts are worked out from all of them: a book for each of them would take more memory than it saves time.</summary>
    private const int keptFrom = 4;

    private LineBook? book;
    private int observed;
    private Interval reach;

    public SpendLine Line { get; } = line;

    /// <summary>Its parts as they are in the tables.</summary>
    public IReadOnlyList<Holding> Parts { get; set; } = [];

    /// <summary>Its claims as they are in the tables.</summary>
    public IReadOnlyList<Claim> Claims { get; set; } = [];

    /// <summary>It has no row of its own yet.</summary>
    public bool IsNew { get; set; }

    /// <summary>It is to be worked out.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Since when it is missing, as its row says.</summary>
    public DateTimeOffset? MissingWritten { get; set; }

    /// <summary>Since when complete answers lack it; null when they don't.</summary>
    public DateTimeOffset? MissingSince
    {
        get => Line.MissingSince;
        set => Line.MissingSince = value;
    }

    /// <summary>
    /// Who carries what now. Of a line that was read many times only what was said since the last time is shared out, so that many readings
    /// of a running bucket cost no more each than few.
    /// </summary>
    public IReadOnlyList<Holding> WorkOut(AttributionContext context, KeyHour neighbours)
    {
        var facts = Line.Facts;
        if (facts.Count < keptFrom) return Line.Parts(context, neighbours);
        book ??= new();
        Line.Observe(book, observed, context, neighbours);
        for (; observed < facts.Count; observed++)
            reach = observed == 0 ? facts[0].Evidence : new(Earlier(reach.Start, facts[observed].Evidence.Start), Later(reach.End, facts[observed].Evidence.End));
        return SpendLine.Held(book);
    }

    /// <summary>Somebody's time in this stretch is another's now: what was shared out by it is shared out anew.</summary>
    public void Touch(Interval stretch)
    {
        if (book is null || !stretch.Meets(reach)) return;
        (book, observed) = (null, 0);
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}

/// <summary>Lines used lately. Bounded: when it is full, everything is forgotten and read again when it is wanted.</summary>
public sealed class LineCache(string schema)
{
    private const int factsMax = 200_000;
    private const int textsMax = 20_000;

    private readonly Dictionary<LineKey, HeldLine> byName = [];
    private readonly Dictionary<long, HeldLine> byId = [];
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    private List<HeldLine> changed = [];
    private int facts;

    /// <summary>Lines that something was said of and that are not worked out yet.</summary>
    public int Changed => changed.Count;

    /// <summary>Whether it holds as much as it may, and nothing that is still to be worked out.</summary>
    public bool IsFull => facts >= factsMax && changed.Count == 0;

    public void Clear()
    {
        byName.Clear();
        byId.Clear();
        changed.Clear();
        facts = 0;
        if (texts.Count > textsMax) texts.Clear();
    }

    public HeldLine Add(long id, LineKey name)
    {
        name = name with { Account = Once(name.Account), Key = Once(name.Key), Model = Once(name.Model), Unit = Once(name.Unit) };
        var line = new HeldLine(new(id, name)) { IsNew = true };
        if (!byName.TryAdd(name, line)) throw new InvalidOperationException($"The log says for the first time what {name} cost, but it is there already.");
        byId[id] = line;
        return line;
    }

    /// <summary>A line by its name; it is to be worked out.</summary>
    public HeldLine Get(LineKey name)
    {
        if (!byName.TryGetValue(name, out var line)) throw new InvalidOperationException($"The log speaks of a line that was never there: {name}.");
        MarkChanged(line);
        return line;
    }

    /// <summary>A line by its name, to look at.</summary>
    public SpendLine Of(LineKey name) => byName.TryGetValue(name, out var line) ? line.Line : throw new InvalidOperationException($"The log moves money from a line that was never there: {name}.");

    /// <summary>Adds what was said of a line.</summary>
    public void Say(HeldLine line, LineFact fact)
    {
        line.Line.Facts.Add(fact);
        facts++;
        MarkChanged(line);
    }

    /// <summary>The lines that are to be worked out; they no longer are.</summary>
    public IReadOnlyList<HeldLine> TakeChanged()
    {
        var taken = changed;
        changed = [];
        foreach (var line in taken) line.IsChanged = false;
        return taken;
    }

    /// <summary>Those of the names that are not held.</summary>
    public LineKey[] Lacks(IEnumerable<LineKey> names) => [.. names.Where(n => !byName.ContainsKey(n))];

    /// <summary>Reads lines by name; those that are not there are left out.</summary>
    public async Task Load(LineKey[] wanted, NpgsqlConnection db, CancellationToken ct)
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
                new() { Value = wanted.Select(w => (short)w.Dimensions).ToArray() },
                new() { Value = wanted.Select(w => w.Start).ToArray() },
                new() { Value = wanted.Select(w => w.Seconds).ToArray() },
            },
        };
        var ids = new List<long>(wanted.Length);
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                ids.Add(reader.GetInt64(0));
        foreach (var line in await Read([.. ids], db, ct))
        {
            byName[line.Line.Name] = line;
            byId[line.Line.Id] = line;
            facts += line.Line.Facts.Count;
        }
    }

    /// <summary>Lines by id, from memory or from the tables; those read from the tables are not kept.</summary>
    public async Task<IReadOnlyList<HeldLine>> Of(long[] ids, NpgsqlConnection db, CancellationToken ct)
    {
        var here = ids.Where(byId.ContainsKey).Select(id => byId[id]).ToList();
        if (here.Count < ids.Length) here.AddRange(await Read([.. ids.Where(id => !byId.ContainsKey(id))], db, ct));
        return here;
    }

    /// <summary>Ids of the lines whose bucket shares time with a touched stretch of their key, ascending.</summary>
    public static async Task<long[]> Meeting(IReadOnlyList<Touched> touched, string schema, NpgsqlConnection db, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            select distinct l.id from unnest($1, $2, $3, $4) t (account, key, starts, ends)
            join {schema}.line l on l.account = t.account and l.key = t.key
                and l.start < t.ends and l.start > t.starts - interval '1 day' and l.start + make_interval(secs => l.seconds) > t.starts
            order by l.id
            """, db)
        { CommandTimeout = 0 };
        foreach (var parameter in Stretches(touched)) command.Parameters.Add(parameter);
        var ids = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            ids.Add(reader.GetInt64(0));
        return [.. ids];
    }

    /// <summary>Accounts, keys, starts and ends of stretches, as parameters.</summary>
    public static IEnumerable<NpgsqlParameter> Stretches(IReadOnlyList<Touched> touched) =>
    [
        new() { Value = touched.Select(t => t.Account).ToArray() },
        new() { Value = touched.Select(t => t.Key).ToArray() },
        new() { Value = touched.Select(t => Clamp(t.Stretch.Start)).ToArray() },
        new() { Value = touched.Select(t => Clamp(t.Stretch.End)).ToArray() },
    ];

    /// <summary>The columns that <see cref="FactAt"/> reads, in order.</summary>
    public const string FactColumns = "position, total, evidence_start, evidence_end, answered, closed, moved, moved_starts, moved_ends";

    public static LineFact FactAt(NpgsqlDataReader reader, int column)
    {
        var moved = reader.IsDBNull(column + 6) ? null : Moved(reader.GetFieldValue<long[]>(column + 6), reader.GetFieldValue<DateTimeOffset[]>(column + 7), reader.GetFieldValue<DateTimeOffset[]>(column + 8));
        var evidence = new Interval(reader.GetFieldValue<DateTimeOffset>(column + 2), reader.GetFieldValue<DateTimeOffset>(column + 3));
        return new(reader.GetInt64(column), new(new(reader.GetInt64(column + 1)), evidence, moved, reader.GetBoolean(column + 5)), reader.GetFieldValue<DateTimeOffset>(column + 4));

        static Rise[] Moved(long[] amounts, DateTimeOffset[] starts, DateTimeOffset[] ends) => [.. amounts.Select((a, i) => new Rise(new(a), new(starts[i], ends[i])))];
    }

    /// <summary>Lines with their facts and with what their rows say.</summary>
    private async Task<IReadOnlyList<HeldLine>> Read(long[] ids, NpgsqlConnection db, CancellationToken ct)
    {
        var read = new Dictionary<long, HeldLine>(ids.Length);
        await using var batch = new NpgsqlBatch(db)
        {
            BatchCommands =
            {
                new($"select id, account, key, model, unit, dimensions, start, seconds, missing_since from {schema}.line where id = any($1) order by id") { Parameters = { new() { Value = ids } } },
                new($"select line_id, {FactColumns} from {schema}.fact where line_id = any($1) order by line_id, position") { Parameters = { new() { Value = ids } } },
                new($"select line_id, mission, agent, method, amount, restated from {schema}.part where line_id = any($1)") { Parameters = { new() { Value = ids } } },
                new($"select line_id, mission, sole from {schema}.claim where line_id = any($1)") { Parameters = { new() { Value = ids } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var name = new LineKey(
                Once(reader.GetString(1)), Once(reader.GetString(2)), Once(reader.GetString(3)), Once(reader.GetString(4)), (DimensionSet)reader.GetInt16(5), reader.GetFieldValue<DateTimeOffset>(6), reader.GetInt32(7));
            var missing = reader.IsDBNull(8) ? (DateTimeOffset?)null : reader.GetFieldValue<DateTimeOffset>(8);
            read[reader.GetInt64(0)] = new(new(reader.GetInt64(0), name)) { MissingSince = missing, MissingWritten = missing };
        }
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
            read[reader.GetInt64(0)].Line.Facts.Add(FactAt(reader, 1));
        await reader.NextResultAsync(ct);
        var parts = new List<(long Line, Holding Part)>();
        while (await reader.ReadAsync(ct))
            parts.Add((reader.GetInt64(0), new(Parties.Of(Once(reader.GetString(1)), Once(reader.GetString(2))), (Method)reader.GetInt16(3), new(reader.GetInt64(4)), new(reader.GetInt64(5)))));
        await reader.NextResultAsync(ct);
        var claims = new List<(long Line, Claim Claim)>();
        while (await reader.ReadAsync(ct))
            claims.Add((reader.GetInt64(0), new(Once(reader.GetString(1)), reader.GetBoolean(2))));
        foreach (var of in parts.GroupBy(p => p.Line))
            read[of.Key].Parts = [.. of.Select(p => p.Part).OrderBy(p => p.Party).ThenBy(p => p.Method)];
        foreach (var of in claims.GroupBy(c => c.Line))
            read[of.Key].Claims = [.. of.Select(c => c.Claim).OrderBy(c => c.Mission, StringComparer.Ordinal)];
        return [.. read.Values];
    }

    private void MarkChanged(HeldLine line)
    {
        if (line.IsChanged) return;
        line.IsChanged = true;
        changed.Add(line);
    }

    /// <summary>The same text once: a million lines have few keys and models.</summary>
    private string Once(string text)
    {
        if (texts.TryGetValue(text, out var known)) return known;
        texts[text] = text;
        return text;
    }

    private static DateTimeOffset Clamp(DateTimeOffset at) => at < Instants.Min ? Instants.Min.AddYears(-1) : at > Instants.Max ? Instants.Max.AddYears(1) : at.ToUniversalTime();
}

/// <summary>Parties as the tables write them: an empty mission is nobody's, an empty agent nobody.</summary>
public static class Parties
{
    public static Party Of(string mission, string agent) => new(mission.Length == 0 ? null : mission, agent.Length == 0 ? null : agent);
}
