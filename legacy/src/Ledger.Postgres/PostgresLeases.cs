using Npgsql;

namespace Ledger.Postgres;

/// <summary>Leases in the books' own database, on its clock: the nodes' clocks need not agree.</summary>
public sealed class PostgresLeases(LedgerDatabase database) : ILeases
{
    // A token is taken while the row is held, so that a later holder's token is always the higher one.
    private const string TakeSql = """
        insert into ledger_lease as l (name, holder, token, until) values ($1, $2, nextval('ledger_token'), clock_timestamp() + $3)
        on conflict (name) do update set
            token = case when l.holder = $2 and l.until > clock_timestamp() then l.token else nextval('ledger_token') end,
            holder = $2,
            until = clock_timestamp() + $3
        where l.holder is null or l.holder = $2 or l.until <= clock_timestamp()
        returning token
        """;

    /// <inheritdoc />
    public async Task<Fence?> Take(string name, string holder, TimeSpan length, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(holder);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(length, TimeSpan.Zero);
        await using var command = database.DataSource.CreateCommand(TakeSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = holder });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = length });
        return await command.ExecuteScalarAsync(ct) is long token ? new Fence(name, token) : null;
    }

    /// <inheritdoc />
    public async Task Release(Fence fence, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(fence);
        // The row stays: its token may not come back.
        await using var command = database.DataSource.CreateCommand("update ledger_lease set holder = null where name = $1 and token = $2");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = fence.Lease });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = fence.Token });
        await command.ExecuteNonQueryAsync(ct);
    }
}
