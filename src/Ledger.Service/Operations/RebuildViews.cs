using System.Data;
using System.Diagnostics;
using System.Security.Cryptography;
using Ledger.Service.Spend;
using Marten;
using Npgsql;
using Weasel.Postgresql;

namespace Ledger.Service.Operations;

/// <summary>What a rebuild found.</summary>
/// <param name="Position">The position at which both fillings were compared.</param>
/// <param name="Rows">Rows computed from the log.</param>
/// <param name="Equal">Whether the live tables held the same.</param>
/// <param name="FirstDifference">The first table and row that differ, in words; null when equal.</param>
/// <param name="Swapped">Whether the new filling is live now.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record RebuildResult(long Position, long Rows, bool Equal, string? FirstDifference, bool Swapped, TimeSpan Elapsed);

/// <summary>Another rebuild or verify is running; it can be asked for again when that is done.</summary>
public sealed class RebuildBusyException(string why = "Another rebuild or verify is running; try again when it is done.") : Exception(why);

/// <summary>
/// Computes the money views anew from the first event on, beside the live ones, compares both at the same position, and swaps them in when
/// asked to. Readers wait for a moment at most, and never see half of it.
/// </summary>
public sealed class RebuildViews(IDocumentStore store, TeamZone zone)
{
    private const long guard = 71710002;
    private const int eventsPerPageMin = 8;
    private const int eventsPerPageMax = 5_000;
    private const int linesPerPage = 20_000;
    private const int swapTriesMax = 120;
    private static readonly TimeSpan swapPause = TimeSpan.FromMilliseconds(500);

    private static readonly (string Table, string Where, string Order)[] compared =
    [
        ("line", "true", "id"),
        ("fact", "true", "line_id, position"),
        ("part", "true", "line_id, mission, agent, method"),
        ("claim", "true", "line_id, mission"),
        // A sum that came back to nothing leaves a row or not, depending on where pages were cut.
        ("day", "billed <> 0 or restated <> 0", "day, account, key, model, unit, agent, mission, method"),
        ("agent_day", "billed <> 0", "day, account, agent, mission"),
        ("balance", "true", "account, position"),
        ("context", "true", "kind, id"),
    ];

    /// <summary>Computes everything anew and compares it with the live tables; makes it live when <paramref name="swap"/> is set.</summary>
    /// <exception cref="RebuildBusyException">Another rebuild or verify is running.</exception>
    public async Task<RebuildResult> Run(bool swap, IProgress<(long Done, long Of)>? progress, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        await using var shadow = store.Storage.Database.CreateConnection();
        await shadow.OpenAsync(ct);
        await using (var take = new NpgsqlCommand($"select pg_try_advisory_lock({guard})", shadow))
            if (!(bool)(await take.ExecuteScalarAsync(ct))!)
                throw new RebuildBusyException();
        try
        {
            var filling = new Filling(store, zone, shadow, progress);
            await filling.Begin(ct);
            await filling.UpTo(await Progress(shadow, "", ct), ct);
            var (position, difference) = await Compare(filling, ct);
            if (swap) await Swap(filling, ct);
            else await filling.Drop(ct);
            return new(position, filling.Rows, difference is null, difference, swap, watch.Elapsed);
        }
        finally
        {
            await Execute(shadow, $"select pg_advisory_unlock({guard})", CancellationToken.None);
        }
    }

    /// <summary>Fills the tables beside the live ones and leaves them: what a rebuild costs without the comparison.</summary>
    internal async Task<long> Fill(CancellationToken ct)
    {
        await using var shadow = store.Storage.Database.CreateConnection();
        await shadow.OpenAsync(ct);
        var filling = new Filling(store, zone, shadow, null);
        await filling.Begin(ct);
        await filling.UpTo(await Progress(shadow, "", ct), ct);
        return filling.Rows;
    }

    /// <summary>Compares in one snapshot of the live tables, which go on meanwhile.</summary>
    private async Task<(long Position, string? Difference)> Compare(Filling filling, CancellationToken ct)
    {
        await using var live = store.Storage.Database.CreateConnection();
        await live.OpenAsync(ct);
        await using var transaction = await live.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var mark = await SpendMark.Read(live, SpendTables.Live, ct);
        await filling.UpTo(mark?.Position ?? 0, ct);
        await filling.Analyze(ct);
        var filled = await SpendMark.Read(filling.Connection, SpendTables.Next, ct);
        if ((mark?.Position ?? 0) != filled!.Position || (mark?.Events ?? 0) != filled.Events)
            return (filled.Position, $"mark: the live tables hold {mark?.Events} events up to {mark?.Position}, the log has {filled.Events} up to {filled.Position}");
        foreach (var (table, where, order) in compared)
        {
            // Days of another zone are meant to be others.
            if (mark is null || (mark.Zone != filled.Zone && table is "day" or "agent_day" or "part")) continue;
            if (await Difference(live, filling.Connection, table, where, order, ct) is { } difference) return (filled.Position, $"{table}: {difference}");
        }
        return (filled.Position, null);
    }

    /// <summary>
    /// Makes the new filling live. Whoever would move the projection's progress waits until that is done, and then finds other tables of the
    /// same name: the filling's id tells it to forget what it holds in memory. Readers end first: a snapshot from before the swap would see
    /// the new tables without their last rows.
    /// </summary>
    private async Task Swap(Filling filling, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            await filling.UpTo(await Progress(filling.Connection, "", ct), ct);
            if (await TrySwap(filling, ct)) break;
            if (tries == swapTriesMax) throw new RebuildBusyException("Somebody reads the views all the time; try again later.");
            await Task.Delay(swapPause, ct);
        }
        await DropBefore(filling.Connection, ct);
    }

    private async Task<bool> TrySwap(Filling filling, CancellationToken ct)
    {
        await using var live = store.Storage.Database.CreateConnection();
        await live.OpenAsync(ct);
        await using var transaction = await live.BeginTransactionAsync(ct);
        try
        {
            // Short: readers that come now wait behind it.
            await Execute(live, "set local lock_timeout = '300ms'", ct);
            var reached = await Progress(live, " for update", ct);
            await Execute(live, $"lock table {SpendTables.Live}.mark in access exclusive mode", ct);
            await filling.UpTo(reached, ct);
            await Execute(live, $"alter schema {SpendTables.Live} rename to {SpendTables.Before}; alter schema {SpendTables.Next} rename to {SpendTables.Live}", ct);
            await transaction.CommitAsync(ct);
            return true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    /// <summary>What can't be dropped now is dropped by the next rebuild.</summary>
    private static async Task DropBefore(NpgsqlConnection db, CancellationToken ct)
    {
        try
        {
            await Execute(db, $"set lock_timeout = '10s'; drop schema {SpendTables.Before} cascade", ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            // Nobody is sent there any more.
        }
        finally
        {
            await Execute(db, "reset lock_timeout", CancellationToken.None);
        }
    }

    private static async Task<long> Progress(NpgsqlConnection db, string forUpdate, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select last_seq_id from mt_event_progression where name = '{SpendProjection.Progress}'{forUpdate}", db);
        return await command.ExecuteScalarAsync(ct) as long? ?? 0;
    }

    private static async Task<string?> Difference(NpgsqlConnection live, NpgsqlConnection next, string table, string where, string order, CancellationToken ct)
    {
        string Rows(string schema) => $"select * from {schema}.{table} where {where} order by {order}";
        var was = await Hash(live, Rows(SpendTables.Live), ct);
        var now = await Hash(next, Rows(SpendTables.Next), ct);
        if (was.AsSpan().SequenceEqual(now)) return null;
        await using var find = new NpgsqlCommand($"""
            with a as (select * from {SpendTables.Live}.{table} where {where}), b as (select * from {SpendTables.Next}.{table} where {where}),
                 d as (select 'live has' as what, x.* from (select * from a except all select * from b) x
                       union all select 'the log gives', y.* from (select * from b except all select * from a) y)
            select what || ' ' || to_jsonb(d)::text from d order by {order}, what desc limit 1
            """, live)
        { CommandTimeout = 0 };
        return await find.ExecuteScalarAsync(ct) as string ?? "same rows in another order";
    }

    /// <summary>SHA-256 over the rows as PostgreSQL sends them, in the order of their key.</summary>
    private static async Task<byte[]> Hash(NpgsqlConnection db, string query, CancellationToken ct)
    {
        await using var rows = await db.BeginRawBinaryCopyAsync($"copy ({query}) to stdout (format binary)", ct);
        return await SHA256.HashDataAsync(rows, ct);
    }

    private static async Task Execute(NpgsqlConnection db, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, db) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The tables that a rebuild fills, with the code that fills the live ones.</summary>
    private sealed class Filling(IDocumentStore store, TeamZone zone, NpgsqlConnection db, IProgress<(long Done, long Of)>? progress)
    {
        private readonly SpendTables tables = new(SpendTables.Next);
        private readonly SpendWriter writer = new(SpendTables.Next, zone);
        private long position;

        public NpgsqlConnection Connection => db;

        public long Rows => writer.RowsWritten;

        public async Task Begin(CancellationToken ct)
        {
            await Execute(db, $"drop schema if exists {SpendTables.Before} cascade; drop schema if exists {SpendTables.Next} cascade; create schema {SpendTables.Next}", ct);
            foreach (var table in tables.Tables)
            {
                using var create = new StringWriter();
                table.WriteCreateStatement(new PostgresqlMigrator(), create);
                await Execute(db, create.ToString(), ct);
            }
            await SpendMark.Take(db, SpendTables.Next, zone.Name, ct);
        }

        public async Task Drop(CancellationToken ct) => await Execute(db, $"drop schema {SpendTables.Next} cascade", ct);

        /// <summary>Tells the planner what there is now.</summary>
        public async Task Analyze(CancellationToken ct)
        {
            foreach (var table in tables.Tables) await Execute(db, $"analyze {table.Identifier.QualifiedName}", ct);
        }

        /// <summary>Applies all events up to a position that the filling does not hold yet. The next page is read while one is written.</summary>
        public async Task UpTo(long last, CancellationToken ct)
        {
            var limit = 64;
            var reading = Read(position, last, limit, ct);
            while (await reading is { Events.Count: > 0 } page)
            {
                position = page.Events[^1].Sequence;
                var size = Math.Max(1, page.Events.Sum(e => e.Data is Ledger.Accounts.UsageSnapshotTaken s ? s.Lines.Count : 0) / page.Events.Count);
                limit = Math.Clamp(linesPerPage / size, eventsPerPageMin, eventsPerPageMax);
                reading = Read(position, last, limit, ct);
                await using var transaction = await db.BeginTransactionAsync(ct);
                await writer.Write(page, db, ct);
                await transaction.CommitAsync(ct);
                writer.Accept();
                progress?.Report((position, Math.Max(position, last)));
            }
        }

        private async Task<SpendPage> Read(long after, long last, int limit, CancellationToken ct)
        {
            await using var session = store.QuerySession();
            var events = after >= last ? [] : await session.Events.QueryAllRawEvents().Where(e => e.Sequence > after && e.Sequence <= last).OrderBy(e => e.Sequence).Take(limit).ToListAsync(ct);
            return await SpendPage.Of(events, session, ct);
        }
    }
}
