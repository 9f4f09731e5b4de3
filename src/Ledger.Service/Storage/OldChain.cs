using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Ledger.Service.Storage;

/// <summary>The first thing wrong with the log of version 0.1.</summary>
public sealed record OldChainFault(long Position, string What);

/// <summary>
/// The hash chain of version 0.1, checked once before its books are opened: positions without holes, every column of every event as it
/// was chained, stream versions without holes, stream rows and head level with the events. Goes with <see cref="OldBooks"/>.
/// </summary>
public static class OldChain
{
    private const int bytesOfHash = 32;

    /// <summary>Marten's stream of numbers that were burnt keeps no version.</summary>
    private const string tombstones = "mt_tombstone";

    /// <summary>Both tables in key order, side by side: anything else would hold the whole log in memory or on disk first.</summary>
    private const string inOrder = "set local enable_hashjoin = off; set local enable_sort = off; set local enable_nestloop = off; set local statement_timeout = 0";

    private const string asBefore = "reset enable_hashjoin; reset enable_sort; reset enable_nestloop";

    private const string rows = """
        select e.seq_id, e.id, e.stream_id, e.version, e.data, e.bdata, e.type, e.timestamp, e.tenant_id, e.mt_dotnet_type, e.is_archived, c.hash, c.id
        from mt_events e left join ledger_chain c on c.seq_id = e.seq_id
        order by e.seq_id
        """;

    /// <summary>Reads the whole log in the connection's transaction; null when everything holds.</summary>
    public static async Task<OldChainFault?> Verify(NpgsqlConnection db, CancellationToken ct)
    {
        await Execute(db, inOrder, ct);
        var log = new Log(await Gaps(db, ct));
        await using (var command = new NpgsqlCommand(rows, db) { CommandTimeout = 0 })
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                if (log.Next(reader) is { } fault)
                    return fault;
        }
        var wrong = await CheckHead(db, log, ct) ?? await CheckCount(db, log, ct) ?? await CheckStreams(db, log, ct);
        await Execute(db, asBefore, ct);
        return wrong;
    }

    private static async Task<OldChainFault?> CheckHead(NpgsqlConnection db, Log log, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select position, chain from ledger_head", db);
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return new(0, "The head has lost its row.");
        var (head, hash) = (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
        // A gap may be the last thing.
        if (log.Position != head && log.End != head)
            return new(Math.Min(log.Position, head) + 1, $"The events end at {log.Position}; the head says {head}.");
        return log.Hash.AsSpan().SequenceEqual(hash) ? null : new(head, "The head's hash differs from the events'.");
    }

    private static async Task<OldChainFault?> CheckCount(NpgsqlConnection db, Log log, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select case when (select count(*) from ledger_chain) <> $1
                then (select min(seq_id) from ledger_chain c where not exists (select from mt_events e where e.seq_id = c.seq_id)) end
            """, db)
        { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = log.Events });
        return await command.ExecuteScalarAsync(ct) is long at ? new(at, "The chain has a link here, but there is no event.") : null;
    }

    private static async Task<OldChainFault?> CheckStreams(NpgsqlConnection db, Log log, CancellationToken ct)
    {
        OldChainFault? first = null;
        var seen = 0;
        await using var command = new NpgsqlCommand("select id, coalesce(version, 0) from mt_streams", db) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (stream, version) = (reader.GetString(0), reader.GetInt64(1));
            if (log.Streams.TryGetValue(stream, out var last)) seen++;
            if (version == last.Version || stream == tombstones) continue;
            if (first is null || last.Position < first.Position) first = new(last.Position, $"Stream {stream} says version {version}; its events end at {last.Version}.");
        }
        return first ?? (seen == log.Streams.Count ? null : new(log.Position, "Events belong to a stream that has no row."));
    }

    private static async Task<List<(long First, long Last)>> Gaps(NpgsqlConnection db, CancellationToken ct)
    {
        var gaps = new List<(long, long)>();
        await using var command = new NpgsqlCommand("select first, last from ledger_gap order by first", db);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) gaps.Add((reader.GetInt64(0), reader.GetInt64(1)));
        return gaps;
    }

    private static async Task Execute(NpgsqlConnection db, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Goes along the log in order, with what it has seen so far.</summary>
    private sealed class Log(List<(long First, long Last)> gaps)
    {
        private readonly RowHash row = new();
        private int gap;

        public long Position { get; private set; }

        public long Events { get; private set; }

        public byte[] Hash { get; private set; } = new byte[bytesOfHash];

        /// <summary>Where the log ends, a gap behind the last event included.</summary>
        public long End => AfterGaps(Position + 1) - 1;

        public Dictionary<string, (long Version, long Position)> Streams { get; } = new(StringComparer.Ordinal);

        public OldChainFault? Next(NpgsqlDataReader e)
        {
            var (position, expected) = (e.GetInt64(0), AfterGaps(Position + 1));
            if (position > expected) return new(expected, "The event is missing.");
            if (position < expected) return new(position, "An event stands where a gap was recorded.");
            byte[] next = SHA256.HashData([.. Hash, .. row.Of(e)]);
            if (e.IsDBNull(11)) return new(position, "The event has no link in the chain: it was not written by Ledger.");
            if (!next.AsSpan().SequenceEqual(e.GetFieldValue<byte[]>(11))) return new(position, "The event, or its link in the chain, was changed: the hash differs.");
            if (!e.IsDBNull(12) && e.GetGuid(12) != e.GetGuid(1)) return new(position, "The chain holds another event id.");
            if (e.IsDBNull(2)) return new(position, "The event has no stream.");
            var (stream, version) = (e.GetString(2), e.GetInt64(3));
            var before = Streams.GetValueOrDefault(stream).Version;
            if (version != before + 1 && stream != tombstones) return new(position, $"Stream {stream} goes from version {before} to {version}.");
            Streams[stream] = (version, position);
            (Hash, Position) = (next, position);
            Events++;
            return null;
        }

        private long AfterGaps(long position)
        {
            while (gap < gaps.Count && gaps[gap].Last < position) gap++;
            while (gap < gaps.Count && gaps[gap].First <= position) position = gaps[gap++].Last + 1;
            return position;
        }
    }

    /// <summary>A row is every column in order, each with its length before it, so that no two different rows spell the same bytes.</summary>
    private sealed class RowHash
    {
        private const int nothing = -1;
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private byte[] buffer = new byte[1024];

        public byte[] Of(NpgsqlDataReader e)
        {
            Number(e.GetInt64(0));
            Bytes(e.GetGuid(1).ToByteArray(bigEndian: true));
            Text(e, 2);
            Number(e.GetInt64(3));
            Bytes(WithoutSpaces(e.GetFieldValue<byte[]>(4)));
            if (e.IsDBNull(5)) Nothing();
            else Bytes(e.GetFieldValue<byte[]>(5));
            Text(e, 6);
            Number((e.GetDateTime(7).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
            Text(e, 8);
            Text(e, 9);
            if (e.IsDBNull(10)) Nothing();
            else Bytes(e.GetBoolean(10) ? "\x01"u8 : "\0"u8);
            return hash.GetHashAndReset();
        }

        /// <summary>JSON was hashed without spaces, otherwise as PostgreSQL writes jsonb: keys in its order, numbers and escapes in its spelling.</summary>
        private ReadOnlySpan<byte> WithoutSpaces(ReadOnlySpan<byte> json)
        {
            if (buffer.Length < json.Length) buffer = new byte[json.Length];
            var (length, isText) = (0, false);
            for (var i = 0; i < json.Length; i++)
            {
                var b = json[i];
                if (b == '"') isText = !isText;
                if (b == ' ' && !isText) continue;
                buffer[length++] = b;
                if (b == '\\') buffer[length++] = json[++i];
            }
            return buffer.AsSpan(0, length);
        }

        private void Text(NpgsqlDataReader e, int column)
        {
            if (e.IsDBNull(column)) Nothing();
            else Bytes(Encoding.UTF8.GetBytes(e.GetString(column)));
        }

        private void Number(long value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            Bytes(bytes);
        }

        private void Bytes(ReadOnlySpan<byte> bytes)
        {
            Length(bytes.Length);
            hash.AppendData(bytes);
        }

        private void Nothing() => Length(nothing);

        private void Length(int length)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(bytes, length);
            hash.AppendData(bytes);
        }
    }
}
