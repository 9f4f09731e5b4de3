using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Postgres;

/// <summary>Messages that leave after their cause was committed, claimed by one deliverer at a time.</summary>
public sealed class PostgresOutbox(LedgerDatabase database) : IOutbox
{
    /// <summary>Messages that one claim or one list may ask for.</summary>
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
        set attempt = attempt + 1, token = nextval('ledger_token'), leased_until = $1 + $3, unknown = unknown + begun::int, begun = false
        from due where o.id = due.id
        returning o.id, o.kind, o.body, o.attempt, o.token, o.position, o.unknown, o.since, o.parcel, o.due_at
        """;

    private static readonly string claimKindSql = ClaimSql.Replace("where state = 'waiting'", "where state = 'waiting' and kind = $4", StringComparison.Ordinal);

    /// <inheritdoc />
    public async Task<IReadOnlyList<ClaimedMessage>> Claim(string? kind, int limit, TimeSpan lease, DateTimeOffset now, CancellationToken ct)
    {
        CheckLimit(limit);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        await using var command = database.DataSource.CreateCommand(kind is null ? ClaimSql : claimKindSql);
        command.Parameters.Add(Time(now));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        if (kind is not null)
            command.Parameters.Add(Text(kind));
        var claimed = new List<(DateTime Due, ClaimedMessage Message)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            claimed.Add((reader.GetDateTime(9), new ClaimedMessage(
                reader.GetGuid(0), reader.GetString(1), Encoding.UTF8.GetBytes(reader.GetString(2)), reader.GetInt32(3), reader.GetInt64(4), reader.GetInt64(5),
                reader.GetInt32(6), Instant(reader, 7), reader.IsDBNull(8) ? null : reader.GetGuid(8))));
        }
        // An update returns its rows in no order.
        return [.. claimed.OrderBy(c => c.Due).ThenBy(c => c.Message.Position).ThenBy(c => c.Message.Id).Select(c => c.Message)];
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<ClaimedMessage>> Begin(IReadOnlyList<ClaimedMessage> messages, Guid parcel, TimeSpan lease, DateTimeOffset now, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        var held = await Settle(messages, "begun = true, leased_until = $3 + $4, parcel = $5", ct,
            Time(now), new NpgsqlParameter<TimeSpan> { TypedValue = lease }, new NpgsqlParameter<Guid> { TypedValue = parcel });
        return held.Count == messages.Count ? messages : [.. messages.Where(m => held.Contains(m.Id))];
    }

    /// <inheritdoc />
    public async Task<int> Delivered(IReadOnlyList<ClaimedMessage> messages, DateTimeOffset now, CancellationToken ct) =>
        (await Settle(messages, "state = 'delivered', delivered_at = $3, leased_until = null, begun = false", ct, Time(now))).Count;

    /// <inheritdoc />
    public async Task<int> Retry(IReadOnlyList<ClaimedMessage> messages, DateTimeOffset dueAt, string reason, bool ambiguous, CancellationToken ct) =>
        (await Settle(messages, "due_at = $3, reason = $4, unknown = o.unknown + $5, begun = false, leased_until = null, token = null", ct,
            Time(dueAt), Reason(reason), new NpgsqlParameter<int> { TypedValue = ambiguous ? 1 : 0 })).Count;

    /// <inheritdoc />
    public async Task<bool> DeadLetter(ClaimedMessage message, string reason, CancellationToken ct) =>
        (await Settle([message], "state = 'dead', reason = $3, leased_until = null, begun = false", ct, Reason(reason))).Count == 1;

    /// <inheritdoc />
    public async Task<bool> Revive(Guid id, DateTimeOffset dueAt, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand("""
            update ledger_outbox set state = 'waiting', due_at = $2, since = $2, attempt = 0, unknown = 0, token = null, parcel = null, reason = null
            where id = $1 and state = 'dead'
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(Time(dueAt));
        var revived = await command.ExecuteNonQueryAsync(ct) == 1;
        if (revived)
            database.MessagesCame();
        return revived;
    }

    private const string Columns = "select id, kind, body, state, attempt, unknown, since, due_at, reason from ledger_outbox";

    /// <inheritdoc />
    public async Task<KeptMessage?> Find(Guid id, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand($"{Columns} where id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        return (await Read(command, ct)).FirstOrDefault();
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<KeptMessage>> List(MessageState state, int limit, CancellationToken ct)
    {
        CheckLimit(limit);
        await using var command = database.DataSource.CreateCommand(state switch
        {
            MessageState.Waiting => $"{Columns} where state = 'waiting' order by since, position, id limit $1",
            MessageState.Dead => $"{Columns} where state = 'dead' order by position desc, id limit $1",
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Delivered messages are not listed."),
        });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await Read(command, ct);
    }

    /// <inheritdoc />
    public async Task<OutboxState> State(DateTimeOffset now, CancellationToken ct)
    {
        await using var command = database.DataSource.CreateCommand("""
            select (select count(*) from ledger_outbox where state = 'waiting'),
                   (select count(*) from ledger_outbox where state = 'dead'),
                   (select min(since) from ledger_outbox where state = 'waiting' and since <= $1)
            """);
        command.Parameters.Add(Time(now));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new OutboxState(reader.GetInt64(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : Instant(reader, 2));
    }

    /// <summary>
    /// To be called before anything is delivered. In books that were restored from a dump into another database, what waits may have left
    /// after the dump was taken: it is set aside until a person has looked.
    /// </summary>
    /// <returns>How many messages were set aside.</returns>
    public async Task<int> HoldAfterRestore(CancellationToken ct)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var look = new NpgsqlCommand("""
            select (select system_identifier from pg_control_system()) || '/' || (select oid from pg_database where datname = current_database()),
                   (select database from ledger_outbox_home for update)
            """, connection, transaction);
        string here, home;
        await using (var reader = await look.ExecuteReaderAsync(ct))
        {
            await reader.ReadAsync(ct);
            here = reader.GetString(0);
            home = reader.IsDBNull(1) ? here : reader.GetString(1);
        }
        await using var settle = new NpgsqlCommand("insert into ledger_outbox_home (database) values ($1) on conflict (one) do update set database = $1", connection, transaction);
        settle.Parameters.Add(Text(here));
        await settle.ExecuteNonQueryAsync(ct);
        var held = 0;
        if (here != home)
        {
            await using var hold = new NpgsqlCommand("""
                update ledger_outbox set state = 'dead', leased_until = null, begun = false,
                    reason = 'these books were restored elsewhere, and this may have been delivered before: look, then retry'
                where state = 'waiting'
                """, connection, transaction);
            held = await hold.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        return held;
    }

    /// <inheritdoc />
    public async Task<int> Forget(DateTimeOffset deliveredBefore, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        await using var command = database.DataSource.CreateCommand(
            "delete from ledger_outbox where id in (select id from ledger_outbox where state = 'delivered' and delivered_at < $1 order by delivered_at limit $2)");
        command.Parameters.Add(Time(deliveredBefore));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <inheritdoc />
    public Task NextMessages() => database.NextMessages();

    /// <summary>Changes what is still held under the claim's token; everything in one statement.</summary>
    private async Task<HashSet<Guid>> Settle(IReadOnlyList<ClaimedMessage> messages, string change, CancellationToken ct, params IReadOnlyList<NpgsqlParameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(messages);
        await using var command = database.DataSource.CreateCommand($"""
            update ledger_outbox o set {change} from unnest($1::uuid[], $2::bigint[]) held (id, token)
            where o.id = held.id and o.token = held.token and o.state = 'waiting'
            returning o.id
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. messages.Select(m => m.Id)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. messages.Select(m => m.Token)] });
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        var settled = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            settled.Add(reader.GetGuid(0));
        return settled;
    }

    private static async Task<List<KeptMessage>> Read(NpgsqlCommand command, CancellationToken ct)
    {
        var kept = new List<KeptMessage>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var state = reader.GetString(3) switch { "waiting" => MessageState.Waiting, "dead" => MessageState.Dead, _ => MessageState.Delivered };
            kept.Add(new(
                reader.GetGuid(0), reader.GetString(1), Encoding.UTF8.GetBytes(reader.GetString(2)), state, reader.GetInt32(4), reader.GetInt32(5),
                Instant(reader, 6), Instant(reader, 7), reader.IsDBNull(8) ? null : reader.GetString(8)));
        }
        return kept;
    }

    private static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ClaimLimitMax);
    }

    private static DateTimeOffset Instant(NpgsqlDataReader reader, int column) => new(reader.GetDateTime(column), TimeSpan.Zero);

    private static NpgsqlParameter<DateTime> Time(DateTimeOffset at) => new() { TypedValue = at.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter<string> Text(string text) => new() { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<string> Reason(string reason)
    {
        var clean = reason.Replace("\0", "", StringComparison.Ordinal);
        return Text(clean.Length <= ReasonLengthMax ? clean : clean[..ReasonLengthMax]);
    }
}
