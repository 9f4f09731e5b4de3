using Npgsql;
using NpgsqlTypes;

namespace Ledger.Postgres;

/// <summary>
/// The writer's SQL: one connection, prepared statements, two round trips a batch. The first takes the head row and reads
/// what the batch stands on; the second writes and commits.
/// </summary>
internal sealed class WriterConnection : IAsyncDisposable
{
    private const string Begin = "begin isolation level read committed";

    // Taken first, before any number is handed out: position order is then commit order. synchronous_commit is set where nobody
    // can forget it: with it off, events that followers have seen vanish in a crash.
    private const string TakeHead = "select position, chain, writer, set_config('synchronous_commit', 'on', true) from ledger_head where one for update";
    private const string ReadKeys = "select key, body_hash, first, last, answer from ledger_idem where key = any($1)";
    private const string ReadVersions = "select id, version from mt_streams where id = any($1)";
    private const string ReadIds = "select id, seq_id from ledger_chain where id = any($1)";
    // Shared, so that nobody can take the lease over between this look and our commit.
    private const string ReadLeases = "select name, token from ledger_lease where name = any($1) and holder is not null and until > clock_timestamp() for share";
    private const string ReadEvents = "select seq_id, id, stream_id, type, data from mt_events where seq_id = any($1)";

    // Before the inserts: the guard on mt_events looks whose transaction last wrote the head row.
    private const string MoveHead = "update ledger_head set position = $1, chain = $2 where one";
    // Takes the head row, if it still is the one remembered; else divides by zero, and nothing of the batch happens.
    private const string MoveHeadFrom = """
        with moved as (update ledger_head set position = $1, chain = $2 where one and position = $3 and chain = $4 and writer = 'ledger' returning one)
        select 1 / count(*), set_config('synchronous_commit', 'on', true) from moved
        """;
    private const string DivisionByZero = "22012", UniqueViolation = "23505";

    internal const string WriteStreams = """
        insert into mt_streams (id, version, timestamp, created)
        select s.id, s.version, s.at, s.at from unnest($1::varchar[], $2::bigint[], $3::timestamptz[]) as s (id, version, at)
        on conflict (id) do update set version = excluded.version, timestamp = excluded.timestamp
        """;
    // Sequences do not roll back: only what is committed already may be given away, never the batch's own end. A Marten daemon
    // that sees the sequence ahead of the rows would declare them dead.
    internal const string MoveSequence = "select setval('mt_events_sequence', greatest($1, 1), $1 > 0)";
    // Arrays in the one round trip beat binary COPY, which needs five, for up to 1000 events of this product's size.
    internal const string WriteEvents = """
        insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp)
        select * from unnest($1::bigint[], $2::uuid[], $3::varchar[], $4::bigint[], $5::jsonb[], $6::varchar[], $7::timestamptz[])
        """;
    internal const string WriteChain = "insert into ledger_chain (seq_id, id, hash) select * from unnest($1::bigint[], $2::uuid[], $3::bytea[])";
    internal const string WriteTimes = """
        insert into ledger_time (block, earliest)
        select (seq_id - 1) / 1024, min(timestamp) from mt_events where seq_id > $1 and seq_id <= $2 group by 1
        """;
    private const string WriteKeys = """
        insert into ledger_idem (key, body_hash, first, last, answer)
        select * from unnest($1::text[], $2::bytea[], $3::bigint[], $4::bigint[], $5::text[])
        """;
    private const string WriteMessages = """
        insert into ledger_outbox (id, position, kind, body, due_at, since)
        select *, due_at from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[]) m (id, position, kind, body, due_at)
        on conflict (id) do nothing
        """;

    /// <summary>Positions in one row of ledger_time.</summary>
    internal const long TimeBlock = 1024;

    private readonly NpgsqlConnection connection;
    private readonly PostgresLogOptions options;

    private WriterConnection(NpgsqlConnection connection, PostgresLogOptions options)
    {
        this.connection = connection;
        this.options = options;
    }

    public static async Task<WriterConnection> Open(LedgerDatabase database, PostgresLogOptions options)
    {
        var connection = await database.Writers.OpenConnectionAsync();
        try
        {
            // Look-ups by key only, whatever the statistics of a young table say: a plan made on an empty table would scan for ever.
            await using var command = new NpgsqlCommand($"""
                set synchronous_commit = on;
                set lock_timeout = {(int)options.LockTimeout.TotalMilliseconds};
                set statement_timeout = {(int)options.StatementTimeout.TotalMilliseconds};
                set idle_in_transaction_session_timeout = {(int)options.IdleInTransactionTimeout.TotalMilliseconds};
                set plan_cache_mode = force_generic_plan;
                set enable_seqscan = off;
                set enable_bitmapscan = off;
                set jit = off
                """, connection);
            await command.ExecuteNonQueryAsync();
            return new WriterConnection(connection, options);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the head row, then reads what the batch stands on. The transaction stays open.</summary>
    public async Task<(Standing Standing, string Writer)> TakeHeadAndRead(IReadOnlyList<PreparedAppend> appends)
    {
        var ask = Ask.For(appends);
        await using var batch = NewBatch();
        Add(batch, Begin);
        Add(batch, TakeHead);
        if (ask.Keys.Count > 0)
            Add(batch, ReadKeys, Texts(ask.Keys));
        if (ask.Streams.Count > 0)
            Add(batch, ReadVersions, Texts(ask.Streams));
        if (ask.Ids.Count > 0)
            Add(batch, ReadIds, Array(ask.Ids.ToArray(), NpgsqlDbType.Uuid));
        if (ask.Leases.Count > 0)
            Add(batch, ReadLeases, Texts(ask.Leases));
        await batch.PrepareAsync();

        Standing standing;
        string writer;
        Dictionary<long, Guid> found = [];
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            if (!await reader.ReadAsync())
                throw new LogBrokenException("ledger_head has lost its row.", 0);
            standing = new Standing { Position = reader.GetInt64(0), Chain = reader.GetFieldValue<byte[]>(1) };
            writer = reader.GetString(2);
            await reader.NextResultAsync();
            if (ask.Keys.Count > 0)
            {
                while (await reader.ReadAsync())
                {
                    standing.Keys.Add(reader.GetString(0), new KnownKey(
                        reader.GetFieldValue<byte[]>(1), reader.GetInt64(2), reader.GetInt64(3), reader.IsDBNull(4) ? null : reader.GetString(4)));
                }
                await reader.NextResultAsync();
            }
            if (ask.Streams.Count > 0)
            {
                while (await reader.ReadAsync())
                    standing.Versions.Add(reader.GetString(0), reader.IsDBNull(1) ? 0 : reader.GetInt64(1));
                await reader.NextResultAsync();
            }
            if (ask.Ids.Count > 0)
            {
                while (await reader.ReadAsync())
                    found.Add(reader.GetInt64(1), reader.GetGuid(0));
                await reader.NextResultAsync();
            }
            if (ask.Leases.Count > 0)
            {
                while (await reader.ReadAsync())
                    standing.Leases.Add(reader.GetString(0), reader.GetInt64(1));
            }
        }
        if (found.Count > 0)
            await ReadFound(found, standing);
        return (standing, writer);
    }

    /// <summary>Whether a commit on memory failed for what was remembered: the head moved on, or a key or an id is there already.</summary>
    public static bool ProvesMemoryWrong(PostgresException e) => e.SqlState is DivisionByZero or UniqueViolation;

    /// <summary>Writes what the resolution accepted and commits.</summary>
    /// <param name="resolution">What to write.</param>
    /// <param name="remembered">Null: the transaction is open and holds the head row. Else what the resolution stands on, to be proven.</param>
    /// <exception cref="CommitCutException">The connection went while the commit was under way.</exception>
    public async Task WriteAndCommit(Resolution resolution, Standing? remembered)
    {
        await using var batch = NewBatch();
        if (resolution.Positions.Count > 0)
        {
            AddHead(batch, resolution, remembered);
            AddEvents(batch, resolution);
        }
        AddRest(batch, resolution);
        Add(batch, "commit");
        await batch.PrepareAsync();
        try
        {
            await batch.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (!Troubles.ProvesRollback(e))
        {
            throw new CommitCutException(e);
        }
    }

    /// <summary>At rest the sequence that Marten reads stands at the head, exactly.</summary>
    public async Task LevelSequence()
    {
        await using var batch = NewBatch();
        Add(batch, Begin);
        Add(batch, TakeHead);
        Add(batch, "select setval('mt_events_sequence', greatest(position, 1), position > 0) from ledger_head where writer = 'ledger'");
        Add(batch, "commit");
        await batch.ExecuteNonQueryAsync();
    }

    public async Task Rollback()
    {
        await using var command = new NpgsqlCommand("rollback", connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever state it is in, nobody gets it again: session settings and an open transaction die with it.
        NpgsqlConnection.ClearPool(connection);
        await connection.DisposeAsync();
    }

    private async Task ReadFound(Dictionary<long, Guid> found, Standing standing)
    {
        var canonical = new CanonicalJson();
        await using var command = new NpgsqlCommand(ReadEvents, connection);
        command.Parameters.Add(Array(found.Keys.ToArray(), NpgsqlDbType.Bigint));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            standing.Events.Add(reader.GetGuid(1), new KnownEvent(
                reader.GetInt64(0), reader.GetString(2), reader.GetString(3),
                canonical.Write(reader.GetFieldValue<byte[]>(4), strict: false).ToArray()));
        }
    }

    private static void AddHead(NpgsqlBatch batch, Resolution resolution, Standing? remembered)
    {
        if (remembered is null)
        {
            Add(batch, MoveHead, Value(resolution.Position), Value(resolution.Chain));
        }
        else
        {
            Add(batch, Begin);
            Add(batch, MoveHeadFrom, Value(resolution.Position), Value(resolution.Chain), Value(remembered.Position), Value(remembered.Chain));
        }
        var names = new string[resolution.Streams.Count];
        var versions = new long[names.Length];
        var times = new DateTime[names.Length];
        var i = 0;
        foreach (var (name, (version, micros)) in resolution.Streams)
        {
            names[i] = name;
            versions[i] = version;
            times[i++] = Micros.ToDateTime(micros);
        }
        Add(batch, WriteStreams, Array(names, NpgsqlDbType.Varchar), Array(versions, NpgsqlDbType.Bigint), Array(times, NpgsqlDbType.TimestampTz));
        Add(batch, MoveSequence, Value(resolution.Before));
    }

    private static void AddEvents(NpgsqlBatch batch, Resolution resolution)
    {
        var positions = resolution.Positions.ToArray();
        var ids = resolution.Ids.ToArray();
        Add(batch, WriteEvents,
            Array(positions, NpgsqlDbType.Bigint), Array(ids, NpgsqlDbType.Uuid), Array(resolution.StreamNames.ToArray(), NpgsqlDbType.Varchar),
            Array(resolution.Versions.ToArray(), NpgsqlDbType.Bigint), Array(resolution.Datas.ToArray(), NpgsqlDbType.Jsonb),
            Array(resolution.Types.ToArray(), NpgsqlDbType.Varchar), Array(resolution.Times.ToArray(), NpgsqlDbType.TimestampTz));
        Add(batch, WriteChain, Array(positions, NpgsqlDbType.Bigint), Array(ids, NpgsqlDbType.Uuid), Array(resolution.Hashes.ToArray(), NpgsqlDbType.Bytea));
    }

    private static void AddRest(NpgsqlBatch batch, Resolution resolution)
    {
        var (full, now) = (resolution.Before / TimeBlock, resolution.Position / TimeBlock);
        if (now > full)
            Add(batch, WriteTimes, Value(full * TimeBlock), Value(now * TimeBlock));

        var keyed = resolution.Accepted.Where(a => a.Append.Request.Idempotency is not null).ToArray();
        if (keyed.Length > 0)
        {
            Add(batch, WriteKeys,
                Texts(keyed.Select(a => a.Append.Request.Idempotency!.Key)),
                Array(keyed.Select(a => a.Append.Request.Idempotency!.BodyHash.ToArray()).ToArray(), NpgsqlDbType.Bytea),
                Array(keyed.Select(a => a.First).ToArray(), NpgsqlDbType.Bigint),
                Array(keyed.Select(a => a.Last).ToArray(), NpgsqlDbType.Bigint),
                Array(keyed.Select(a => a.Append.Request.Idempotency!.Answer).ToArray(), NpgsqlDbType.Text));
        }

        var messages = resolution.Accepted.SelectMany(a => a.Append.Request.Messages.Select(m => (Message: m, Position: a.Last))).ToArray();
        if (messages.Length > 0)
        {
            Add(batch, WriteMessages,
                Array(messages.Select(m => m.Message.Id).ToArray(), NpgsqlDbType.Uuid),
                Array(messages.Select(m => m.Position).ToArray(), NpgsqlDbType.Bigint),
                Texts(messages.Select(m => m.Message.Kind)),
                Texts(messages.Select(m => System.Text.Encoding.UTF8.GetString(m.Message.Body.Span))),
                Array(messages.Select(m => m.Message.DueAt.UtcDateTime).ToArray(), NpgsqlDbType.TimestampTz));
        }
    }

    private NpgsqlBatch NewBatch() => new(connection) { Timeout = (int)Math.Ceiling(2 * options.StatementTimeout.TotalSeconds) };

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<string[]> Texts(IEnumerable<string> values) => Array(values.ToArray(), NpgsqlDbType.Text);

    private static NpgsqlParameter<T[]> Array<T>(T[] values, NpgsqlDbType type) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    private static NpgsqlParameter<long> Value(long value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static NpgsqlParameter<byte[]> Value(byte[] value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    /// <summary>What a batch needs to know, each name once.</summary>
    private sealed record Ask(HashSet<string> Keys, HashSet<string> Streams, List<Guid> Ids, HashSet<string> Leases)
    {
        public static Ask For(IReadOnlyList<PreparedAppend> appends)
        {
            var ask = new Ask([], [], [], []);
            foreach (var append in appends)
            {
                if (append.Request.Idempotency is { } key)
                    ask.Keys.Add(key.Key);
                if (append.Request.Fence is { } fence)
                    ask.Leases.Add(fence.Lease);
                foreach (var stream in append.Streams)
                {
                    ask.Streams.Add(stream.Stream);
                    foreach (var e in stream.Events)
                        ask.Ids.Add(e.Id);
                }
            }
            return ask;
        }
    }
}
