using Npgsql;

namespace Ledger.Views;

/// <summary>How far a follower's tables are.</summary>
/// <param name="Position">Last position they hold.</param>
/// <param name="Chain">Chain hash there: tells a rewound log.</param>
/// <param name="At">When that event was recorded; null at 0.</param>
/// <param name="Generation">Which filling of the tables this is.</param>
internal sealed record Checkpoint(long Position, byte[] Chain, DateTimeOffset? At, Guid Generation)
{
    /// <summary>Reads it and holds its row until the transaction ends, so that one process at a time writes.</summary>
    public static async Task<Checkpoint> Lock(NpgsqlConnection db, string schema, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select position, chain, at, generation from {schema}.checkpoint where one = 1 for update", db);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2), reader.GetGuid(3));
    }

    /// <summary>
    /// Makes the transaction look rows up by key, as everything a follower asks for can be: the planner knows nothing of tables that
    /// are filled in this very transaction, and would scan them.
    /// </summary>
    public static async Task LookUpByKey(NpgsqlConnection db, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local jit = off", db);
        await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task Move(NpgsqlConnection db, string schema, long position, byte[] chain, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"update {schema}.checkpoint set position = $1, chain = $2, at = $3 where one = 1", db)
        {
            Parameters = { new() { Value = position }, new() { Value = chain }, new() { Value = at } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
