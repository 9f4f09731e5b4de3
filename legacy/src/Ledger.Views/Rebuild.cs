using System.Diagnostics;
using System.Security.Cryptography;
using Ledger.Views.Spend;
using Npgsql;

namespace Ledger.Views;

/// <summary>What a rebuild found.</summary>
/// <param name="Position">The position at which both fillings were compared.</param>
/// <param name="Rows">Rows computed from the log.</param>
/// <param name="Equal">Whether the live tables held the same, byte for byte.</param>
/// <param name="FirstDifference">The first table and row that differ, in words; null when equal.</param>
/// <param name="Swapped">Whether the new filling is live now.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record RebuildResult(long Position, long Rows, bool Equal, string? FirstDifference, bool Swapped, TimeSpan Elapsed);

/// <summary>Another rebuild or verify is running; it can be asked for again when that is done.</summary>
public sealed class RebuildBusyException() : Exception("Another rebuild or verify is running; try again when it is done.");

public sealed partial class Books
{
    private const string Shadow = "views_next";
    private const string Before = "views_before";

    private static readonly (string Table, string Columns, string Where, string Order)[] comparedTables =
    [
        ("line", "*", "true", "id"),
        ("fact", "*", "true", "line_id, position"),
        ("allocation", "*", "true", "position, line_id, mission, agent, method"),
        ("claim", "*", "true", "position, line_id, mission"),
        // A sum that came back to nothing leaves a row or not, depending on where batches were cut.
        ("spend_day", "*", "billed <> 0 or restated <> 0", "day, account, key, model, unit, agent, mission, method"),
        ("party_day", "*", "billed <> 0", "day, account, agent, mission"),
        ("mission_bounds", "*", "low <> 0 or high <> 0", "mission"),
        ("scope_spend", "*", "billed <> 0", "kind, value, start, account"),
        ("balance", "*", "true", "account, position"),
        ("alert", "*", "true", "position"),
        ("directory", "*", "true", "kind, id"),
    ];

    /// <summary>
    /// Computes all tables anew from position 0 into shadow tables, compares them with the live ones at the same position, and, when
    /// asked to, swaps them in. The live tables are followed on until the comparison, which holds the follower up.
    /// </summary>
    /// <exception cref="RebuildBusyException">Another rebuild or verify is running.</exception>
    public async Task<RebuildResult> Rebuild(bool swap, IProgress<(long Done, long Of)>? progress, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        await using var guard = await db.OpenConnectionAsync(ct);
        await using (var take = new NpgsqlCommand("select pg_try_advisory_lock(71710002)", guard))
            if (!(bool)(await take.ExecuteScalarAsync(ct))!)
                throw new RebuildBusyException();
        try
        {
            await using var shadow = await db.OpenConnectionAsync(ct);
            await Execute(shadow, $"drop schema if exists {Shadow} cascade; drop schema if exists {Before} cascade", ct);
            await CreateTables(shadow, Shadow, ct);
            var rebuilt = new SpendWriter(Shadow, indexed: false);
            await rebuilt.Load(shadow, ct);
            var head = (await log.Head(ct)).Position;
            var at = await Fill(rebuilt, shadow, 0, Math.Min(head, Math.Max(Position, 1)), head, progress, ct);

            await using var live = await db.OpenConnectionAsync(ct);
            await using var transaction = await live.BeginTransactionAsync(ct);
            // Followers wait for the table, readers don't: one that waited for the row would hold the table it is to be swapped for.
            await Execute(live, $"lock table {Schema}.checkpoint in exclusive mode", ct);
            var checkpoint = await Checkpoint.Lock(live, Schema, ct);
            head = (await log.Head(ct)).Position;
            at = await Fill(rebuilt, shadow, at, Math.Min(head, checkpoint.Position), head, progress, ct);
            var difference = checkpoint.Position > head
                ? $"the live tables have seen position {checkpoint.Position}, the log ends at {head}"
                : await FirstDifference(live, ct);
            if (swap)
            {
                await Execute(live, $"alter schema {Schema} rename to {Before}; alter schema {Shadow} rename to {Schema}", ct);
                await transaction.CommitAsync(ct);
                await Revive(ct);
                await DropBefore(shadow, ct);
            }
            else
            {
                await transaction.RollbackAsync(ct);
                await Execute(shadow, $"drop schema if exists {Shadow} cascade", ct);
            }
            return new(at, rebuilt.RowsWritten, difference is null, difference, swap, watch.Elapsed);
        }
        finally
        {
            await Execute(guard, "select pg_advisory_unlock(71710002)", CancellationToken.None);
        }
    }

    /// <summary>Fills the shadow tables up to the head and leaves them: what a rebuild costs, without the comparison.</summary>
    internal async Task<long> Fill(CancellationToken ct)
    {
        await using var shadow = await db.OpenConnectionAsync(ct);
        await Execute(shadow, $"drop schema if exists {Shadow} cascade", ct);
        await CreateTables(shadow, Shadow, ct);
        var rebuilt = new SpendWriter(Shadow, indexed: false);
        await rebuilt.Load(shadow, ct);
        var head = (await log.Head(ct)).Position;
        await Fill(rebuilt, shadow, 0, head, head, null, ct);
        return rebuilt.RowsWritten;
    }

    /// <summary>The code that runs live, in one transaction: nobody sees the shadow before it is done.</summary>
    private async Task<long> Fill(SpendWriter into, NpgsqlConnection connection, long after, long last, long of, IProgress<(long, long)>? progress, CancellationToken ct)
    {
        if (after >= last)
        {
            await into.Index(connection, ct);
            return after;
        }
        var feed = new Feed(log);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Checkpoint.LookUpByKey(connection, ct);
        Recorded? end = null;
        while (after < last)
        {
            var batch = await feed.Next(after, last, ct);
            if (batch.Count == 0) throw new LogBrokenException($"The log lacks position {after + 1}.", after + 1);
            await into.Apply(batch, connection, ct);
            end = batch[^1].Recorded;
            after = end.Position;
            progress?.Report((after, of));
        }
        await into.Complete();
        await into.Index(connection, ct);
        await MoveTo(Shadow, end!, connection, ct);
        await transaction.CommitAsync(ct);
        return after;
    }

    /// <summary>Queries that began before the swap may still read the tables; what can't be dropped now is dropped by the next rebuild.</summary>
    private static async Task DropBefore(NpgsqlConnection connection, CancellationToken ct)
    {
        try
        {
            await Execute(connection, $"set lock_timeout = '10s'; drop schema {Before} cascade", ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            // Nobody is sent there any more.
        }
        finally
        {
            await Execute(connection, "reset lock_timeout", CancellationToken.None);
        }
    }

    private static async Task<string?> FirstDifference(NpgsqlConnection connection, CancellationToken ct)
    {
        foreach (var (table, columns, where, order) in comparedTables)
        {
            var live = await Hash(connection, $"select {columns} from {Schema}.{table} where {where} order by {order}", ct);
            var rebuilt = await Hash(connection, $"select {columns} from {Shadow}.{table} where {where} order by {order}", ct);
            if (live.AsSpan().SequenceEqual(rebuilt)) continue;
            await using var find = new NpgsqlCommand($"""
                with a as (select * from {Schema}.{table} where {where}), b as (select * from {Shadow}.{table} where {where}),
                     d as (select 'live has' as what, x.* from (select * from a except all select * from b) x
                           union all select 'the log gives', y.* from (select * from b except all select * from a) y)
                select what || ' ' || to_jsonb(d)::text from d order by {order}, what desc limit 1
                """, connection);
            return $"{table}: {await find.ExecuteScalarAsync(ct) as string ?? "same rows in another order"}";
        }
        return null;
    }

    /// <summary>SHA-256 over the rows as PostgreSQL sends them, in the order of their key.</summary>
    private static async Task<byte[]> Hash(NpgsqlConnection connection, string query, CancellationToken ct)
    {
        await using var rows = await connection.BeginRawBinaryCopyAsync($"copy ({query}) to stdout (format binary)", ct);
        return await SHA256.HashDataAsync(rows, ct);
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }
}
