using Npgsql;

namespace Ledger.Views.Spend;

/// <summary>
/// Questions about spend, each answered in one snapshot of the tables. Current figures come from rollups; figures as of a position
/// from the rows dated up to it.
/// </summary>
public sealed partial class SpendQueries(NpgsqlDataSource db, IEventLog log, Books books)
{
    private async Task<T> InSnapshot<T>(long? asOf, Func<NpgsqlConnection, AsOf, Task<T>> ask, CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
        AsOf at;
        await using (var command = new NpgsqlCommand("select position, at from views.checkpoint where one = 1", connection))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            await reader.ReadAsync(ct);
            at = new(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1));
        }
        if (asOf is { } wanted && wanted != at.Position)
        {
            if (wanted > at.Position || wanted < 0) throw new PositionUnknownException(wanted, at.Position);
            at = new(wanted, wanted == 0 ? null : (await log.ReadAll(wanted - 1, 1, ct))[0].At);
        }
        return await ask(connection, at);
    }

    private static string Shown(string mission, string agent) =>
        mission.Length > 0 ? mission : agent.Length > 0 ? Spend.Party.IdleName : Spend.Party.UnassignedName;

    private static string? Named(string text) => text.Length == 0 ? null : text;
}

/// <summary>A position was asked for that the views don't reach.</summary>
public sealed class PositionUnknownException(long wanted, long reached) : Exception($"The log is read up to position {reached}; {wanted} is not there.")
{
    /// <summary>What was asked for.</summary>
    public long Wanted { get; } = wanted;

    /// <summary>What is there.</summary>
    public long Reached { get; } = reached;
}
