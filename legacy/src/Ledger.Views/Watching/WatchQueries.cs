using Ledger.Budgets;
using Ledger.Money;
using Npgsql;

namespace Ledger.Views.Watching;

/// <summary>Questions of whoever watches spend. A pass asks all of them in one snapshot.</summary>
public sealed partial class WatchQueries(NpgsqlDataSource db)
{
    /// <summary>Opens a snapshot: every answer stands at the same position. Dispose it soon; it holds a connection.</summary>
    public async Task<WatchSnapshot> Open(CancellationToken ct)
    {
        var connection = await db.OpenConnectionAsync(ct);
        NpgsqlTransaction? transaction = null;
        try
        {
            transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
            // Everything asked here has an index; what the planner believes of fresh tables must not make it read them whole.
            await Checkpoint.LookUpByKey(connection, ct);
            await using var command = new NpgsqlCommand("select position, at from views.checkpoint where one = 1", connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            return new(connection, transaction, reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1));
        }
        catch
        {
            if (transaction is not null) await transaction.DisposeAsync();
            await connection.DisposeAsync();
            throw;
        }
    }
}

/// <summary>What some part of the spend costs in a window.</summary>
/// <param name="Spent">Billed in buckets that start in the window.</param>
/// <param name="History">The part of buckets that were over when their account was connected: nobody watched then.</param>
public readonly record struct ScopeSum(Usd Spent, Usd History);

/// <summary>The views at one position.</summary>
public sealed partial class WatchSnapshot : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    internal WatchSnapshot(NpgsqlConnection connection, NpgsqlTransaction transaction, long position, DateTimeOffset? at) =>
        (this.connection, this.transaction, Position, At) = (connection, transaction, position, at);

    /// <summary>Last position the answers know.</summary>
    public long Position { get; }

    /// <summary>When that event was recorded; null at 0.</summary>
    public DateTimeOffset? At { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    /// <summary>
    /// What a window costs, for many values of one dimension at once; values without spend are left out. For everything, the one value
    /// is the empty text. A bucket belongs to the window that its start lies in.
    /// </summary>
    /// <param name="kind">The dimension.</param>
    /// <param name="values">Ids in it.</param>
    /// <param name="window">The window; may reach beyond all time.</param>
    /// <param name="connected">Since when each account is watched.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyDictionary<string, ScopeSum>> Sums(
        ScopeKind kind, IReadOnlyCollection<string> values, Interval window, IReadOnlyDictionary<string, DateTimeOffset> connected, CancellationToken ct)
    {
        var sums = new Dictionary<string, ScopeSum>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand($"""
            select {ValueOf(kind)}, sum(s.billed), coalesce(sum(s.billed) filter (where s.start < c.before), 0)
            from unnest($2) w (value) join views.scope_spend s on s.kind = $1 and s.value = w.value and s.start >= $3 and s.start < $4
            left join unnest($5, $6) c (account, before) on c.account = s.account
            group by 1
            """, connection);
        Scope(command, kind, values, connected.Keys);
        Within(command, window);
        command.Parameters.Add(new() { Value = connected.Keys.ToArray() });
        command.Parameters.Add(new() { Value = connected.Values.Select(BeginsToCount).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            sums[reader.GetString(0)] = new(Money(reader.GetDecimal(1)), Money(reader.GetDecimal(2)));
        return sums;
    }

    /// <summary>The start of the first bucket that is not history: the one that ran when the account was connected.</summary>
    public static DateTimeOffset BeginsToCount(DateTimeOffset connectedAt) => new(connectedAt.UtcTicks - (connectedAt.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    // All accounts make everything: their rows are few, and no others have to be kept.
    private static string ValueOf(ScopeKind kind) => kind == ScopeKind.Everything ? "''" : "s.value";

    private static void Scope(NpgsqlCommand command, ScopeKind kind, IEnumerable<string> values, IEnumerable<string> accounts)
    {
        command.Parameters.Add(new() { Value = (short)(kind == ScopeKind.Everything ? ScopeKind.Account : kind) });
        command.Parameters.Add(new() { Value = (kind == ScopeKind.Everything ? accounts : values).ToArray() });
    }

    private static void Within(NpgsqlCommand command, Interval window)
    {
        command.Parameters.Add(new() { Value = Clamp(window.Start) });
        command.Parameters.Add(new() { Value = Clamp(window.End) });
    }

    private static DateTimeOffset Clamp(DateTimeOffset at) => at < Instants.Min ? Instants.Min : at > Instants.Max ? Instants.Max : at.ToUniversalTime();

    private static Usd Money(decimal ticks) => new(checked((long)ticks));
}
