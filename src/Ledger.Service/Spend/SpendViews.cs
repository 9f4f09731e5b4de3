using System.Data;
using Marten;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>Opens the money views for reading, once they are far enough.</summary>
public sealed class SpendViews(IDocumentStore store, TimeProvider clock)
{
    private static readonly TimeSpan firstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan longestPause = TimeSpan.FromMilliseconds(50);

    private readonly AccountSpend accountSpend = new();

    /// <summary>How long a read waits for the events it should know.</summary>
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(1);

    /// <summary>Opens a snapshot: every answer stands at the same position. Dispose it soon; it holds a connection.</summary>
    public async Task<SpendView> Open(CancellationToken ct)
    {
        var connection = store.Storage.Database.CreateConnection();
        NpgsqlTransaction? transaction = null;
        try
        {
            await connection.OpenAsync(ct);
            transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
            // The lock comes before the snapshot: no rebuild swaps the tables between the snapshot and the last question.
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new($"lock table {SpendTables.Live}.mark in access share mode"),
                    // Compiling a plan takes longer than these questions do.
                    new("set local jit = off"),
                    new($"""
                        select p.position, (select zone from {SpendTables.Live}.mark), (select timestamp from mt_events where seq_id <= p.position order by seq_id desc limit 1)
                        from (select coalesce((select last_seq_id from mt_event_progression where name = '{SpendProjection.Progress}'), 0) as position) p
                        """),
                },
            };
            await using var reader = await batch.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            var at = new AsOf(reader.GetInt64(0), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2));
            return new(store, connection, transaction, at, new(reader.IsDBNull(1) ? "UTC" : reader.GetString(1)), accountSpend);
        }
        catch
        {
            if (transaction is not null) await transaction.DisposeAsync();
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>How far the views are.</summary>
    public async Task<long> Position(CancellationToken ct)
    {
        await using var connection = store.Storage.Database.CreateConnection();
        await connection.OpenAsync(ct);
        return await Position(connection, ct);
    }

    /// <summary>Waits until the views hold a position, whichever node fills them. False: they did not in time.</summary>
    public async Task<bool> WaitFor(long wanted, TimeSpan patience, CancellationToken ct)
    {
        await using var connection = store.Storage.Database.CreateConnection();
        await connection.OpenAsync(ct);
        var began = clock.GetTimestamp();
        for (var pause = firstPause; await Position(connection, ct) < wanted; pause = pause < longestPause ? pause * 2 : longestPause)
        {
            if (clock.GetElapsedTime(began) >= patience) return false;
            await Task.Delay(pause, clock, ct);
        }
        return true;
    }

    /// <summary>Waits a second at most until the views hold all that these streams hold now. False: they don't yet.</summary>
    public Task<bool> WaitForStreams(IReadOnlyCollection<string> streams, CancellationToken ct) => WaitForStreams(streams, 0, ct);

    /// <summary>Waits a second at most until the views hold a position and all that these streams hold now. False: they don't yet.</summary>
    public async Task<bool> WaitForStreams(IReadOnlyCollection<string> streams, long position, CancellationToken ct)
    {
        if (streams.Count == 0) return await WaitFor(position, patience, ct);
        long last;
        await using (var connection = store.Storage.Database.CreateConnection())
        {
            await connection.OpenAsync(ct);
            await using var command = new NpgsqlCommand("""
                select coalesce(max(e.seq_id), 0) from unnest($1) s (id)
                cross join lateral (select seq_id from mt_events where stream_id = s.id order by version desc limit 1) e
                """, connection);
            command.Parameters.Add(new() { Value = streams.ToArray() });
            last = (long)(await command.ExecuteScalarAsync(ct))!;
        }
        return await WaitFor(Math.Max(last, position), patience, ct);
    }

    private static async Task<long> Position(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select coalesce((select last_seq_id from mt_event_progression where name = '{SpendProjection.Progress}'), 0)", connection);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }
}
