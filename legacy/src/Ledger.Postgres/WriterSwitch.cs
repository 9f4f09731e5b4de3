using Npgsql;
using NpgsqlTypes;

namespace Ledger.Postgres;

/// <summary>What was taken over from Marten.</summary>
/// <param name="Events">Events that Marten had appended.</param>
/// <param name="Gaps">Positions that its sequence burnt.</param>
/// <param name="Head">The head afterwards.</param>
public sealed record Adopted(long Events, long Gaps, LogHead Head);

/// <summary>
/// Declares who writes the log. One engine writes at a time: the guard on mt_events refuses the other. Switching waits for the
/// transactions of the writer that is to stop.
/// </summary>
public static class WriterSwitch
{
    private const int Page = 2000;

    /// <summary>From now on Marten writes. Its sequence is brought level with the head first, so it neither collides nor stalls.</summary>
    public static async Task<long> ToMarten(LedgerDatabase database, CancellationToken ct)
    {
        await using var connection = await database.Writers.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var (head, writer) = await TakeHead(connection, ct);
        if (writer == "ledger")
            await Declare(connection, "marten", head.Position, head.Chain, ct);
        await transaction.CommitAsync(ct);
        return head.Position;
    }

    /// <summary>
    /// From now on Ledger writes. What Marten appended is adopted: chained over its stored values, with its gaps recorded. Until
    /// then nobody reads it through the log.
    /// </summary>
    public static async Task<Adopted> ToLedger(LedgerDatabase database, CancellationToken ct)
    {
        await using var connection = await database.Writers.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var (head, writer) = await TakeHead(connection, ct);
        if (writer == "ledger")
            return new Adopted(0, 0, head);

        var position = head.Position;
        var chain = head.Chain.ToArray();
        long events = 0, gaps = 0;
        while (await ReadPage(connection, position, ct) is { Count: > 0 } page)
        {
            var hashes = new List<byte[]>(page.Count);
            foreach (var row in page)
            {
                if (row.Position > position + 1)
                    gaps += await Excuse(connection, position + 1, row.Position - 1, ct);
                chain = row.Link(chain);
                hashes.Add(chain);
                position = row.Position;
            }
            events += page.Count;
            await WriteChain(connection, page, hashes, ct);
        }
        // Where its daemon has passed by, nothing of ours may appear: its projections would never see it.
        var passed = await Passed(connection, ct);
        if (passed > position)
        {
            gaps += await Excuse(connection, position + 1, passed, ct);
            position = passed;
        }
        await WriteTimes(connection, head.Position, position, ct);
        await Declare(connection, "ledger", position, chain, ct);
        await transaction.CommitAsync(ct);
        return new Adopted(events, gaps, new LogHead(position, chain));
    }

    /// <summary>Who is declared to write: <c>ledger</c> or <c>marten</c>.</summary>
    public static async Task<string> Declared(LedgerDatabase database, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand("select writer from ledger_head");
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task<(LogHead Head, string Writer)> TakeHead(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select position, chain, writer, set_config('synchronous_commit', 'on', true) from ledger_head where one for update", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? (new LogHead(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)), reader.GetString(2))
            : throw new LogBrokenException("ledger_head has lost its row.", 0);
    }

    private static async Task Declare(NpgsqlConnection connection, string writer, long position, ReadOnlyMemory<byte> chain, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("update ledger_head set position = $1, chain = $2, writer = $3 where one")
                {
                    Parameters = { Bigint(position), new NpgsqlParameter<byte[]> { TypedValue = chain.ToArray() }, Text(writer) },
                },
                new("insert into ledger_engine (writer, position) values ($1, $2)") { Parameters = { Text(writer), Bigint(position) } },
                // Exactly level, both ways: nobody else draws from it while the head is held.
                new("select setval('mt_events_sequence', greatest($1, 1), $1 > 0)") { Parameters = { Bigint(position) } },
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
    }

    private static async Task<List<AdoptedRow>> ReadPage(NpgsqlConnection connection, long after, CancellationToken ct)
    {
        var rows = new List<AdoptedRow>();
        await using var command = new NpgsqlCommand($"""
            select seq_id, id, stream_id, version, data, bdata, type, timestamp, tenant_id, mt_dotnet_type, is_archived,
                   exists (select from ledger_chain c where c.id = e.id)
            from mt_events e where seq_id > $1 order by seq_id limit {Page}
            """, connection);
        command.Parameters.Add(Bigint(after));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(AdoptedRow.From(reader));
        return rows;
    }

    private static async Task WriteChain(NpgsqlConnection connection, List<AdoptedRow> rows, List<byte[]> hashes, CancellationToken ct)
    {
        // Marten does not insist on unique event ids; the first one to have an id keeps it.
        var seen = new HashSet<Guid>();
        await using var chain = await connection.BeginBinaryImportAsync("copy ledger_chain (seq_id, id, hash) from stdin (format binary)", ct);
        for (var i = 0; i < rows.Count; i++)
        {
            await chain.StartRowAsync(ct);
            await chain.WriteAsync(rows[i].Position, NpgsqlDbType.Bigint, ct);
            if (!rows[i].IdKnown && seen.Add(rows[i].Id))
                await chain.WriteAsync(rows[i].Id, NpgsqlDbType.Uuid, ct);
            else
                await chain.WriteNullAsync(ct);
            await chain.WriteAsync(hashes[i], NpgsqlDbType.Bytea, ct);
        }
        await chain.CompleteAsync(ct);
    }

    private static async Task<long> Excuse(NpgsqlConnection connection, long first, long last, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            insert into ledger_gap (first, last, reason)
            select $1, $2, case when exists (select from mt_high_water_skips where starting_sequence <= $2 and ending_sequence >= $1)
                then 'skipped by the Marten daemon' else 'burnt while Marten wrote' end
            """, connection);
        command.Parameters.Add(Bigint(first));
        command.Parameters.Add(Bigint(last));
        await command.ExecuteNonQueryAsync(ct);
        return last - first + 1;
    }

    private static async Task<long> Passed(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select greatest(
                (select max(last_seq_id) from mt_event_progression where name = 'HighWaterMark'),
                (select max(ending_sequence) from mt_high_water_skips), 0)
            """, connection);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task WriteTimes(NpgsqlConnection connection, long before, long now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(WriterConnection.WriteTimes, connection) { CommandTimeout = 0 };
        command.Parameters.Add(Bigint(before / WriterConnection.TimeBlock * WriterConnection.TimeBlock));
        command.Parameters.Add(Bigint(now / WriterConnection.TimeBlock * WriterConnection.TimeBlock));
        await command.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlParameter<long> Bigint(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private sealed record AdoptedRow(
        long Position, Guid Id, string? Stream, long Version, byte[] Data, byte[]? Bdata, string Type, long Micros,
        string? Tenant, string? DotnetType, bool? Archived, bool IdKnown)
    {
        public static AdoptedRow From(NpgsqlDataReader row) => new(
            row.GetInt64(0), row.GetGuid(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetInt64(3), row.GetFieldValue<byte[]>(4),
            row.IsDBNull(5) ? null : row.GetFieldValue<byte[]>(5), row.GetString(6),
            (row.GetDateTime(7).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
            row.IsDBNull(8) ? null : row.GetString(8), row.IsDBNull(9) ? null : row.GetString(9), row.IsDBNull(10) ? null : row.GetBoolean(10),
            row.GetBoolean(11));

        public byte[] Link(byte[] previous)
        {
            Span<byte> row = stackalloc byte[HashChain.Length];
            HashChain.Row(new EventRow
            {
                Position = Position,
                Id = Id,
                Stream = Stream,
                Version = Version,
                Data = new CanonicalJson().Write(Data, strict: false),
                Bdata = Bdata,
                Type = Type,
                Micros = Micros,
                Tenant = Tenant,
                DotnetType = DotnetType,
                Archived = Archived,
            }, row);
            var next = new byte[HashChain.Length];
            HashChain.Next(previous, row, next);
            return next;
        }
    }
}
