using Npgsql;

namespace Ledger.Service.Watching;

/// <summary>How far the watch has looked, kept over restarts. A holder of an older lease can't move it.</summary>
internal sealed class WatchMark(NpgsqlDataSource db)
{
    /// <summary>The position looked at last; null: never.</summary>
    public async Task<long?> Get(CancellationToken ct)
    {
        await using var select = db.CreateCommand("select position from ledger_watch where one = 1");
        return await select.ExecuteScalarAsync(ct) as long?;
    }

    public async Task Move(long position, long token, DateTimeOffset now, CancellationToken ct)
    {
        await using var upsert = db.CreateCommand("""
            insert into ledger_watch as w (one, position, token, at) values (1, $1, $2, $3)
            on conflict (one) do update set position = $1, token = $2, at = $3 where w.token <= $2
            """);
        upsert.Parameters.Add(new() { Value = position });
        upsert.Parameters.Add(new() { Value = token });
        upsert.Parameters.Add(new() { Value = now.ToUniversalTime() });
        await upsert.ExecuteNonQueryAsync(ct);
    }
}
