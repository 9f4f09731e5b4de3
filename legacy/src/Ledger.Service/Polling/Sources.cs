using Ledger.Accounts;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Service.Polling;

/// <summary>Where a source stands between two events: its heartbeat, outside the log.</summary>
internal sealed record SourceState
{
    public required string Account { get; init; }

    /// <summary>When the last complete reading was asked.</summary>
    public DateTimeOffset? Asked { get; init; }

    /// <summary>When it was answered.</summary>
    public DateTimeOffset? Answered { get; init; }

    /// <summary>When it was last tried.</summary>
    public DateTimeOffset? Attempted { get; init; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last try failed; null when it did not.</summary>
    public string? Failing { get; init; }

    /// <summary>In the provider's words.</summary>
    public string? Detail { get; init; }

    /// <summary>Not to be polled before this.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>When 35 days were last read.</summary>
    public DateTimeOffset? DeepAt { get; init; }

    /// <summary>When the balance was last read.</summary>
    public DateTimeOffset? BalanceAt { get; init; }

    /// <summary>What the feed is grouped by, where the provider refused the usual.</summary>
    public DimensionSet Dimensions { get; init; } = DimensionSet.KeyModelUnit;
}

/// <summary>The side tables of the pollers: heartbeats, and which stretches were read completely when.</summary>
internal sealed class Sources(NpgsqlDataSource db)
{
    private const string columns = "account, asked, answered, attempted, failures, failing, detail, next_due, deep_at, balance_at, dimensions";

    public async Task<SourceState> Get(string account, CancellationToken ct)
    {
        await using var select = db.CreateCommand($"select {columns} from ledger_source where account = $1");
        select.Parameters.Add(new() { Value = account });
        await using var reader = await select.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : new() { Account = account };
    }

    public async Task<IReadOnlyDictionary<string, SourceState>> All(CancellationToken ct)
    {
        await using var select = db.CreateCommand($"select {columns} from ledger_source limit 1000");
        await using var reader = await select.ExecuteReaderAsync(ct);
        var all = new Dictionary<string, SourceState>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
            all[reader.GetString(0)] = Read(reader);
        return all;
    }

    public async Task Put(SourceState state, CancellationToken ct)
    {
        await using var upsert = db.CreateCommand($"""
            insert into ledger_source ({columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (account) do update set asked = $2, answered = $3, attempted = $4, failures = $5, failing = $6, detail = $7,
                next_due = $8, deep_at = $9, balance_at = $10, dimensions = $11
            """);
        upsert.Parameters.Add(new() { Value = state.Account });
        Time(state.Asked);
        Time(state.Answered);
        Time(state.Attempted);
        upsert.Parameters.Add(new() { Value = state.Failures });
        Text(state.Failing);
        Text(state.Detail);
        Time(state.NextDue);
        Time(state.DeepAt);
        Time(state.BalanceAt);
        Text(state.Dimensions.ToString());
        await upsert.ExecuteNonQueryAsync(ct);

        void Time(DateTimeOffset? at) => upsert.Parameters.Add(new() { Value = (object?)at?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        void Text(string? text) => upsert.Parameters.Add(new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }

    /// <summary>The complete readings that cover parts of a stretch, in order, disjoint, cut to it.</summary>
    public async Task<IReadOnlyList<PreviousReading>> Coverage(string account, Interval stretch, CancellationToken ct)
    {
        await using var select = db.CreateCommand("""
            select greatest(first, $2), least("end", $3), asked, answered from ledger_coverage
            where account = $1 and first < $3 and "end" > $2 order by first
            """);
        Stretch(select, account, stretch);
        await using var reader = await select.ExecuteReaderAsync(ct);
        var coverage = new List<PreviousReading>();
        while (await reader.ReadAsync(ct))
            coverage.Add(new(reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3)));
        return coverage;
    }

    /// <summary>
    /// A stretch was read completely. Said only after the reading is in the log: should we die in between, the next reading counts
    /// from the one before, whose evidence is wider but never wrong.
    /// </summary>
    public async Task Cover(string account, IReadOnlyList<(Interval Stretch, DateTimeOffset Asked, DateTimeOffset Answered)> readings, CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        foreach (var (stretch, asked, answered) in readings)
        {
            foreach (var sql in new[]
            {
                """delete from ledger_coverage where account = $1 and first >= $2 and "end" <= $3""",
                """insert into ledger_coverage select account, $3, "end", asked, answered from ledger_coverage where account = $1 and first < $2 and "end" > $3""",
                """update ledger_coverage set "end" = $2 where account = $1 and first < $2 and "end" > $2 and $3::timestamptz is not null""",
                """update ledger_coverage set first = $3 where account = $1 and first >= $2 and first < $3 and "end" > $3""",
            })
            {
                await using var cut = new NpgsqlCommand(sql, connection, transaction);
                Stretch(cut, account, stretch);
                await cut.ExecuteNonQueryAsync(ct);
            }
            await using var insert = new NpgsqlCommand("""insert into ledger_coverage (account, first, "end", asked, answered) values ($1, $2, $3, $4, $5)""", connection, transaction);
            Stretch(insert, account, stretch);
            insert.Parameters.Add(new() { Value = asked.ToUniversalTime() });
            insert.Parameters.Add(new() { Value = answered.ToUniversalTime() });
            await insert.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
    }

    private static void Stretch(NpgsqlCommand command, string account, Interval stretch)
    {
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = stretch.Start.ToUniversalTime() });
        command.Parameters.Add(new() { Value = stretch.End.ToUniversalTime() });
    }

    private static SourceState Read(NpgsqlDataReader reader)
    {
        return new()
        {
            Account = reader.GetString(0),
            Asked = At(1),
            Answered = At(2),
            Attempted = At(3),
            Failures = reader.GetInt32(4),
            Failing = Text(5),
            Detail = Text(6),
            NextDue = At(7),
            DeepAt = At(8),
            BalanceAt = At(9),
            Dimensions = Text(10) is { } set && Enum.TryParse<DimensionSet>(set, out var known) ? known : DimensionSet.KeyModelUnit,
        };

        DateTimeOffset? At(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }
}
