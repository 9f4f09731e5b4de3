using System.Data;
using System.Threading.Channels;
using Npgsql;

namespace Ledger.Postgres;

/// <summary>How far a verification is.</summary>
/// <param name="Position">Positions up to here are checked.</param>
/// <param name="Of">Where it ends.</param>
public sealed record VerifyProgress(long Position, long Of);

/// <summary>What a verification found.</summary>
/// <param name="Position">Position of the head.</param>
/// <param name="Chain">Chain hash of the head, 32 bytes.</param>
/// <param name="Checked">Events read and recomputed.</param>
/// <param name="Fault">The first thing wrong; null when the log is sound.</param>
public sealed record VerifyResult(long Position, ReadOnlyMemory<byte> Chain, long Checked, VerifyFault? Fault)
{
    /// <summary>Whether everything holds.</summary>
    public bool Ok => Fault is null;
}

/// <summary>The first thing wrong with a log.</summary>
/// <param name="Position">Where.</param>
/// <param name="What">What, in words.</param>
public sealed record VerifyFault(long Position, string What);

/// <summary>
/// Reads the whole log in one snapshot and recomputes it: positions dense, every column of every event as it was chained,
/// stream versions dense, stream rows and head level with the events.
/// </summary>
public static class LogVerifier
{
    private const int ChunkRows = 512;
    private const int ChunksAhead = 16;

    private const string RowsSql = """
        select e.seq_id, e.id, e.stream_id, e.version, e.data, e.bdata, e.type, e.timestamp, e.tenant_id, e.mt_dotnet_type, e.is_archived, c.hash, c.id
        from mt_events e left join ledger_chain c on c.seq_id = e.seq_id
        where e.seq_id <= $1
        order by e.seq_id
        """;

    /// <summary>Verifies; never changes anything and holds no lock that a writer would wait for.</summary>
    public static async Task<VerifyResult> Verify(LedgerDatabase database, IProgress<VerifyProgress>? progress, CancellationToken ct)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(ct);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        // Both tables in key order, side by side: anything else would hold the whole log in memory or on disk first.
        await Execute(connection, "set transaction read only; set local enable_hashjoin = off; set local enable_sort = off; set local enable_nestloop = off; set local statement_timeout = 0", ct);

        var (position, chain, writer) = await Head(connection, ct);
        var gaps = await ReadGaps(connection, ct);
        // While Marten writes, rows beyond the head are not ours yet; otherwise there must be none.
        var until = writer == "ledger" ? long.MaxValue : position;

        var walk = new Walk(gaps);
        var chunks = Channel.CreateBounded<Task<Chunk>>(new BoundedChannelOptions(ChunksAhead) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reading = Read(connection, until, chunks.Writer, stop.Token);
        VerifyFault? fault = null;
        await foreach (var hashed in chunks.Reader.ReadAllAsync(ct))
        {
            // Behind the fault everything is drained unseen: its hashing may have been stopped.
            if (fault is not null)
                continue;
            fault = walk.Through(await hashed);
            progress?.Report(new VerifyProgress(walk.Position, position));
            if (fault is not null)
                await stop.CancelAsync();
        }
        try
        {
            await reading;
        }
        catch (OperationCanceledException) when (fault is not null)
        {
            // Stopped at the fault.
            return new VerifyResult(position, chain, walk.Checked, fault);
        }
        fault ??= walk.End(position, chain)
            ?? await CheckChain(connection, walk.Checked, ct)
            ?? await CheckStreams(connection, walk, exact: writer == "ledger", ct);
        return new VerifyResult(position, chain, walk.Checked, fault);
    }

    private static async Task Read(NpgsqlConnection connection, long until, ChannelWriter<Task<Chunk>> to, CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand(RowsSql, connection) { CommandTimeout = 0 };
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = until });
            await using var reader = await command.ExecuteReaderAsync(ct);
            var chunk = new Chunk();
            string? stream = null;
            var type = "";
            while (await reader.ReadAsync(ct))
            {
                stream = Same(stream, reader.IsDBNull(2) ? null : reader.GetString(2));
                type = Same(type, reader.GetString(6))!;
                chunk.Rows[chunk.Count++] = new Row(
                    reader.GetInt64(0), reader.GetGuid(1), stream, reader.GetInt64(3), reader.GetFieldValue<byte[]>(4),
                    Bytes(reader, 5), type, (reader.GetDateTime(7).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
                    reader.IsDBNull(8) ? null : reader.GetString(8), reader.IsDBNull(9) ? null : reader.GetString(9),
                    reader.IsDBNull(10) ? null : reader.GetBoolean(10), Bytes(reader, 11), reader.IsDBNull(12) ? null : reader.GetGuid(12));
                if (chunk.Count == ChunkRows)
                {
                    await Send(chunk, to, ct);
                    chunk = new Chunk();
                }
            }
            if (chunk.Count > 0)
                await Send(chunk, to, ct);
        }
        finally
        {
            to.Complete();
        }
    }

    private static async Task Send(Chunk chunk, ChannelWriter<Task<Chunk>> to, CancellationToken ct) =>
        await to.WriteAsync(Task.Run(chunk.Hash, ct), ct);

    private static string? Same(string? before, string? now) => before == now ? before : now;

    private static byte[]? Bytes(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);

    private static async Task<(long Position, byte[] Chain, string Writer)> Head(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select position, chain, writer from ledger_head", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetString(2))
            : throw new Log.LogBrokenException("ledger_head has lost its row.", 0);
    }

    private static async Task<List<(long, long)>> ReadGaps(NpgsqlConnection connection, CancellationToken ct)
    {
        var gaps = new List<(long, long)>();
        await using var command = new NpgsqlCommand("select first, last from ledger_gap order by first", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            gaps.Add((reader.GetInt64(0), reader.GetInt64(1)));
        return gaps;
    }

    private static async Task<VerifyFault?> CheckChain(NpgsqlConnection connection, long events, CancellationToken ct)
    {
        await using (var count = new NpgsqlCommand("select count(*) from ledger_chain", connection) { CommandTimeout = 0 })
        {
            if ((long)(await count.ExecuteScalarAsync(ct))! == events)
                return null;
        }
        await using var first = new NpgsqlCommand(
            "select min(seq_id) from ledger_chain c where not exists (select from mt_events e where e.seq_id = c.seq_id)", connection)
        { CommandTimeout = 0 };
        return await first.ExecuteScalarAsync(ct) is long at ? new VerifyFault(at, "The chain has a link here, but there is no event.") : null;
    }

    private static async Task<VerifyFault?> CheckStreams(NpgsqlConnection connection, Walk walk, bool exact, CancellationToken ct)
    {
        VerifyFault? first = null;
        var seen = 0;
        await using var command = new NpgsqlCommand("select id, coalesce(version, 0) from mt_streams", connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (stream, version) = (reader.GetString(0), reader.GetInt64(1));
            var (last, at) = walk.Streams.GetValueOrDefault(stream);
            seen += walk.Streams.ContainsKey(stream) ? 1 : 0;
            // Marten's own stream of tombstones keeps no version.
            if (version == last || stream == Walk.Tombstones || (!exact && version > last))
                continue;
            if (first is null || at < first.Position)
                first = new VerifyFault(at, $"Stream {stream} says version {version}; its events end at {last}.");
        }
        if (first is null && seen != walk.Streams.Count)
            return new VerifyFault(walk.Position, "Events belong to a stream that has no row.");
        return first;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private readonly record struct Row(
        long Position, Guid Id, string? Stream, long Version, byte[] Data, byte[]? Bdata, string Type, long Micros,
        string? Tenant, string? DotnetType, bool? Archived, byte[]? Hash, Guid? ChainId);

    private sealed class Chunk
    {
        [ThreadStatic]
        private static CanonicalJson? canonical;

        public Row[] Rows { get; } = new Row[ChunkRows];
        public byte[] Hashes { get; } = new byte[ChunkRows * HashChain.Length];
        public int Count { get; set; }

        public Chunk Hash()
        {
            canonical ??= new CanonicalJson();
            for (var i = 0; i < Count; i++)
            {
                ref readonly var row = ref Rows[i];
                HashChain.Row(new EventRow
                {
                    Position = row.Position,
                    Id = row.Id,
                    Stream = row.Stream,
                    Version = row.Version,
                    Data = canonical.Write(row.Data, strict: false),
                    Bdata = row.Bdata,
                    Type = row.Type,
                    Micros = row.Micros,
                    Tenant = row.Tenant,
                    DotnetType = row.DotnetType,
                    Archived = row.Archived,
                }, Hashes.AsSpan(i * HashChain.Length, HashChain.Length));
            }
            return this;
        }
    }

    /// <summary>Goes along the log in order, with what it has seen so far.</summary>
    private sealed class Walk(List<(long First, long Last)> gaps)
    {
        public const string Tombstones = "mt_tombstone";
        private readonly byte[] chain = new byte[HashChain.Length];
        private readonly byte[] next = new byte[HashChain.Length];
        private int gap;

        public long Position { get; private set; }
        public long Checked { get; private set; }
        public Dictionary<string, (long Version, long At)> Streams { get; } = [];

        public VerifyFault? Through(Chunk chunk)
        {
            for (var i = 0; i < chunk.Count; i++)
            {
                ref readonly var row = ref chunk.Rows[i];
                var expected = SkipGaps(Position + 1);
                if (row.Position != expected)
                {
                    return row.Position > expected
                        ? new VerifyFault(expected, "The event is missing.")
                        : new VerifyFault(row.Position, "An event stands where a gap was recorded.");
                }
                HashChain.Next(chain, chunk.Hashes.AsSpan(i * HashChain.Length, HashChain.Length), next);
                if (row.Hash is null)
                    return new VerifyFault(expected, "The event has no link in the chain: it was not written by Ledger.");
                if (!next.AsSpan().SequenceEqual(row.Hash))
                    return new VerifyFault(expected, "The event, or its link in the chain, was changed: the hash differs.");
                if (row.ChainId is { } id && id != row.Id)
                    return new VerifyFault(expected, "The chain holds another event id.");
                if (row.Stream is null)
                    return new VerifyFault(expected, "The event has no stream.");
                var (last, _) = Streams.GetValueOrDefault(row.Stream);
                if (row.Version != last + 1 && row.Stream != Tombstones)
                    return new VerifyFault(expected, $"Stream {row.Stream} goes from version {last} to {row.Version}.");
                Streams[row.Stream] = (row.Version, row.Position);
                next.CopyTo(chain, 0);
                Position = expected;
                Checked++;
            }
            return null;
        }

        public VerifyFault? End(long head, byte[] headChain)
        {
            // A gap may be the last thing.
            var end = SkipGaps(Position + 1) - 1;
            if (end != head && Position != head)
                return new VerifyFault(Math.Min(Position, head) + 1, head > Position ? $"The events end at {Position}; the head says {head}." : $"The head says {head}; there are events up to {Position}.");
            return chain.AsSpan().SequenceEqual(headChain) ? null : new VerifyFault(head, "The head's chain hash differs from the events'.");
        }

        private long SkipGaps(long position)
        {
            while (gap < gaps.Count && gaps[gap].Last < position)
                gap++;
            while (gap < gaps.Count && gaps[gap].First <= position)
                position = gaps[gap++].Last + 1;
            return position;
        }
    }
}
