using System.Text.RegularExpressions;
using Ledger.Views.Spend;
using Npgsql;

namespace Ledger.Views;

/// <summary>
/// The follower that turns the log into facts, allocations, rollups and the directory. It reads the log in order, and saves its rows
/// and its checkpoint in one transaction; several processes may run it on one database, one at a time gets the row of the checkpoint.
/// </summary>
public sealed partial class Books : IAsyncDisposable
{
    /// <summary>Schema of the live tables.</summary>
    public const string Schema = "views";

    private readonly NpgsqlDataSource db;
    private readonly IEventLog log;
    private readonly TimeProvider clock;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly SpendWriter writer = new(Schema);
    private AttributionContext published = new();
    private TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task running = Task.CompletedTask;
    private Guid generation;
    private long position;
    private bool disposed;

    /// <summary>A follower; nothing runs before <see cref="Start"/>.</summary>
    public Books(NpgsqlDataSource db, IEventLog log, TimeProvider clock)
    {
        this.db = db;
        this.log = log;
        this.clock = clock;
    }

    /// <summary>The position the tables hold.</summary>
    public long Position => Interlocked.Read(ref position);

    /// <summary>Why it stopped for good: an event that can't be applied, or history that was rewound. Null while it runs.</summary>
    public Exception? Halted { get; private set; }

    /// <summary>Creates the tables if they are not there, loads what it needs, and follows in the background.</summary>
    /// <remarks>When the checkpoint is not in the log (history was rewound) it starts halted: <see cref="Halted"/> says why.</remarks>
    public async Task Start(CancellationToken ct)
    {
        await using (var connection = await db.OpenConnectionAsync(ct))
        {
            await CreateIfMissing(connection, Schema, ct);
            try
            {
                await Reload(connection, ct);
            }
            catch (Exception e) when (!IsPassing(e))
            {
                // The service comes up all the same: verify and rebuild are asked through it.
                Halt(e);
                return;
            }
        }
        running = Task.Run(() => Follow(stopping.Token), CancellationToken.None);
    }

    /// <summary>Waits until the tables hold a position. False: they did not in time.</summary>
    public async Task<bool> WaitFor(long wanted, TimeSpan patience, CancellationToken ct)
    {
        var deadline = clock.GetTimestamp();
        while (Position < wanted)
        {
            Task growth;
            lock (gate) growth = moved.Task;
            if (Position >= wanted) break;
            var left = patience - clock.GetElapsedTime(deadline);
            if (left <= TimeSpan.Zero || Halted is not null) return false;
            try
            {
                await growth.WaitAsync(left, clock, ct);
            }
            catch (TimeoutException)
            {
                return Position >= wanted;
            }
        }
        return true;
    }

    /// <summary>Asks the directory at <see cref="Position"/>. Be quick: the follower waits.</summary>
    public T Ask<T>(Func<AttributionContext, T> question)
    {
        lock (gate) return question(published);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private async Task Follow(CancellationToken ct)
    {
        var feed = new Feed(log);
        var pause = TimeSpan.FromMilliseconds(50);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var batch = await feed.Next(Position, long.MaxValue, ct);
                if (batch.Count == 0)
                {
                    await log.WaitForGrowth(Position, TimeSpan.FromSeconds(1), ct);
                    continue;
                }
                await Apply(batch, ct);
                pause = TimeSpan.FromMilliseconds(50);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (IsPassing(e))
            {
                feed.Forget();
                await Task.Delay(pause, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause < TimeSpan.FromSeconds(5) ? pause * 2 : pause;
                if (!await TryReload(ct)) return;
            }
            catch (Exception e)
            {
                // An event that can't be applied stays where it is: skipping it would make every later figure wrong in silence.
                Halt(e);
                return;
            }
        }
    }

    private async Task Apply(IReadOnlyList<(Recorded Recorded, ILedgerEvent? Event)> batch, CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var held = await Checkpoint.Lock(connection, Schema, ct);
        if (held.Position != Position || held.Generation != generation)
        {
            // Another process followed further, or a rebuild swapped the tables: take over what is there.
            await transaction.RollbackAsync(ct);
            await Reload(connection, ct);
            return;
        }
        await Checkpoint.LookUpByKey(connection, ct);
        await writer.Apply(batch, connection, ct);
        await writer.Complete();
        await MoveTo(Schema, batch[^1].Recorded, connection, ct);
        await transaction.CommitAsync(ct);
        lock (gate)
        {
            foreach (var (_, happened) in batch)
                if (happened is not null) published.Apply(happened);
            Interlocked.Exchange(ref position, batch[^1].Recorded.Position);
        }
        Signal();
    }

    private async Task MoveTo(string schema, Recorded last, NpgsqlConnection connection, CancellationToken ct)
    {
        var chain = await log.ChainAt(last.Position, ct) ?? throw new LogBrokenException($"The log has lost position {last.Position}.", last.Position);
        await Checkpoint.Move(connection, schema, last.Position, chain, last.At, ct);
    }

    /// <summary>
    /// Whether it is the database's weather, which passes: connections, shutdowns, locks, resources. Everything else would come again
    /// with the same event, and stops the books.
    /// </summary>
    private static bool IsPassing(Exception e) => e switch
    {
        PostgresException { SqlState: [.. var kind, _, _, _] } => kind is "08" or "25" or "40" or "53" or "55" or "57" or "58",
        NpgsqlException or IOException or TimeoutException or ObjectDisposedException or OperationCanceledException => true,
        _ => false,
    };

    private void Halt(Exception why)
    {
        Halted = why;
        Signal();
    }

    /// <summary>After a rebuild was swapped in: goes on in the new tables, also from a halt, whose cause is gone or will halt it again.</summary>
    private async Task Revive(CancellationToken ct)
    {
        if (Halted is null) return;
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await using var connection = await db.OpenConnectionAsync(ct);
        await Reload(connection, ct);
        Halted = null;
        running = Task.Run(() => Follow(stopping.Token), CancellationToken.None);
    }

    /// <summary>False: it halted.</summary>
    private async Task<bool> TryReload(CancellationToken ct)
    {
        try
        {
            await using var connection = await db.OpenConnectionAsync(ct);
            await Reload(connection, ct);
        }
        catch (Exception e) when (IsPassing(e))
        {
            // Tried again before the next batch: Apply compares the checkpoint with what is in memory.
            generation = Guid.Empty;
        }
        catch (Exception e)
        {
            Halt(e);
            return false;
        }
        return true;
    }

    private async Task Reload(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var held = await Checkpoint.Lock(connection, Schema, ct);
        SchemaVersion.RefuseOther(await SchemaVersion.Find(connection, Schema, ct));
        var chain = await log.ChainAt(held.Position, ct);
        if (chain is null || !chain.AsSpan().SequenceEqual(held.Chain))
            throw new LogBrokenException($"The views have seen position {held.Position} with another past than the log has now: it was rewound or rewritten. `ledger rebuild` makes them anew once the log is known to be right.", held.Position);
        await writer.Load(connection, ct);
        var directory = await Documents.Load(connection, Schema, ct);
        lock (gate)
        {
            published = directory;
            generation = held.Generation;
            Interlocked.Exchange(ref position, held.Position);
        }
        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource before;
        lock (gate)
        {
            before = moved;
            moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        before.TrySetResult();
    }

    private static async Task CreateIfMissing(NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // One process at a time; the number only has to be ours.
        await using (var take = new NpgsqlCommand("select pg_advisory_xact_lock(71710001)", connection))
            await take.ExecuteNonQueryAsync(ct);
        if (await SchemaVersion.Find(connection, schema, ct) is { } found)
        {
            SchemaVersion.RefuseNewer(found);
            if (found == SchemaVersion.Current) return;
            // All of it is computed: filling it again costs time and nothing else.
            await using var drop = new NpgsqlCommand($"drop schema {schema} cascade", connection) { CommandTimeout = 0 };
            await drop.ExecuteNonQueryAsync(ct);
        }
        await Create(connection, schema, ct);
        await transaction.CommitAsync(ct);
    }

    internal static async Task Create(NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        await CreateTables(connection, schema, ct);
        await CreateIndexes(connection, schema, ct);
    }

    private static Task CreateTables(NpgsqlConnection connection, string schema, CancellationToken ct) => Run(connection, schema, definition.Value.Tables, ct);

    internal static Task CreateIndexes(NpgsqlConnection connection, string schema, CancellationToken ct) => Run(connection, schema, definition.Value.Indexes, ct);

    private static async Task Run(NpgsqlConnection connection, string schema, string sql, CancellationToken ct)
    {
        if (!SchemaName().IsMatch(schema)) throw new ArgumentException($"'{schema}' is not a schema name.", nameof(schema));
        await using var command = new NpgsqlCommand(sql.Replace("SCHEMA", schema, StringComparison.Ordinal).Replace("VERSION", SchemaVersion.Text, StringComparison.Ordinal), connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    private static readonly Lazy<(string Tables, string Indexes)> definition = new(() =>
    {
        using var text = new StreamReader(typeof(Books).Assembly.GetManifestResourceStream("Schema.sql")!);
        var parts = text.ReadToEnd().Split("-- INDEXES");
        return (parts[0], "-- " + parts[1]);
    });

    [GeneratedRegex("^[a-z][a-z0-9_]{0,40}$")]
    private static partial Regex SchemaName();
}
