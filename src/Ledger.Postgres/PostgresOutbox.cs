using System.Text;
using Ledger.Log;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Postgres;

/// <summary>Messages that leave after their cause was committed, claimed by one deliverer at a time.</summary>
public sealed class PostgresOutbox(LedgerDatabase database) : IOutbox
{
    /// <summary>Messages that one claim may ask for.</summary>
    public const int ClaimLimitMax = 1000;

    private const int ReasonLengthMax = 2000;

    private const string ClaimSql = """
        with due as (
            select id from ledger_outbox
            where state = 'waiting' and due_at <= $1 and (leased_until is null or leased_until <= $1)
            order by due_at, position, id
            limit $2
            for update skip locked)
        update ledger_outbox o
        set attempt = attempt + 1, token = nextval('ledger_token'), leased_until = $1 + $3
        from due where o.id = due.id
        returning o.id, o.kind, o.body, o.attempt, o.token, o.position, o.due_at
        """;

    /// <inheritdoc />
    public async Task<IReadOnlyList<ClaimedMessage>> Claim(int limit, TimeSpan lease, DateTimeOffset now, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ClaimLimitMax);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        await using var command = database.DataSource.CreateCommand(ClaimSql);
        command.Parameters.Add(Time(now));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        var claimed = new List<(DateTime Due, ClaimedMessage Message)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            claimed.Add((reader.GetDateTime(6), new ClaimedMessage(
                reader.GetGuid(0), reader.GetString(1), Encoding.UTF8.GetBytes(reader.GetString(2)), reader.GetInt32(3), reader.GetInt64(4), reader.GetInt64(5))));
        }
        // An update returns its rows in no order.
        return [.. claimed.OrderBy(c => c.Due).ThenBy(c => c.Message.Position).ThenBy(c => c.Message.Id).Select(c => c.Message)];
    }

    /// <inheritdoc />
    public Task<bool> Delivered(ClaimedMessage message, DateTimeOffset now, CancellationToken ct) =>
        Settle(message, "state = 'delivered', delivered_at = $3, leased_until = null", ct, Time(now));

    /// <inheritdoc />
    public Task<bool> Retry(ClaimedMessage message, DateTimeOffset dueAt, string reason, CancellationToken ct) =>
        Settle(message, "due_at = $3, reason = $4, leased_until = null, token = null", ct, Time(dueAt), Reason(reason));

    /// <inheritdoc />
    public Task<bool> DeadLetter(ClaimedMessage message, string reason, CancellationToken ct) =>
        Settle(message, "state = 'dead', reason = $3, leased_until = null", ct, Reason(reason));

    /// <inheritdoc />
    public async Task<OutboxState> State(DateTimeOffset now, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand("""
            select (select count(*) from ledger_outbox where state = 'waiting'),
                   (select count(*) from ledger_outbox where state = 'dead'),
                   (select min(at) from ledger_outbox where state = 'waiting')
            """);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new OutboxState(reader.GetInt64(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : new DateTimeOffset(reader.GetDateTime(2), TimeSpan.Zero));
    }

    private async Task<bool> Settle(ClaimedMessage message, string change, CancellationToken ct, params IReadOnlyList<NpgsqlParameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(message);
        await using var command = database.DataSource.CreateCommand(
            $"update ledger_outbox set {change} where id = $1 and token = $2 and state = 'waiting'");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = message.Id });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = message.Token });
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    private static NpgsqlParameter<DateTime> Time(DateTimeOffset at) => new() { TypedValue = at.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter<string> Reason(string reason)
    {
        var clean = reason.Replace("\0", "", StringComparison.Ordinal);
        return new() { TypedValue = clean.Length <= ReasonLengthMax ? clean : clean[..ReasonLengthMax] };
    }
}
