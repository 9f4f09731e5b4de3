using System.Runtime.InteropServices;
using Ledger.Accounts;
using Ledger.Spend;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Service.Spend;

/// <summary>
/// Rows on their way into the tables. What is new is copied in; days are kept up as differences. While one is written, another is filled, so
/// nothing here is what a line says later.
/// </summary>
public sealed class SpendRows(string schema)
{
    private const int daysMax = 50_000;

    private readonly List<(SpendLine Line, DateTimeOffset? MissingSince)> lines = [];
    private readonly List<PartRow> parts = [];
    private readonly List<(long Line, Claim Claim)> claims = [];
    private readonly List<long> withoutParts = [];
    private readonly List<(long Line, Holding Part)> partsGone = [];
    private readonly List<long> withoutClaims = [];
    private readonly List<(long Line, string Mission)> claimsGone = [];
    private readonly List<(long Line, DateTimeOffset? MissingSince)> changed = [];
    private readonly Dictionary<DayKey, (long Billed, long Restated)> days = [];

    public long Written { get; private set; }

    public List<FactRow> Facts { get; } = [];

    public List<(long Position, BalanceObserved Balance)> Balances { get; } = [];

    /// <summary>The line's parts are these from now on.</summary>
    public void Replace(HeldLine held, IReadOnlyList<Holding> after, DateOnly day)
    {
        var line = held.Line;
        var (gone, came) = Difference(held.Parts, after);
        if (gone.Count == held.Parts.Count && gone.Count > 0) withoutParts.Add(line.Id);
        else partsGone.AddRange(gone.Select(part => (line.Id, part)));
        foreach (var was in gone) AddToDay(line.Name, day, was, -1);
        foreach (var now in came)
        {
            AddToDay(line.Name, day, now, 1);
            parts.Add(new(line, now, day));
        }
    }

    /// <summary>The line's claims are these from now on.</summary>
    public void Replace(HeldLine held, IReadOnlyList<Claim> after)
    {
        var line = held.Line.Id;
        var (gone, came) = Difference(held.Claims, after);
        if (gone.Count == held.Claims.Count && gone.Count > 0) withoutClaims.Add(line);
        else claimsGone.AddRange(gone.Select(claim => (line, claim.Mission)));
        claims.AddRange(came.Select(claim => (line, claim)));
    }

    /// <summary>Keeps the line's own row up to date.</summary>
    public void Keep(HeldLine held)
    {
        if (held.IsNew) lines.Add((held.Line, held.MissingSince));
        else if (held.MissingSince != held.MissingWritten) changed.Add((held.Line.Id, held.MissingSince));
        (held.IsNew, held.MissingWritten) = (false, held.MissingSince);
    }

    /// <summary>Writes all but the days, and those too when there are many.</summary>
    public async Task Flush(NpgsqlConnection db, CancellationToken ct)
    {
        await using (var batch = new NpgsqlBatch(db))
        {
            if (withoutParts.Count > 0)
                batch.BatchCommands.Add(new($"delete from {schema}.part where line_id = any($1)") { Parameters = { new() { Value = withoutParts.ToArray() } } });
            if (partsGone.Count > 0)
                batch.BatchCommands.Add(new($"""
                    delete from {schema}.part p using unnest($1, $2, $3, $4) g (line_id, mission, agent, method)
                    where p.line_id = g.line_id and p.mission = g.mission and p.agent = g.agent and p.method = g.method
                    """)
                {
                    Parameters =
                    {
                        new() { Value = partsGone.Select(g => g.Line).ToArray() },
                        new() { Value = partsGone.Select(g => g.Part.Party.Mission ?? "").ToArray() },
                        new() { Value = partsGone.Select(g => g.Part.Party.Agent ?? "").ToArray() },
                        new() { Value = partsGone.Select(g => (short)g.Part.Method).ToArray() },
                    },
                });
            if (claimsGone.Count > 0)
                batch.BatchCommands.Add(new($"delete from {schema}.claim c using unnest($1, $2) g (line_id, mission) where c.line_id = g.line_id and c.mission = g.mission")
                {
                    Parameters = { new() { Value = claimsGone.Select(g => g.Line).ToArray() }, new() { Value = claimsGone.Select(g => g.Mission).ToArray() } },
                });
            if (withoutClaims.Count > 0)
                batch.BatchCommands.Add(new($"delete from {schema}.claim where line_id = any($1)") { Parameters = { new() { Value = withoutClaims.ToArray() } } });
            if (changed.Count > 0)
                batch.BatchCommands.Add(new($"""
                    update {schema}.line l set missing_since = c.missing_since from unnest($1, $2) c (id, missing_since) where l.id = c.id
                    """)
                {
                    Parameters =
                    {
                        new() { Value = changed.Select(c => c.Line).ToArray() },
                        new() { Value = changed.Select(c => c.MissingSince).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                    },
                });
            if (Balances.Count > 0)
                batch.BatchCommands.Add(new($"insert into {schema}.balance (account, position, answered, credit, used, remaining) select * from unnest($1, $2, $3, $4, $5, $6)")
                {
                    Parameters =
                    {
                        new() { Value = Balances.Select(b => b.Balance.Account).ToArray() },
                        new() { Value = Balances.Select(b => b.Position).ToArray() },
                        new() { Value = Balances.Select(b => b.Balance.Answered).ToArray() },
                        new() { Value = Balances.Select(b => b.Balance.PrepaidCredit?.Ticks).ToArray() },
                        new() { Value = Balances.Select(b => b.Balance.PrepaidUsed?.Ticks).ToArray() },
                        new() { Value = Balances.Select(b => b.Balance.PrepaidLeft?.Ticks).ToArray() },
                    },
                });
            if (batch.BatchCommands.Count > 0)
            {
                batch.Timeout = 0;
                await batch.ExecuteNonQueryAsync(ct);
            }
        }
        Written += lines.Count + Facts.Count + parts.Count + claims.Count + Balances.Count;
        await Copy(db, "line (id, account, key, model, unit, dimensions, start, seconds, missing_since)", lines, Write, ct);
        await Copy(db, "fact (line_id, position, total, replaces, evidence_start, evidence_end, answered, closed, moved, moved_starts, moved_ends)", Facts, Write, ct);
        await Copy(db, "part (line_id, mission, agent, method, amount, restated, account, key, model, unit, start, seconds, day)", parts, Write, ct);
        await Copy(db, "claim (line_id, mission, sole)", claims, Write, ct);
        ClearButDays();
        if (days.Count > daysMax) await FlushDays(db, ct);
    }

    /// <summary>Adds the differences to the days.</summary>
    public async Task FlushDays(NpgsqlConnection db, CancellationToken ct)
    {
        var rows = days.Where(d => d.Value != (0, 0)).ToArray();
        days.Clear();
        if (rows.Length == 0) return;
        Written += rows.Length;
        var ofAgents = new Dictionary<(DateOnly Day, string Account, string Agent, string Mission), long>();
        foreach (var (key, (billed, _)) in rows)
            CollectionsMarshal.GetValueRefOrAddDefault(ofAgents, (key.Day, key.Account, key.Agent, key.Mission), out _) += billed;
        await using var batch = new NpgsqlBatch(db) { Timeout = 0 };
        batch.BatchCommands.Add(new($"""
            insert into {schema}.day as d (day, account, key, model, unit, agent, mission, method, billed, restated)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (day, account, key, model, unit, agent, mission, method)
            do update set billed = d.billed + excluded.billed, restated = d.restated + excluded.restated
            """)
        {
            Parameters =
            {
                new() { Value = rows.Select(d => d.Key.Day).ToArray() },
                new() { Value = rows.Select(d => d.Key.Account).ToArray() },
                new() { Value = rows.Select(d => d.Key.Key).ToArray() },
                new() { Value = rows.Select(d => d.Key.Model).ToArray() },
                new() { Value = rows.Select(d => d.Key.Unit).ToArray() },
                new() { Value = rows.Select(d => d.Key.Agent).ToArray() },
                new() { Value = rows.Select(d => d.Key.Mission).ToArray() },
                new() { Value = rows.Select(d => d.Key.Method).ToArray() },
                new() { Value = rows.Select(d => d.Value.Billed).ToArray() },
                new() { Value = rows.Select(d => d.Value.Restated).ToArray() },
            },
        });
        batch.BatchCommands.Add(new($"""
            insert into {schema}.agent_day as d (day, account, agent, mission, billed) select * from unnest($1, $2, $3, $4, $5)
            on conflict (day, account, agent, mission) do update set billed = d.billed + excluded.billed
            """)
        {
            Parameters =
            {
                new() { Value = ofAgents.Select(d => d.Key.Day).ToArray() },
                new() { Value = ofAgents.Select(d => d.Key.Account).ToArray() },
                new() { Value = ofAgents.Select(d => d.Key.Agent).ToArray() },
                new() { Value = ofAgents.Select(d => d.Key.Mission).ToArray() },
                new() { Value = ofAgents.Select(d => d.Value).ToArray() },
            },
        });
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>What is not there any more, and what was not there before. Nearly always it is one for one.</summary>
    private static (IReadOnlyCollection<T> Gone, IReadOnlyCollection<T> Came) Difference<T>(IReadOnlyList<T> before, IReadOnlyList<T> after)
    {
        if (before.Count == 0 || after.Count == 0) return (before, after);
        var gone = before.ToHashSet();
        var came = after.Where(x => !gone.Remove(x)).ToList();
        return (gone, came);
    }

    /// <summary>Writes documents of the context.</summary>
    public static async Task Write(IReadOnlyDictionary<(string Kind, string Id), object> documents, string schema, NpgsqlConnection db, CancellationToken ct)
    {
        if (documents.Count == 0) return;
        await using var command = new NpgsqlCommand($"""
            insert into {schema}.context as c (kind, id, doc) select kind, id, doc::jsonb from unnest($1, $2, $3) n (kind, id, doc)
            on conflict (kind, id) do update set doc = excluded.doc
            """, db)
        {
            Parameters =
            {
                new() { Value = documents.Keys.Select(k => k.Kind).ToArray() },
                new() { Value = documents.Keys.Select(k => k.Id).ToArray() },
                new() { Value = documents.Values.Select(ContextDocuments.Write).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    public void Clear()
    {
        ClearButDays();
        days.Clear();
    }

    private void ClearButDays()
    {
        lines.Clear();
        Facts.Clear();
        parts.Clear();
        claims.Clear();
        withoutParts.Clear();
        partsGone.Clear();
        withoutClaims.Clear();
        claimsGone.Clear();
        changed.Clear();
        Balances.Clear();
    }

    private void AddToDay(LineKey name, DateOnly day, Holding part, int sign)
    {
        var key = new DayKey(day, name.Account, name.Key, name.Model, name.Unit, part.Party.Agent ?? "", part.Party.Mission ?? "", (short)part.Method);
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(days, key, out _);
        sum = (sum.Billed + (sign * part.Amount.Ticks), sum.Restated + (sign * part.Restated.Ticks));
    }

    private async Task Copy<T>(NpgsqlConnection db, string into, List<T> rows, Action<NpgsqlBinaryImporter, T> write, CancellationToken ct)
    {
        if (rows.Count == 0) return;
        await using var writer = await db.BeginBinaryImportAsync($"copy {schema}.{into} from stdin (format binary)", ct);
        foreach (var row in rows)
        {
            // The synchronous calls only fill a buffer; the importer flushes it to the socket when it is full.
            writer.StartRow();
            write(writer, row);
        }
        await writer.CompleteAsync(ct);
    }

    private static void Write(NpgsqlBinaryImporter w, (SpendLine Line, DateTimeOffset? MissingSince) row)
    {
        var (line, missingSince) = row;
        w.Write(line.Id, NpgsqlDbType.Bigint);
        Dimensions(w, line.Name);
        w.Write((short)line.Name.Dimensions, NpgsqlDbType.Smallint);
        Time(w, line.Name.Start);
        w.Write(line.Name.Seconds, NpgsqlDbType.Integer);
        if (missingSince is { } since) Time(w, since);
        else w.WriteNull();
    }

    private static void Write(NpgsqlBinaryImporter w, FactRow fact)
    {
        w.Write(fact.Line, NpgsqlDbType.Bigint);
        w.Write(fact.Position, NpgsqlDbType.Bigint);
        w.Write(fact.Said.Total.Ticks, NpgsqlDbType.Bigint);
        Number(w, fact.Replaces);
        Time(w, fact.Said.Evidence.Start);
        Time(w, fact.Said.Evidence.End);
        Time(w, fact.Answered);
        w.Write(fact.Said.Closed, NpgsqlDbType.Boolean);
        if (fact.Said.Moved is not { Count: > 0 } moved)
        {
            for (var i = 0; i < 3; i++) w.WriteNull();
            return;
        }
        w.Write(moved.Select(m => m.Amount.Ticks).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint);
        w.Write(moved.Select(m => m.Evidence.Start.UtcDateTime).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.TimestampTz);
        w.Write(moved.Select(m => m.Evidence.End.UtcDateTime).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.TimestampTz);
    }

    private static void Write(NpgsqlBinaryImporter w, PartRow row)
    {
        var (line, part, day) = row;
        w.Write(line.Id, NpgsqlDbType.Bigint);
        w.Write(part.Party.Mission ?? "", NpgsqlDbType.Text);
        w.Write(part.Party.Agent ?? "", NpgsqlDbType.Text);
        w.Write((short)part.Method, NpgsqlDbType.Smallint);
        w.Write(part.Amount.Ticks, NpgsqlDbType.Bigint);
        w.Write(part.Restated.Ticks, NpgsqlDbType.Bigint);
        Dimensions(w, line.Name);
        Time(w, line.Name.Start);
        w.Write(line.Name.Seconds, NpgsqlDbType.Integer);
        w.Write(day, NpgsqlDbType.Date);
    }

    private static void Write(NpgsqlBinaryImporter w, (long Line, Claim Claim) row)
    {
        w.Write(row.Line, NpgsqlDbType.Bigint);
        w.Write(row.Claim.Mission, NpgsqlDbType.Text);
        w.Write(row.Claim.Sole, NpgsqlDbType.Boolean);
    }

    private static void Dimensions(NpgsqlBinaryImporter w, LineKey name)
    {
        w.Write(name.Account, NpgsqlDbType.Text);
        w.Write(name.Key, NpgsqlDbType.Text);
        w.Write(name.Model, NpgsqlDbType.Text);
        w.Write(name.Unit, NpgsqlDbType.Text);
    }

    private static void Time(NpgsqlBinaryImporter w, DateTimeOffset at) => w.Write(at.UtcDateTime, NpgsqlDbType.TimestampTz);

    private static void Number(NpgsqlBinaryImporter w, long? number)
    {
        if (number is { } known) w.Write(known, NpgsqlDbType.Bigint);
        else w.WriteNull();
    }

    private readonly record struct PartRow(SpendLine Line, Holding Part, DateOnly Day);

    private readonly record struct DayKey(DateOnly Day, string Account, string Key, string Model, string Unit, string Agent, string Mission, short Method);
}

/// <summary>A fact on its way into the table.</summary>
public readonly record struct FactRow(long Line, long Position, Observed Said, long? Replaces, DateTimeOffset Answered);
