using System.Runtime.InteropServices;
using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Views.Watching;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Views.Spend;

/// <summary>Rows of one transaction, on their way into the tables.</summary>
internal sealed class Rows
{
    private readonly List<(LineRow Line, long Total, DateTimeOffset? MissingSince)> frozen = [];

    public List<LineRow> Lines { get; } = [];

    public List<FactRow> Facts { get; } = [];

    public List<AllocationRow> Allocations { get; } = [];

    public List<ClaimRow> Claims { get; } = [];

    /// <summary>Lines that were there before and have another total or went missing or came back.</summary>
    public Dictionary<long, (long Total, DateTimeOffset? MissingSince)> Changed { get; } = [];

    public Dictionary<DayKey, (long Billed, long Restated)> Days { get; } = [];

    public Dictionary<(DateOnly Day, string Account, string Agent, string Mission), long> PartyDays { get; } = [];

    public Dictionary<string, (long Low, long High)> Bounds { get; } = new(StringComparer.Ordinal);

    public Dictionary<(string Kind, string Id), string> Documents { get; } = [];

    public Dictionary<ScopeKey, long> Scopes { get; } = [];

    public List<(long Position, BalanceObserved Balance)> Balances { get; } = [];

    public AlertRows Alerts { get; } = new();

    public long Written { get; private set; }

    public bool IsEmpty => Facts.Count == 0 && Allocations.Count == 0 && Claims.Count == 0 && Changed.Count == 0 && Documents.Count == 0 && Balances.Count == 0 && Alerts.IsEmpty;

    public void Add(AllocationRow row, LineRow line)
    {
        Allocations.Add(row);
        var day = DateOnly.FromDateTime(line.Start.UtcDateTime);
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(Days, new(day, line.Account, line.Key, line.Model, line.Unit, row.Agent, row.Mission, row.Method), out _);
        sum = (sum.Billed + row.Amount, sum.Restated + row.Restated);
        ref var party = ref CollectionsMarshal.GetValueRefOrAddDefault(PartyDays, (day, line.Account, row.Agent, row.Mission), out _);
        party += row.Amount;
        AddToScope(ScopeKind.Agent, row.Agent, line, row.Amount);
        AddToScope(ScopeKind.Mission, row.Mission, line, row.Amount);
    }

    /// <summary>What a line rose by, in the dimensions that no edit of history moves it between.</summary>
    public void AddToScopes(LineRow line, long delta)
    {
        AddToScope(ScopeKind.Account, line.Account, line, delta);
        AddToScope(ScopeKind.Key, line.Key, line, delta);
        AddToScope(ScopeKind.Model, line.Model, line, delta);
        AddToScope(ScopeKind.Unit, line.Unit, line, delta);
    }

    private void AddToScope(ScopeKind kind, string value, LineRow line, long amount)
    {
        if (value.Length == 0) return;
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(Scopes, new(kind, value, line.Start, line.Account), out _);
        sum += amount;
    }

    public void Add(ClaimRow row)
    {
        Claims.Add(row);
        var sum = Bounds.GetValueOrDefault(row.Mission);
        Bounds[row.Mission] = (sum.Low + row.Low, sum.High + row.High);
    }

    /// <summary>Takes the lines' totals as they are: the next batch may change them while these rows are being written.</summary>
    public void Freeze()
    {
        foreach (var line in Lines)
            frozen.Add((line, line.Total, line.MissingSince));
    }

    /// <summary>Writes everything and forgets it. Runs inside the caller's transaction.</summary>
    public async Task Flush(NpgsqlConnection db, string schema, CancellationToken ct)
    {
        Written += Lines.Count + Facts.Count + Allocations.Count + Claims.Count + Days.Count + PartyDays.Count + Bounds.Count + Scopes.Count;
        await Copy(db, $"copy {schema}.line (id, account, key, model, unit, dimensions, start, seconds, total, missing_since) from stdin (format binary)", frozen, static (w, r) => r.Line.Write(w, r.Total, r.MissingSince), ct);
        await Copy(db, $"copy {schema}.fact (line_id, position, total, replaces, evidence_start, evidence_end, answered, late_seconds) from stdin (format binary)", Facts, static (w, r) => r.Write(w), ct);
        await Copy(db, $"copy {schema}.allocation (position, line_id, mission, agent, method, amount, restated, moved, start) from stdin (format binary)", Allocations, static (w, r) => r.Write(w), ct);
        await Copy(db, $"copy {schema}.claim (position, line_id, mission, low, high) from stdin (format binary)", Claims, static (w, r) => r.Write(w), ct);

        await using var batch = new NpgsqlBatch(db);
        if (Changed.Count > 0)
            batch.BatchCommands.Add(new($"""
                update {schema}.line l set total = c.total, missing_since = c.missing_since
                from unnest($1, $2, $3) c (id, total, missing_since) where l.id = c.id
                """)
            {
                Parameters =
                {
                    new() { Value = Changed.Keys.ToArray() },
                    new() { Value = Changed.Values.Select(c => c.Total).ToArray() },
                    new() { Value = Changed.Values.Select(c => c.MissingSince).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                },
            });
        if (Days.Count > 0) batch.BatchCommands.Add(DayCommand(schema));
        if (PartyDays.Count > 0)
            batch.BatchCommands.Add(new($"""
                insert into {schema}.party_day as p (day, account, agent, mission, billed) select * from unnest($1, $2, $3, $4, $5)
                on conflict (day, account, agent, mission) do update set billed = p.billed + excluded.billed
                """)
            {
                Parameters =
                {
                    new() { Value = PartyDays.Keys.Select(k => k.Day).ToArray() },
                    new() { Value = PartyDays.Keys.Select(k => k.Account).ToArray() },
                    new() { Value = PartyDays.Keys.Select(k => k.Agent).ToArray() },
                    new() { Value = PartyDays.Keys.Select(k => k.Mission).ToArray() },
                    new() { Value = PartyDays.Values.ToArray() },
                },
            });
        if (Scopes.Count > 0)
            batch.BatchCommands.Add(new($"""
                insert into {schema}.scope_spend as s (kind, value, start, account, billed) select * from unnest($1, $2, $3, $4, $5)
                on conflict (kind, value, start, account) do update set billed = s.billed + excluded.billed
                """)
            {
                Parameters =
                {
                    new() { Value = Scopes.Keys.Select(k => (short)k.Kind).ToArray() },
                    new() { Value = Scopes.Keys.Select(k => k.Value).ToArray() },
                    new() { Value = Scopes.Keys.Select(k => k.Start).ToArray() },
                    new() { Value = Scopes.Keys.Select(k => k.Account).ToArray() },
                    new() { Value = Scopes.Values.ToArray() },
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
        Alerts.Flush(batch, schema);
        if (Bounds.Count > 0)
            batch.BatchCommands.Add(new($"""
                insert into {schema}.mission_bounds as b (mission, low, high) select * from unnest($1, $2, $3)
                on conflict (mission) do update set low = b.low + excluded.low, high = b.high + excluded.high
                """)
            {
                Parameters =
                {
                    new() { Value = Bounds.Keys.ToArray() },
                    new() { Value = Bounds.Values.Select(b => b.Low).ToArray() },
                    new() { Value = Bounds.Values.Select(b => b.High).ToArray() },
                },
            });
        if (Documents.Count > 0)
            batch.BatchCommands.Add(new($"""
                insert into {schema}.directory as d (kind, id, doc) select kind, id, doc::jsonb from unnest($1, $2, $3) n (kind, id, doc)
                on conflict (kind, id) do update set doc = excluded.doc
                """)
            {
                Parameters =
                {
                    new() { Value = Documents.Keys.Select(k => k.Kind).ToArray() },
                    new() { Value = Documents.Keys.Select(k => k.Id).ToArray() },
                    new() { Value = Documents.Values.ToArray() },
                },
            });
        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync(ct);
        Clear();
    }

    private NpgsqlBatchCommand DayCommand(string schema) => new($"""
        insert into {schema}.spend_day as s (day, account, key, model, unit, agent, mission, method, billed, restated)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (day, account, key, model, unit, agent, mission, method)
        do update set billed = s.billed + excluded.billed, restated = s.restated + excluded.restated
        """)
    {
        Parameters =
        {
            new() { Value = Days.Keys.Select(k => k.Day).ToArray() },
            new() { Value = Days.Keys.Select(k => k.Account).ToArray() },
            new() { Value = Days.Keys.Select(k => k.Key).ToArray() },
            new() { Value = Days.Keys.Select(k => k.Model).ToArray() },
            new() { Value = Days.Keys.Select(k => k.Unit).ToArray() },
            new() { Value = Days.Keys.Select(k => k.Agent).ToArray() },
            new() { Value = Days.Keys.Select(k => k.Mission).ToArray() },
            new() { Value = Days.Keys.Select(k => k.Method).ToArray() },
            new() { Value = Days.Values.Select(v => v.Billed).ToArray() },
            new() { Value = Days.Values.Select(v => v.Restated).ToArray() },
        },
    };

    public void Clear()
    {
        Lines.Clear();
        frozen.Clear();
        Facts.Clear();
        Allocations.Clear();
        Claims.Clear();
        Changed.Clear();
        Days.Clear();
        PartyDays.Clear();
        Bounds.Clear();
        Scopes.Clear();
        Balances.Clear();
        Alerts.Clear();
        Documents.Clear();
    }

    internal static async Task Copy<T>(NpgsqlConnection db, string command, List<T> rows, Action<NpgsqlBinaryImporter, T> write, CancellationToken ct)
    {
        if (rows.Count == 0) return;
        await using var writer = await db.BeginBinaryImportAsync(command, ct);
        foreach (var row in rows)
        {
            // The synchronous calls only fill a buffer; the importer flushes it to the socket when it is full.
            writer.StartRow();
            write(writer, row);
        }
        await writer.CompleteAsync(ct);
    }
}

internal readonly record struct DayKey(DateOnly Day, string Account, string Key, string Model, string Unit, string Agent, string Mission, short Method);

internal readonly record struct ScopeKey(ScopeKind Kind, string Value, DateTimeOffset Start, string Account);

internal sealed record LineRow(long Id, string Account, string Key, string Model, string Unit, short Dimensions, DateTimeOffset Start, int Seconds)
{
    public long Total { get; set; }

    public DateTimeOffset? MissingSince { get; set; }

    public Interval Bucket => new(Start, Start.AddSeconds(Seconds));

    public void Write(NpgsqlBinaryImporter w, long total, DateTimeOffset? missingSince)
    {
        w.Write(Id, NpgsqlDbType.Bigint);
        w.Write(Account, NpgsqlDbType.Text);
        w.Write(Key, NpgsqlDbType.Text);
        w.Write(Model, NpgsqlDbType.Text);
        w.Write(Unit, NpgsqlDbType.Text);
        w.Write(Dimensions, NpgsqlDbType.Smallint);
        w.Write(Start.UtcDateTime, NpgsqlDbType.TimestampTz);
        w.Write(Seconds, NpgsqlDbType.Integer);
        w.Write(total, NpgsqlDbType.Bigint);
        if (missingSince is { } since) w.Write(since.UtcDateTime, NpgsqlDbType.TimestampTz);
        else w.WriteNull();
    }
}

internal readonly record struct FactRow(long Line, long Position, long Total, long? Replaces, Interval Evidence, DateTimeOffset Answered, long? LateSeconds)
{
    public void Write(NpgsqlBinaryImporter w)
    {
        w.Write(Line, NpgsqlDbType.Bigint);
        w.Write(Position, NpgsqlDbType.Bigint);
        w.Write(Total, NpgsqlDbType.Bigint);
        if (Replaces is { } replaces) w.Write(replaces, NpgsqlDbType.Bigint);
        else w.WriteNull();
        w.Write(Evidence.Start.UtcDateTime, NpgsqlDbType.TimestampTz);
        w.Write(Evidence.End.UtcDateTime, NpgsqlDbType.TimestampTz);
        w.Write(Answered.UtcDateTime, NpgsqlDbType.TimestampTz);
        if (LateSeconds is { } late) w.Write(late, NpgsqlDbType.Bigint);
        else w.WriteNull();
    }
}

internal readonly record struct AllocationRow(long Position, long Line, string Mission, string Agent, short Method, long Amount, long Restated, bool Moved, DateTimeOffset Start)
{
    public void Write(NpgsqlBinaryImporter w)
    {
        w.Write(Position, NpgsqlDbType.Bigint);
        w.Write(Line, NpgsqlDbType.Bigint);
        w.Write(Mission, NpgsqlDbType.Text);
        w.Write(Agent, NpgsqlDbType.Text);
        w.Write(Method, NpgsqlDbType.Smallint);
        w.Write(Amount, NpgsqlDbType.Bigint);
        w.Write(Restated, NpgsqlDbType.Bigint);
        w.Write(Moved, NpgsqlDbType.Boolean);
        w.Write(Start.UtcDateTime, NpgsqlDbType.TimestampTz);
    }
}

internal readonly record struct ClaimRow(long Position, long Line, string Mission, long Low, long High)
{
    public void Write(NpgsqlBinaryImporter w)
    {
        w.Write(Position, NpgsqlDbType.Bigint);
        w.Write(Line, NpgsqlDbType.Bigint);
        w.Write(Mission, NpgsqlDbType.Text);
        w.Write(Low, NpgsqlDbType.Bigint);
        w.Write(High, NpgsqlDbType.Bigint);
    }
}
