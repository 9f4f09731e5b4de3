using System.Diagnostics;
using System.Globalization;
using System.Text;
using Ledger.Postgres;
using Ledger.Testing;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Benchmarks;

/// <summary>Appends beside what PostgreSQL itself can do with the same rows in the same tables.</summary>
internal static class AppendsBenchmark
{
    private const int Callers = 64;
    private const int Batch = 1000;
    private const int Pairs = 7;

    /// <summary>An event of 257 bytes, as Marten's figures were measured with.</summary>
    private static readonly byte[] Data = Encoding.UTF8.GetBytes(
        """{"at":"2026-03-01T12:00:00Z","key":"xai-1","unit":"tokens","model":"grok-4","total":"1.2345678901","replaces":"1.2345678900","note":""" + "\"");

    internal static async Task<BenchResult[]> Run(Action<string> say)
    {
        var singles = new List<(double, double)>();
        var batches = new List<(double, double)>();
        for (var pair = 0; pair <= Pairs; pair++)
        {
            // The first pair warms up both sides. Each side has a fresh database, and the order changes.
            var single = pair % 2 == 0
                ? (Ours: await Fresh(Singles), Limit: await Fresh(SinglesLimit))
                : Swap(await Fresh(SinglesLimit), await Fresh(Singles));
            var batch = pair % 2 == 0
                ? (Ours: await Fresh(Batches), Limit: await Fresh(BatchesLimit))
                : Swap(await Fresh(BatchesLimit), await Fresh(Batches));
            if (pair == 0)
                continue;
            singles.Add(single);
            batches.Add(batch);
            say(string.Create(CultureInfo.InvariantCulture, $"pair {pair}: single {single.Ours:N0} / {single.Limit:N0} = {single.Ours / single.Limit:0.00}, batch {batch.Ours:N0} / {batch.Limit:N0} = {batch.Ours / batch.Limit:0.00}"));
        }
        return
        [
            BenchResult.Of("single events, 64 callers, own streams", "events/s", singles, 0.70, 24_400),
            BenchResult.Of("batches of 1000, one stream each", "events/s", batches, 0.75),
            .. await Fresh(Reading),
        ];
    }

    private const int ReadRows = 200_000;

    /// <summary>Reading beside a bare select of the same columns, and verification beside a bare select of all of them.</summary>
    private static async Task<BenchResult[]> Reading(TestDatabase database)
    {
        await using var log = await database.OpenLog();
        for (var b = 0; b < ReadRows / Batch; b++)
        {
            await log.Append(new AppendRequest
            {
                Streams = [new StreamAppend($"stream-{b}", 0, [.. Enumerable.Range(0, Batch).Select(i =>
                    new NewEvent(Id((long)b * Batch + i), "usage-snapshot-taken.v1", Json(i), DateTimeOffset.UtcNow))])],
            }, CancellationToken.None);
        }
        await database.Execute("vacuum analyze");
        var reads = new List<(double, double)>();
        var verifies = new List<(double, double)>();
        for (var pair = 0; pair <= 5; pair++)
        {
            var bare = await Rate(() => Select(database, "select seq_id, id, stream_id, version, type, data, timestamp from mt_events order by seq_id", dataColumn: 5));
            var read = await Rate(async () =>
            {
                for (long after = 0; await log.ReadAll(after, 5000, CancellationToken.None) is { Count: > 0 } page; after = page[^1].Position)
                {
                    // Only read.
                }
            });
            var all = await Rate(() => Select(database, "select * from mt_events order by seq_id", dataColumn: 4));
            var verify = await Rate(async () =>
            {
                if (!(await LogVerifier.Verify(database.Database, null, CancellationToken.None)).Ok)
                    throw new InvalidOperationException("The log does not verify.");
            });
            if (pair == 0)
                continue;
            reads.Add((read, bare));
            verifies.Add((verify, all));
        }
        return
        [
            BenchResult.Of("read all, 5000 a page", "events/s", reads, 0, 200_000),
            BenchResult.Of("verify every column", "events/s", verifies, 0, 150_000),
        ];
    }

    private static async Task<double> Rate(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        return ReadRows / watch.Elapsed.TotalSeconds;
    }

    private static async Task Select(TestDatabase database, string sql, int dataColumn)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            for (var i = 0; i < reader.FieldCount; i++)
            {
                if (i == dataColumn)
                    _ = reader.GetFieldValue<byte[]>(i);
                else
                    _ = reader.GetValue(i);
            }
        }
    }

    private static (double Ours, double Limit) Swap(double limit, double ours) => (ours, limit);

    private static async Task<T> Fresh<T>(Func<TestDatabase, Task<T>> measure)
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("checkpoint");
        GC.Collect();
        return await measure(database);
    }

    private static byte[] Json(long i)
    {
        var tail = i.ToString("D10", CultureInfo.InvariantCulture);
        var json = new byte[257];
        Data.CopyTo(json, 0);
        json.AsSpan(Data.Length).Fill((byte)'x');
        Encoding.ASCII.GetBytes(tail).CopyTo(json, Data.Length);
        json[^2] = (byte)'"';
        json[^1] = (byte)'}';
        return json;
    }

    private static Guid Id(long i) => Ids.DerivedFrom(i.ToString(CultureInfo.InvariantCulture), "bench");

    private static async Task<double> Singles(TestDatabase database)
    {
        const int each = 600;
        var at = DateTimeOffset.UtcNow;
        await using var log = await database.OpenLog();
        var requests = Enumerable.Range(0, Callers).Select(c => Enumerable.Range(0, each + 20).Select(i => new AppendRequest
        {
            Streams = [new StreamAppend($"stream-{c}", i, [new NewEvent(Id((long)c * 10_000 + i), "usage-snapshot-taken.v1", Json(i), at)])],
        }).ToArray()).ToArray();

        async Task Call(AppendRequest[] mine, int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                if (await log.Append(mine[i], CancellationToken.None) is not AppendResult.Written)
                    throw new InvalidOperationException("An append was not written.");
            }
        }

        await Task.WhenAll(requests.Select(r => Task.Run(() => Call(r, 0, 20))));
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(requests.Select(r => Task.Run(() => Call(r, 20, each + 20))));
        return Callers * each / watch.Elapsed.TotalSeconds;
    }

    /// <summary>One connection, prepared, one round trip for each 64 rows: the same rows in the same tables, nothing asked.</summary>
    private static async Task<double> SinglesLimit(TestDatabase database)
    {
        const int rounds = 600;
        await using var connection = await database.Database.Writers.OpenConnectionAsync();
        var at = DateTime.UtcNow;
        var names = Enumerable.Range(0, Callers).Select(c => $"stream-{c}").ToArray();
        var ids = Enumerable.Range(0, (rounds + 20) * Callers).Select(i => Id(i)).ToArray();
        var jsons = Enumerable.Range(0, rounds + 20).Select(i => Json(i)).ToArray();
        var hash = new byte[32];
        await using var batch = new NpgsqlBatch(connection);

        NpgsqlParameter<T> P<T>(T value, NpgsqlDbType type) => new() { TypedValue = value, NpgsqlDbType = type };
        NpgsqlParameter<T[]> A<T>(NpgsqlDbType type) => P(Array.Empty<T>(), NpgsqlDbType.Array | type);
        var (position, chain) = (P(0L, NpgsqlDbType.Bigint), P(hash, NpgsqlDbType.Bytea));
        var (streamNames, streamVersions, streamTimes) = (A<string>(NpgsqlDbType.Varchar), A<long>(NpgsqlDbType.Bigint), A<DateTime>(NpgsqlDbType.TimestampTz));
        var before = P(0L, NpgsqlDbType.Bigint);
        var (seqs, eventIds, streams, versions) = (A<long>(NpgsqlDbType.Bigint), A<Guid>(NpgsqlDbType.Uuid), A<string>(NpgsqlDbType.Varchar), A<long>(NpgsqlDbType.Bigint));
        var (datas, types, times) = (A<byte[]>(NpgsqlDbType.Jsonb), A<string>(NpgsqlDbType.Varchar), A<DateTime>(NpgsqlDbType.TimestampTz));
        var (chainSeqs, chainIds, hashes) = (A<long>(NpgsqlDbType.Bigint), A<Guid>(NpgsqlDbType.Uuid), A<byte[]>(NpgsqlDbType.Bytea));
        void Add(string sql, params NpgsqlParameter[] parameters)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var parameter in parameters)
                command.Parameters.Add(parameter);
            batch.BatchCommands.Add(command);
        }
        Add("begin");
        Add("update ledger_head set position = $1, chain = $2 where one", position, chain);
        Add(WriterConnection.WriteStreams, streamNames, streamVersions, streamTimes);
        Add(WriterConnection.MoveSequence, before);
        Add(WriterConnection.WriteEvents, seqs, eventIds, streams, versions, datas, types, times);
        Add(WriterConnection.WriteChain, chainSeqs, chainIds, hashes);
        Add("commit");
        await batch.PrepareAsync();

        async Task Round(int round)
        {
            var first = (long)round * Callers;
            position.TypedValue = first + Callers;
            before.TypedValue = first;
            streamNames.TypedValue = streams.TypedValue = names;
            streamVersions.TypedValue = versions.TypedValue = [.. Enumerable.Repeat(round + 1L, Callers)];
            streamTimes.TypedValue = times.TypedValue = [.. Enumerable.Repeat(at, Callers)];
            seqs.TypedValue = chainSeqs.TypedValue = [.. Enumerable.Range(1, Callers).Select(i => first + i)];
            eventIds.TypedValue = chainIds.TypedValue = ids[(round * Callers)..((round + 1) * Callers)];
            datas.TypedValue = [.. Enumerable.Repeat(jsons[round], Callers)];
            types.TypedValue = [.. Enumerable.Repeat("usage-snapshot-taken.v1", Callers)];
            hashes.TypedValue = [.. Enumerable.Repeat(hash, Callers)];
            await batch.ExecuteNonQueryAsync();
        }

        for (var i = 0; i < 20; i++)
            await Round(i);
        var watch = Stopwatch.StartNew();
        for (var i = 20; i < rounds + 20; i++)
            await Round(i);
        return Callers * rounds / watch.Elapsed.TotalSeconds;
    }

    private const int BatchCount = 40;

    private static async Task<double> Batches(TestDatabase database)
    {
        var at = DateTimeOffset.UtcNow;
        await using var log = await database.OpenLog();
        var requests = Enumerable.Range(0, BatchCount + 5).Select(b => new AppendRequest
        {
            Streams = [new StreamAppend($"stream-{b}", 0, [.. Enumerable.Range(0, Batch).Select(i =>
                new NewEvent(Id((long)b * Batch + i), "usage-snapshot-taken.v1", Json(i), at))])],
        }).ToArray();
        async Task Append(int i)
        {
            if (await log.Append(requests[i], CancellationToken.None) is not AppendResult.Written)
                throw new InvalidOperationException("An append was not written.");
        }
        for (var i = 0; i < 5; i++)
            await Append(i);
        var watch = Stopwatch.StartNew();
        // Two callers, as a backfill would: while one batch commits, the next is checked and put into canonical form.
        await Task.WhenAll(Enumerable.Range(0, 2).Select(c => Task.Run(async () =>
        {
            for (var i = 5 + c; i < BatchCount + 5; i += 2)
                await Append(i);
        })));
        return BatchCount * Batch / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Binary COPY of the same rows into every table that an append writes, one commit for each 1000.</summary>
    private static async Task<double> BatchesLimit(TestDatabase database)
    {
        await using var connection = await database.Database.Writers.OpenConnectionAsync();
        await using (var unguard = new NpgsqlCommand("set ledger.unguarded = 'on'", connection))
            await unguard.ExecuteNonQueryAsync();
        var at = DateTime.UtcNow;
        var hash = new byte[32];
        var ids = Enumerable.Range(0, (BatchCount + 5) * Batch).Select(i => Id(i)).ToArray();
        var jsons = Enumerable.Range(0, Batch).Select(i => Json(i)).ToArray();

        async Task Round(int round)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            var stream = $"stream-{round}";
            await using (var streams = await connection.BeginBinaryImportAsync("copy mt_streams (id, version, timestamp, created) from stdin (format binary)"))
            {
                await streams.StartRowAsync();
                await streams.WriteAsync(stream, NpgsqlDbType.Varchar);
                await streams.WriteAsync((long)Batch, NpgsqlDbType.Bigint);
                await streams.WriteAsync(at, NpgsqlDbType.TimestampTz);
                await streams.WriteAsync(at, NpgsqlDbType.TimestampTz);
                await streams.CompleteAsync();
            }
            await using (var events = await connection.BeginBinaryImportAsync("copy mt_events (seq_id, id, stream_id, version, data, type, timestamp) from stdin (format binary)"))
            {
                for (var i = 0; i < Batch; i++)
                {
                    await events.StartRowAsync();
                    await events.WriteAsync((long)round * Batch + i + 1, NpgsqlDbType.Bigint);
                    await events.WriteAsync(ids[round * Batch + i], NpgsqlDbType.Uuid);
                    await events.WriteAsync(stream, NpgsqlDbType.Varchar);
                    await events.WriteAsync(i + 1L, NpgsqlDbType.Bigint);
                    await events.WriteAsync(jsons[i], NpgsqlDbType.Jsonb);
                    await events.WriteAsync("usage-snapshot-taken.v1", NpgsqlDbType.Varchar);
                    await events.WriteAsync(at, NpgsqlDbType.TimestampTz);
                }
                await events.CompleteAsync();
            }
            await using (var chain = await connection.BeginBinaryImportAsync("copy ledger_chain (seq_id, id, hash) from stdin (format binary)"))
            {
                for (var i = 0; i < Batch; i++)
                {
                    await chain.StartRowAsync();
                    await chain.WriteAsync((long)round * Batch + i + 1, NpgsqlDbType.Bigint);
                    await chain.WriteAsync(ids[round * Batch + i], NpgsqlDbType.Uuid);
                    await chain.WriteAsync(hash, NpgsqlDbType.Bytea);
                }
                await chain.CompleteAsync();
            }
            await transaction.CommitAsync();
        }

        for (var i = 0; i < 5; i++)
            await Round(i);
        var watch = Stopwatch.StartNew();
        for (var i = 5; i < BatchCount + 5; i++)
            await Round(i);
        return BatchCount * Batch / watch.Elapsed.TotalSeconds;
    }
}
