using System.Globalization;
using Ledger.Testing;
using Npgsql;
using Xunit;
using static Ledger.EngineCompliance.Given;

namespace Ledger.Postgres.Tests;

/// <summary>The books open in Marten: its tables as recorded, its rules for rows that another program wrote, its own appends adopted.</summary>
public sealed class MartenTests
{
    private static readonly CancellationToken ct = CancellationToken.None;

    [Fact]
    public async Task its_tables_have_exactly_the_recorded_columns()
    {
        await using var database = await TestDatabase.Create();
        var columns = await Lines(database, """
            select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                || case when a.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
            where c.relname like 'mt\_%' and c.relkind = 'r' order by c.relname, a.attnum
            """);
        Assert.Equal(
        [
            "mt_event_progression.name character varying not null",
            "mt_event_progression.last_seq_id bigint",
            "mt_event_progression.last_updated timestamp with time zone default transaction_timestamp()",
            "mt_events.seq_id bigint not null",
            "mt_events.id uuid not null",
            "mt_events.stream_id character varying",
            "mt_events.version bigint not null",
            "mt_events.data jsonb not null",
            "mt_events.bdata bytea",
            "mt_events.type character varying(500) not null",
            "mt_events.timestamp timestamp with time zone not null",
            "mt_events.tenant_id character varying default '*DEFAULT*'::character varying",
            "mt_events.mt_dotnet_type character varying",
            "mt_events.is_archived boolean default false",
            "mt_high_water_skips.ending_sequence bigint not null",
            "mt_high_water_skips.starting_sequence bigint not null",
            "mt_high_water_skips.timestamp timestamp with time zone default transaction_timestamp()",
            "mt_streams.id character varying not null",
            "mt_streams.type character varying",
            "mt_streams.version bigint",
            "mt_streams.timestamp timestamp with time zone not null default now()",
            "mt_streams.created timestamp with time zone not null default now()",
            "mt_streams.tenant_id character varying default '*DEFAULT*'::character varying",
            "mt_streams.is_archived boolean default false",
        ], columns);
    }

    [Fact]
    public async Task its_tables_have_exactly_the_recorded_keys_and_indexes()
    {
        await using var database = await TestDatabase.Create();
        Assert.Equal(
        [
            "fkey_mt_events_stream_id FOREIGN KEY (stream_id) REFERENCES mt_streams(id) ON DELETE CASCADE",
            "pk_mt_event_progression PRIMARY KEY (name)",
            "pkey_mt_events_seq_id PRIMARY KEY (seq_id)",
            "pkey_mt_high_water_skips_ending_sequence PRIMARY KEY (ending_sequence)",
            "pkey_mt_streams_id PRIMARY KEY (id)",
        ], await Lines(database, """
            select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
            where conrelid::regclass::text like 'mt\_%' order by conname
            """));
        Assert.Equal(
            ["pk_mt_event_progression", "pk_mt_events_stream_and_version", "pkey_mt_events_seq_id", "pkey_mt_high_water_skips_ending_sequence", "pkey_mt_streams_id"],
            await Lines(database, "select indexname::text from pg_indexes where tablename like 'mt\\_%' order by 1"));
        Assert.Equal(["mt_events.seq_id 1"], await Lines(database, """
            select t.relname || '.' || a.attname || ' ' || seqcache from pg_sequence s join pg_depend d on d.objid = s.seqrelid and d.deptype = 'a'
            join pg_class t on t.oid = d.refobjid join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
            where s.seqrelid = 'mt_events_sequence'::regclass
            """));
    }

    [Fact]
    public async Task our_rows_follow_its_rules()
    {
        await using var database = await TestDatabase.Create();
        await using (var log = await database.OpenLog())
        {
            await log.Append(Append(Stream("a", 0, Event("1"), Event("2")), Stream("b", 0, Event("3"))), ct);
            await log.Append(One("a", "4"), ct);
        }
        // Rule 2: version of the stream is that of its last event. Rule 4: the timestamp is ours. Rules 5, 6, 10.
        Assert.Equal(0, await database.Scalar<long>("select count(*) from mt_streams s where version is distinct from (select max(version) from mt_events e where e.stream_id = s.id)"));
        Assert.Equal(4, await database.Scalar<long>($"select count(*) from mt_events where timestamp = '{Noon:O}' and bdata is null and tenant_id = '*DEFAULT*' and not is_archived and mt_dotnet_type is null"));
        Assert.Equal(2, await database.Scalar<long>("select count(*) from mt_streams where tenant_id = '*DEFAULT*' and not is_archived"));
    }

    [Fact]
    public async Task what_marten_appends_after_a_declared_switch_is_adopted_with_its_gaps()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await log.Append(Append(Stream("a", 0, Event("1"), Event("2"))), ct);
        Assert.Equal(2, await WriterSwitch.ToMarten(database.Database, ct));
        Assert.Equal(2, await database.Scalar<long>("select last_value from mt_events_sequence where is_called"));
        await Assert.ThrowsAsync<LogBusyException>(() => log.Append(One("a", "3"), ct));

        await MartenAppends(database, "a", 3, null);
        await database.Scalar<long>("select nextval('mt_events_sequence')");
        await database.Scalar<long>("select nextval('mt_events_sequence')");
        await MartenAppends(database, "m", 1, "Some.Type, Some.Assembly");
        await MartenAppends(database, "m", 2, null);
        await database.Execute("insert into mt_high_water_skips (ending_sequence, starting_sequence) values (5, 3)");
        // Not ours yet: readers do not see it, and verification does not take it for damage.
        Assert.Equal(2, (await log.ReadAll(0, 100, ct)).Count);
        Assert.Null((await LogVerifier.Verify(database.Database, null, ct)).Fault);

        var adopted = await WriterSwitch.ToLedger(database.Database, ct);
        Assert.Equal((3L, 2L, 7L), (adopted.Events, adopted.Gaps, adopted.Head.Position));
        Assert.Equal([1L, 2L, 3L, 6L, 7L], (await log.ReadAll(0, 100, ct)).Select(e => e.Position));
        Assert.Equal([6L, 7L], (await log.ReadAll(4, 100, ct)).Select(e => e.Position));
        Assert.Equal([1L, 2L, 3L], (await log.ReadStream("a", 0, 100, ct)).Select(e => e.Version));

        Assert.Equal(new AppendResult.Written(8, 8), await log.Append(One("m", "8", expected: 2), ct));
        var verified = await LogVerifier.Verify(database.Database, null, ct);
        Assert.Null(verified.Fault);
        Assert.Equal(6, verified.Checked);
        await Assert.ThrowsAsync<PostgresException>(() => MartenAppends(database, "m", 4, null));
        Assert.Equal(["ledger 0", "marten 2", "ledger 7"], await Lines(database, "select writer || ' ' || position from ledger_engine order by switch"));

        // A changed adopted event is found like any other; so is one in a gap.
        await database.Tamper("update mt_events set mt_dotnet_type = 'Other' where seq_id = 6");
        Assert.Equal(6, (await LogVerifier.Verify(database.Database, null, ct)).Fault?.Position);
    }

    [Fact]
    public async Task switching_back_waits_for_a_transaction_of_marten_that_is_still_open()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await WriterSwitch.ToMarten(database.Database, ct);
        await using var marten = await database.DataSource.OpenConnectionAsync(ct);
        var transaction = await marten.BeginTransactionAsync(ct);
        await MartenAppends(marten, "late", 1, null);
        await MartenAppends(database, "early", 1, null);
        var back = WriterSwitch.ToLedger(database.Database, ct);
        await Task.Delay(300, ct);
        Assert.False(back.IsCompleted);
        await transaction.CommitAsync(ct);
        Assert.Equal(2, (await back).Events);
        Assert.Equal(["late", "early"], (await log.ReadAll(0, 10, ct)).Select(e => e.Stream));
        Assert.Null((await LogVerifier.Verify(database.Database, null, ct)).Fault);
    }

    [Fact]
    public async Task positions_that_martens_daemon_has_passed_are_never_used()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await WriterSwitch.ToMarten(database.Database, ct);
        await MartenAppends(database, "a", 1, null);
        for (var i = 0; i < 3; i++)
            await database.Scalar<long>("select nextval('mt_events_sequence')");
        await database.Execute("insert into mt_event_progression (name, last_seq_id) values ('HighWaterMark', 4)");
        var adopted = await WriterSwitch.ToLedger(database.Database, ct);
        Assert.Equal((1L, 3L, 4L), (adopted.Events, adopted.Gaps, adopted.Head.Position));
        Assert.Null((await LogVerifier.Verify(database.Database, null, ct)).Fault);
        Assert.Empty(await log.ReadAll(1, 10, ct));
        Assert.Equal(new AppendResult.Written(5, 5), await log.Append(One("a", "x", expected: 1), ct));
        Assert.Equal([1L, 5L], (await log.ReadAll(0, 10, ct)).Select(e => e.Position));
        Assert.Null((await LogVerifier.Verify(database.Database, null, ct)).Fault);
    }

    [Fact]
    public async Task adopting_many_events_with_repeated_ids_works()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await log.Append(One("a", "1"), ct);
        await WriterSwitch.ToMarten(database.Database, ct);
        await database.Execute("""
            insert into mt_streams (id, version) values ('m', 4500);
            insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp)
            select nextval('mt_events_sequence'), (select id from mt_events where seq_id = 1), 'm', n, jsonb_build_object('n', n, 'x', 1.50), 'm.v1', now()
            from generate_series(1, 4500) n
            """);
        Assert.Equal(4500, (await WriterSwitch.ToLedger(database.Database, ct)).Events);
        Assert.Null((await LogVerifier.Verify(database.Database, null, ct)).Fault);
        Assert.Equal(new AppendResult.AlreadyThere(1, null), await log.Append(One("a", "1"), ct));
    }

    [Fact]
    public async Task switching_to_the_writer_in_force_changes_nothing()
    {
        await using var database = await TestDatabase.Create();
        Assert.Equal(0, (await WriterSwitch.ToLedger(database.Database, ct)).Events);
        await WriterSwitch.ToMarten(database.Database, ct);
        await WriterSwitch.ToMarten(database.Database, ct);
        Assert.Equal("marten", await WriterSwitch.Declared(database.Database, ct));
        Assert.Equal(2, await database.Scalar<long>("select count(*) from ledger_engine"));
    }

    private static async Task MartenAppends(TestDatabase database, string stream, long version, string? dotnetType)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await MartenAppends(connection, stream, version, dotnetType);
        await transaction.CommitAsync();
    }

    /// <summary>What its quick append does: stream row first, then a number from the sequence for each event.</summary>
    private static async Task MartenAppends(NpgsqlConnection connection, string stream, long version, string? dotnetType)
    {
        await using var command = new NpgsqlCommand("""
            insert into mt_streams (id, type, version, timestamp, tenant_id) values (@stream, null, @version, now(), '*DEFAULT*')
                on conflict (id) do update set version = excluded.version, timestamp = now();
            insert into mt_events (seq_id, id, stream_id, version, data, type, tenant_id, timestamp, mt_dotnet_type, is_archived)
                values (nextval('mt_events_sequence'), gen_random_uuid(), @stream, @version, '{"From": "Marten", "N": 1.50}', 'from_marten', '*DEFAULT*', now(), @dotnet, false)
            """, connection);
        command.Parameters.AddWithValue("stream", stream);
        command.Parameters.AddWithValue("version", version);
        command.Parameters.AddWithValue("dotnet", NpgsqlTypes.NpgsqlDbType.Varchar, (object?)dotnetType ?? DBNull.Value);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> Lines(TestDatabase database, string sql)
    {
        var lines = new List<string>();
        await using var command = database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            lines.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
        return lines;
    }
}
