using Ledger.Testing;
using Npgsql;
using Xunit;
using static Ledger.EngineCompliance.Given;

namespace Ledger.Postgres.Tests;

/// <summary>What only the database can keep: who may write, what the sequence may say, what the server must promise.</summary>
public sealed class GuardTests
{
    private static readonly CancellationToken ct = CancellationToken.None;

    [Theory]
    [InlineData("insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp) values (nextval('mt_events_sequence'), gen_random_uuid(), 'a', 2, '{}', 'x', now())")]
    [InlineData("begin; select 1 from ledger_head for update; insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp) values (2, gen_random_uuid(), 'a', 2, '{}', 'x', now()); commit")]
    [InlineData("update mt_events set type = 'y'")]
    [InlineData("delete from mt_events")]
    [InlineData("truncate mt_events cascade")]
    [InlineData("delete from mt_streams")]
    [InlineData("update ledger_chain set hash = sha256('x')")]
    [InlineData("delete from ledger_chain")]
    public async Task a_hand_that_does_not_hold_the_head_row_is_refused(string sql)
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await log.Append(One("a", "1"), ct);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.Execute(sql));
        Assert.Equal("55000", refusal.SqlState);
        Assert.True((await LogVerifier.Verify(database.Database, null, ct)).Ok);
        Assert.Equal(new AppendResult.Written(2, 2), await log.Append(One("a", "2"), ct));
    }

    [Fact]
    public async Task what_waits_in_restored_books_is_set_aside_once()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        var outbox = new PostgresOutbox(database.Database);
        Assert.Equal(0, await outbox.HoldAfterRestore(ct));
        await log.Append(One("a", "1") with { Messages = [Message("m"), Message("n")] }, ct);
        Assert.Equal(0, await outbox.HoldAfterRestore(ct));
        Assert.Equal(2, (await outbox.State(Noon, ct)).Waiting);
        // What a dump carries into another database.
        await database.Execute("update ledger_outbox_home set database = '7577/16384'");
        Assert.Equal(2, await outbox.HoldAfterRestore(ct));
        Assert.Equal((0L, 2L), ((await outbox.State(Noon, ct)).Waiting, (await outbox.State(Noon, ct)).Dead));
        Assert.Empty(await ((IOutbox)outbox).Claim(10, TimeSpan.FromMinutes(1), Noon, ct));
        await log.Append(One("a", "2") with { Messages = [Message("o")] }, ct);
        Assert.Equal(0, await outbox.HoldAfterRestore(ct));
        Assert.Single(await ((IOutbox)outbox).Claim(10, TimeSpan.FromMinutes(1), Noon, ct));
    }

    [Fact]
    public async Task the_sequence_lags_while_a_batch_is_open_and_is_level_at_rest()
    {
        await using var database = await TestDatabase.Create();
        // Looks from inside the transaction: what is given away may not reach what is not committed yet.
        await database.Execute("""
            create function probe() returns trigger language plpgsql as $$
            begin
                if (select case when is_called then last_value else 0 end from mt_events_sequence) >= (select min(seq_id) from fresh) then
                    raise exception 'the sequence runs ahead';
                end if;
                return null;
            end $$;
            create trigger probe after insert on mt_events referencing new table as fresh for each statement execute function probe()
            """);
        await using var log = await database.OpenLog(new PostgresLogOptions { IdleAfter = TimeSpan.FromMilliseconds(30) });
        for (var i = 0; i < 5; i++)
        {
            Assert.IsType<AppendResult.Written>(await log.Append(One("a", $"{i}"), ct));
            Assert.IsType<AppendResult.Written>(await log.Append(Append(Stream($"b{i}", 0, [.. Enumerable.Range(0, 60).Select(n => Event($"{i}-{n}"))])), ct));
        }
        await Eventually(async () => await database.Scalar<long>("select last_value from mt_events_sequence where is_called") == 305);
    }

    [Theory]
    [InlineData("53100")]
    [InlineData("53200")]
    [InlineData("53300")]
    [InlineData("25006")]
    public async Task a_database_that_is_full_or_read_only_is_busy_and_nothing_is_written(string state)
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await log.Append(One("a", "1"), ct);
        await Refuse(database, state, "true");
        await Assert.ThrowsAsync<LogBusyException>(() => log.Append(One("a", "2") with { Idempotency = Key("k"), Messages = [Message("m")] }, ct));
        await database.Execute("drop trigger refuse on mt_events");
        Assert.Equal(1, (await log.Head(ct)).Position);
        Assert.Equal(0, await database.Scalar<long>("select count(*) from ledger_idem") + await database.Scalar<long>("select count(*) from ledger_outbox"));
        // And resumes by itself.
        Assert.Equal(new AppendResult.Written(2, 2), await log.Append(One("a", "2") with { Idempotency = Key("k") }, ct));
    }

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    [InlineData("55P03")]
    [InlineData("57014")]
    public async Task what_the_database_asks_to_try_again_is_tried_again(string state)
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog(new PostgresLogOptions { RetryPause = TimeSpan.FromMilliseconds(2) });
        await log.Append(One("a", "1"), ct);
        await database.Execute("create sequence tries");
        await Refuse(database, state, "nextval('tries') <= 3");
        Assert.Equal(new AppendResult.Written(2, 2), await log.Append(One("a", "2"), ct));
        Assert.Equal(4, await database.Scalar<long>("select last_value from tries"));
        await database.Execute("alter sequence tries restart");
        await Refuse(database, state, "nextval('tries') <= 100");
        await Assert.ThrowsAsync<LogBusyException>(() => log.Append(One("a", "3"), ct).WaitAsync(TimeSpan.FromSeconds(15), ct));
        Assert.Equal(5, await database.Scalar<long>("select last_value from tries"));
        Assert.Equal(2, (await log.Head(ct)).Position);
    }

    [Fact]
    public async Task one_append_that_the_database_refuses_does_not_drag_the_batch_down()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await database.Execute("alter table mt_events add constraint odd check (stream_id <> 'bad')");
        await using var hold = await Holder(database);
        var appends = Enumerable.Range(0, 20).Select(i => log.Append(One(i == 7 ? "bad" : $"s{i}", $"{i}"), ct)).ToArray();
        await hold.DisposeAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => appends[7]);
        var written = await Task.WhenAll(appends.Where((_, i) => i != 7));
        Assert.All(written, r => Assert.IsType<AppendResult.Written>(r));
        Assert.Equal(19, (await log.Head(ct)).Position);
        Assert.True((await LogVerifier.Verify(database.Database, null, ct)).Ok);
    }

    [Fact]
    public async Task a_full_queue_refuses_at_once_and_what_waited_is_written()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog(new PostgresLogOptions { QueueLengthMax = 10, BatchEventsMax = 5 });
        await log.Append(One("a", "0"), ct);
        var hold = await Holder(database);
        var appends = Enumerable.Range(1, 60).Select(i => log.Append(One("a", $"{i}"), ct)).ToArray();
        var refused = appends.Count(a => a.IsFaulted && a.Exception!.InnerException is LogBusyException);
        Assert.InRange(refused, 60 - 10 - 5 - 1, 59);
        await hold.DisposeAsync();
        var results = await Task.WhenAll(appends.Where(a => !a.IsFaulted));
        Assert.All(results, r => Assert.IsType<AppendResult.Written>(r));
        Assert.Equal(60 - refused + 1, (await log.Head(ct)).Position);
    }

    [Fact]
    public async Task bytes_that_wait_are_bounded_too()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog(new PostgresLogOptions { QueueBytesMax = 10_000 });
        await log.Append(One("a", "0"), ct);
        var hold = await Holder(database);
        var fat = $$"""{"x":"{{new string('x', 3000)}}"}""";
        var appends = Enumerable.Range(1, 20).Select(i => log.Append(Append(Stream("a", -1, Event($"{i}", fat))), ct)).ToArray();
        Assert.InRange(appends.Count(a => a.IsFaulted), 12, 19);
        await hold.DisposeAsync();
        await Task.WhenAll(appends.Where(a => !a.IsFaulted));
        // The count goes back down: nothing leaks.
        for (var i = 0; i < 20; i++)
            Assert.IsType<AppendResult.Written>(await log.Append(Append(Stream("b", -1, Event($"b{i}", fat))), ct));
    }

    [Fact]
    public async Task a_waiting_append_can_be_cancelled_and_is_then_not_written()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await log.Append(One("a", "0"), ct);
        var hold = await Holder(database);
        var first = log.Append(One("a", "1"), ct);
        await Task.Delay(100, ct);
        using var gone = new CancellationTokenSource();
        var second = log.Append(One("a", "2"), gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await hold.DisposeAsync();
        Assert.Equal(new AppendResult.Written(2, 2), await first);
        Assert.Equal(new AppendResult.Written(3, 3), await log.Append(One("a", "3"), ct));
        Assert.DoesNotContain(await log.ReadAll(0, 10, ct), e => e.Id == Ids.DerivedFrom("2", "test"));
    }

    [Fact]
    public async Task a_writer_that_went_silent_with_the_head_row_is_timed_out_and_the_others_go_on()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        var options = new PostgresLogOptions { IdleInTransactionTimeout = TimeSpan.FromMilliseconds(700) };
        // A stopped process: it has taken the head row and says nothing more.
        var silent = await WriterConnection.Open(database.Database, options);
        await silent.TakeHeadAndRead([PreparedAppend.From(One("a", "silent"), options)]);
        Assert.Equal(new AppendResult.Written(1, 1), await log.Append(One("a", "1"), ct).WaitAsync(TimeSpan.FromSeconds(20), ct));
        // When it wakes up, its connection is gone.
        await Assert.ThrowsAnyAsync<NpgsqlException>(silent.Rollback);
        await silent.DisposeAsync();
    }

    [Fact]
    public async Task a_log_that_went_back_is_noticed_by_who_wrote_it()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await log.Append(Append(Stream("a", 0, Event("1"), Event("2"))), ct);
        await database.Tamper("delete from mt_events where seq_id = 2; delete from ledger_chain where seq_id = 2; update mt_streams set version = 1; update ledger_head set position = 1, chain = (select hash from ledger_chain where seq_id = 1)");
        await Assert.ThrowsAsync<LogBrokenException>(() => log.Append(One("a", "3"), ct));
    }

    [Fact]
    public async Task synchronous_commit_is_on_whatever_the_database_says()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute($"alter database {await database.Scalar<string>("select current_database()::text")} set synchronous_commit = off");
        await database.Execute("""
            create function probe() returns trigger language plpgsql as $$
            begin
                if current_setting('synchronous_commit') <> 'on' then raise exception 'synchronous_commit is %', current_setting('synchronous_commit'); end if;
                return null;
            end $$;
            create trigger probe after insert on mt_events for each statement execute function probe()
            """);
        await using var log = await database.OpenLog();
        Assert.IsType<AppendResult.Written>(await log.Append(One("a", "1"), ct));
        Assert.IsType<AppendResult.Written>(await log.Append(One("a", "2"), ct));
    }

    [Fact]
    public async Task keys_younger_than_90_days_are_never_forgotten()
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        await log.Append(One("a", "1") with { Idempotency = Key("young") }, ct);
        await log.Append(One("a", "2") with { Idempotency = Key("old") }, ct);
        await database.Execute("update ledger_idem set at = now() - interval '89 days 23 hours' where key = 'young'; update ledger_idem set at = now() - interval '91 days' where key = 'old'");
        Assert.Equal(1, await log.ForgetOldKeys(100, ct));
        Assert.Equal(new AppendResult.AlreadyThere(1, null), await log.Append(One("a", "1") with { Idempotency = Key("young") }, ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => database.OpenLog(new PostgresLogOptions { KeysKept = TimeSpan.FromDays(89) }));
    }

    private static Task<int> Refuse(TestDatabase database, string state, string when) => database.Execute($"""
        create or replace function refuse() returns trigger language plpgsql as $$
        begin
            if {when} then raise exception 'injected' using errcode = '{state}'; end if;
            return null;
        end $$;
        create or replace trigger refuse after insert on mt_events for each statement execute function refuse()
        """);

    /// <summary>Somebody else holds the head row until disposed.</summary>
    private static async Task<IAsyncDisposable> Holder(TestDatabase database)
    {
        var connection = await database.DataSource.OpenConnectionAsync();
        await connection.BeginTransactionAsync();
        await using var take = new NpgsqlCommand("select 1 from ledger_head for update", connection);
        await take.ExecuteNonQueryAsync();
        return new Hold(connection);
    }

    private sealed class Hold(NpgsqlConnection connection) : IAsyncDisposable
    {
        private bool done;

        public async ValueTask DisposeAsync()
        {
            if (done)
                return;
            done = true;
            await using (var free = new NpgsqlCommand("rollback", connection))
                await free.ExecuteNonQueryAsync();
            await connection.DisposeAsync();
        }
    }

    internal static async Task Eventually(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 200; i++)
        {
            try
            {
                if (await holds())
                    return;
            }
            catch (InvalidCastException)
            {
                // No row yet.
            }
            catch (NullReferenceException)
            {
                // No row yet.
            }
            await Task.Delay(50);
        }
        Assert.Fail("It did not come true within 10 s.");
    }
}
