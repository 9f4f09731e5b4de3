using Npgsql;
using NpgsqlTypes;

namespace Ledger.Postgres;

/// <summary>The event log on PostgreSQL: one ordered, gap-free, hash-chained log over Marten's physical tables.</summary>
public sealed class PostgresEventLog : IEventLog, IAsyncDisposable
{
    // Only what the head covers: while Marten writes, its rows show once they are adopted, in one step and in order.
    private const string Columns = "select seq_id, id, stream_id, version, type, data, timestamp from mt_events";
    // A page ends after so many stored (compressed) bytes, whatever the limit: 5,000 snapshots of a megabyte each are no page.
    private const string AllSql = $"""
        {Columns} where seq_id > $1 and seq_id <= (
            select max(seq_id) from (
                select seq_id, sum(pg_column_size(data)) over (order by seq_id) - pg_column_size(data) as before from mt_events
                where seq_id > $1 and seq_id <= (select position from ledger_head) order by seq_id limit $2) page
            where before < 4000000)
        order by seq_id
        """;
    private const string StreamSql = $"{Columns} where stream_id = $1 and version > $2 and seq_id <= (select position from ledger_head) order by version limit $3";

    private readonly LedgerDatabase database;
    private readonly PostgresLogOptions options;
    private readonly GroupCommit writer;
    private volatile TaskCompletionSource grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long position;

    private PostgresEventLog(LedgerDatabase database, PostgresLogOptions options)
    {
        this.database = database;
        this.options = options;
        writer = new GroupCommit(database, options, Grew);
    }

    /// <summary>Opens the log after looking at the server and the schema.</summary>
    /// <exception cref="SchemaMismatchException">The schema is older or newer than the program.</exception>
    /// <exception cref="InvalidOperationException">The server could lose what it acknowledged (<c>fsync</c>, <c>full_page_writes</c>).</exception>
    public static async Task<PostgresEventLog> Open(LedgerDatabase database, PostgresLogOptions? options, CancellationToken ct)
    {
        options ??= new PostgresLogOptions();
        options.Validate();
        await using var connection = await database.DataSource.OpenConnectionAsync(ct);
        await Migrations.Check(connection, Migrations.Engine, ct);
        if (!options.AllowUnsafeServer)
            await RefuseUnsafe(connection, ct);
        return new PostgresEventLog(database, options);
    }

    /// <inheritdoc />
    public async Task<AppendResult> Append(AppendRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return await writer.Append(PreparedAppend.From(request, options), ct);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<Recorded>> ReadStream(string stream, long afterVersion, int limit, CancellationToken ct)
    {
        CheckLimit(limit);
        await using var command = database.DataSource.CreateCommand(StreamSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = afterVersion });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await Read(command, limit, ct);
    }

    /// <inheritdoc />
    /// <exception cref="LogBrokenException">A position is missing that no adopted append excuses.</exception>
    public async Task<IReadOnlyList<Recorded>> ReadAll(long afterPosition, int limit, CancellationToken ct)
    {
        CheckLimit(limit);
        ArgumentOutOfRangeException.ThrowIfNegative(afterPosition);
        await using var command = database.DataSource.CreateCommand(AllSql);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = afterPosition });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var events = await Read(command, limit, ct);
        if (events.Count == 0)
            await RefuseLostTail(afterPosition, ct);
        else if (events[^1].Position != afterPosition + events.Count)
            await RefuseHoles(events, afterPosition, ct);
        return events;
    }

    /// <inheritdoc />
    public async Task<LogHead> Head(CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand("select position, chain from ledger_head");
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            throw new LogBrokenException("ledger_head has lost its row.", 0);
        return new LogHead(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
    }

    /// <summary>The chain hash at a position: what a follower keeps beside its checkpoint, to notice a rewound log.</summary>
    /// <returns>32 bytes; null when the log holds no such position.</returns>
    public async Task<byte[]?> ChainAt(long position, CancellationToken ct)
    {
        if (position == 0)
            return new byte[HashChain.Length];
        await using var command = database.DataSource.CreateCommand("select hash from ledger_chain where seq_id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = position });
        return await command.ExecuteScalarAsync(ct) as byte[];
    }

    /// <inheritdoc />
    public async Task<long> StreamVersion(string stream, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand("select version from mt_streams where id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream });
        return await command.ExecuteScalarAsync(ct) as long? ?? 0;
    }

    /// <inheritdoc />
    public async Task<KeptAnswer?> FindKey(string key, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand("select body_hash, last, answer from ledger_idem where key = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new(reader.GetFieldValue<byte[]>(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2)) : null;
    }

    /// <inheritdoc />
    public async Task<long> PositionBefore(DateTimeOffset time, CancellationToken ct)
    {
        // Times need not rise with positions. The last full block whose earliest event is before the time holds the answer,
        // unless the tail behind the full blocks does.
        await using var command = database.DataSource.CreateCommand("""
            with head as (select position from ledger_head),
                 tail as (select seq_id from mt_events
                          where seq_id > (select coalesce(max(block) + 1, 0) * 1024 from ledger_time) and seq_id <= (select position from head)
                            and timestamp < $1 order by seq_id desc limit 1),
                 block as (select block from ledger_time where earliest < $1 and not exists (select from tail) order by block desc limit 1)
            select coalesce(
                (select seq_id from tail),
                (select max(seq_id) from mt_events, block where seq_id > block.block * 1024 and seq_id <= (block.block + 1) * 1024 and timestamp < $1),
                0)
            """);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = time.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <inheritdoc />
    public async Task WaitForGrowth(long position, TimeSpan patience, CancellationToken ct)
    {
        var until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            var signal = grown.Task;
            if (Volatile.Read(ref this.position) > position || (await Head(ct)).Position > position)
                return;
            var left = until - Environment.TickCount64;
            if (left <= 0)
                return;
            try
            {
                await signal.WaitAsync(TimeSpan.FromMilliseconds(Math.Min(left, options.GrowthPollEvery.TotalMilliseconds)), ct);
            }
            catch (TimeoutException)
            {
                // Another process may have written: look.
            }
        }
    }

    /// <summary>Forgets idempotency keys that are older than options allow to need, at most <paramref name="limit"/> of them.</summary>
    /// <returns>How many were forgotten.</returns>
    public async Task<int> ForgetOldKeys(int limit, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand(
            "delete from ledger_idem where key in (select key from ledger_idem where at < now() - $1 limit $2)");
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.KeysKept });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Takes no more appends, brings those under way to their end, and closes.</summary>
    public ValueTask DisposeAsync() => writer.DisposeAsync();

    private void Grew(long to)
    {
        Volatile.Write(ref position, to);
        var signal = grown;
        grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        signal.TrySetResult();
    }

    private void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, options.ReadLimitMax);
    }

    private static async Task<IReadOnlyList<Recorded>> Read(NpgsqlCommand command, int limit, CancellationToken ct)
    {
        var events = new List<Recorded>(Math.Min(limit, 1024));
        await using var reader = await command.ExecuteReaderAsync(ct);
        // Most events of a read share few names.
        string stream = "", type = "";
        while (await reader.ReadAsync(ct))
        {
            stream = Same(stream, reader.GetString(2));
            type = Same(type, reader.GetString(4));
            events.Add(new Recorded(
                reader.GetInt64(0), reader.GetGuid(1), stream, reader.GetInt64(3), type,
                reader.GetFieldValue<byte[]>(5), new DateTimeOffset(reader.GetDateTime(6), TimeSpan.Zero)));
        }
        return events;
    }

    private static string Same(string before, string now) => before == now ? before : now;

    /// <summary>Nothing to read is the end of the log only if the head says so too.</summary>
    private async Task RefuseLostTail(long after, CancellationToken ct)
    {
        // One snapshot: an append between two looks is no loss.
        await using var command = database.DataSource.CreateCommand("""
            select position from ledger_head h
            where position > $1 and not exists (select from mt_events where seq_id > $1 and seq_id <= h.position)
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        if (await command.ExecuteScalarAsync(ct) is long head && Gaps.Skip(await ReadGaps(after, head + 1, ct), after + 1) is var missing && missing <= head)
            throw new LogBrokenException($"Position {missing} is missing; the head is at {head}.", missing);
    }

    private async Task<List<(long First, long Last)>> ReadGaps(long after, long before, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand("select first, last from ledger_gap where last > $1 and first < $2 order by first");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        var gaps = new List<(long First, long Last)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            gaps.Add((reader.GetInt64(0), reader.GetInt64(1)));
        return gaps;
    }

    private async Task RefuseHoles(IReadOnlyList<Recorded> events, long after, CancellationToken ct)
    {
        var gaps = await ReadGaps(after, events[^1].Position, ct);
        foreach (var e in events)
        {
            after = Gaps.Skip(gaps, after + 1);
            if (e.Position != after)
                throw new LogBrokenException($"Position {after} is missing.", after);
        }
    }

    private static async Task RefuseUnsafe(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select string_agg(name || '=' || setting, ', ') from pg_settings where name in ('fsync', 'full_page_writes') and setting <> 'on'", connection);
        if (await command.ExecuteScalarAsync(ct) is string unsafeSettings)
            throw new InvalidOperationException($"This server can lose what it acknowledged: {unsafeSettings}. Turn it on, or allow it for a throw-away database.");
    }
}
