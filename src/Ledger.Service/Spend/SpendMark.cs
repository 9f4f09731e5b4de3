using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>How far the rows are.</summary>
/// <param name="Position">The last event they hold.</param>
/// <param name="Events">How many events that were.</param>
/// <param name="Zone">The time zone of their days.</param>
/// <param name="Filling">Which filling of the tables this is.</param>
public sealed record SpendMark(long Position, long Events, string Zone, Guid Filling)
{
    /// <summary>The mark; null before the first page.</summary>
    public static async Task<SpendMark?> Read(NpgsqlConnection db, string schema, CancellationToken ct) => await Read(db, schema, "", ct);

    /// <summary>The mark, held until the transaction ends. Makes the first one.</summary>
    public static async Task<SpendMark> Take(NpgsqlConnection db, string schema, string zone, CancellationToken ct)
    {
        if (await Read(db, schema, " for update", ct) is { } mark) return mark;
        await using var command = new NpgsqlCommand($"insert into {schema}.mark (one, position, events, zone, filling) values (1, 0, 0, $1, $2)", db);
        command.Parameters.Add(new() { Value = zone });
        command.Parameters.Add(new() { Value = Guid.NewGuid() });
        await command.ExecuteNonQueryAsync(ct);
        return await Read(db, schema, " for update", ct) ?? throw new InvalidOperationException($"{schema}.mark did not keep its row.");
    }

    public async Task Write(NpgsqlConnection db, string schema, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"update {schema}.mark set position = $1, events = $2 where one = 1", db);
        command.Parameters.Add(new() { Value = Position });
        command.Parameters.Add(new() { Value = Events });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<SpendMark?> Read(NpgsqlConnection db, string schema, string forUpdate, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select position, events, zone, filling from {schema}.mark where one = 1{forUpdate}", db);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetGuid(3)) : null;
    }
}
