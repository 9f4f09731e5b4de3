using Ledger.Testing;
using Xunit;
using static Ledger.EngineCompliance.Given;

namespace Ledger.Postgres.Tests;

public sealed class VerifyTests
{
    private static readonly CancellationToken ct = CancellationToken.None;

    private static async Task<TestDatabase> Books(int events = 1500)
    {
        var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        for (var i = 0; i < events; i += 250)
        {
            await log.Append(Append(Stream($"s{i % 3}", -1, [.. Enumerable.Range(i, 250).Select(n =>
                Event($"{n}", $$"""{"z":"{{n}}","a":{"list":[1.50,-0,2e3],"t":"ü\n"} }""", Noon.AddTicks(n * 7)))])), ct);
        }
        return database;
    }

    [Fact]
    public async Task sound_books_verify_and_the_recomputed_end_is_the_head()
    {
        await using var database = await Books();
        await using var log = await database.OpenLog();
        var progress = new List<long>();
        var result = await LogVerifier.Verify(database.Database, new Direct(p => progress.Add(p.Position)), ct);
        Assert.True(result.Ok, result.Fault?.ToString());
        Assert.Equal(1500, result.Checked);
        Assert.Equal(1500, result.Position);
        Assert.Equal((await log.Head(ct)).Chain.ToArray(), result.Chain.ToArray());
        Assert.Equal(1500, progress[^1]);
    }

    [Fact]
    public async Task an_empty_log_verifies()
    {
        await using var database = await TestDatabase.Create();
        Assert.True((await LogVerifier.Verify(database.Database, null, ct)).Ok);
    }

    [Theory]
    [InlineData("update mt_events set seq_id = 99999 where seq_id = 777")]
    [InlineData("update mt_events set id = gen_random_uuid() where seq_id = 777")]
    [InlineData("update mt_events set stream_id = 'other' where seq_id = 777")]
    [InlineData("update mt_events set version = version + 5000 where seq_id = 777")]
    [InlineData("update mt_events set data = jsonb_set(data, '{z}', '\"changed\"') where seq_id = 777")]
    [InlineData("update mt_events set data = data || '{\"new\":null}' where seq_id = 777")]
    [InlineData("update mt_events set data = jsonb_set(data, '{a,list,0}', '1.5') where seq_id = 777")]
    [InlineData("update mt_events set bdata = '\\x00' where seq_id = 777")]
    [InlineData("update mt_events set bdata = '' where seq_id = 777")]
    [InlineData("update mt_events set type = 'tested.v2' where seq_id = 777")]
    [InlineData("update mt_events set timestamp = timestamp + interval '1 microsecond' where seq_id = 777")]
    [InlineData("update mt_events set timestamp = 'infinity' where seq_id = 777")]
    [InlineData("update mt_events set tenant_id = 'other' where seq_id = 777")]
    [InlineData("update mt_events set tenant_id = null where seq_id = 777")]
    [InlineData("update mt_events set mt_dotnet_type = '' where seq_id = 777")]
    [InlineData("update mt_events set is_archived = true where seq_id = 777")]
    [InlineData("update mt_events set is_archived = null where seq_id = 777")]
    [InlineData("delete from mt_events where seq_id = 777")]
    [InlineData("delete from ledger_chain where seq_id = 777")]
    [InlineData("update ledger_chain set hash = sha256('x') where seq_id = 777")]
    [InlineData("update ledger_chain set id = gen_random_uuid() where seq_id = 777")]
    public async Task a_change_by_hand_is_found_and_its_position_named(string tamper)
    {
        await using var database = await Books();
        await database.Tamper(tamper);
        var result = await LogVerifier.Verify(database.Database, null, ct);
        Assert.Equal(777, result.Fault?.Position);
        Assert.NotEmpty(result.Fault!.What);
    }

    [Theory]
    [InlineData("delete from mt_events where seq_id = 1500", 1500)]
    [InlineData("delete from mt_events where seq_id = 1500; delete from ledger_chain where seq_id = 1500", 1500)]
    [InlineData("update ledger_head set position = 1499", 1500)]
    [InlineData("update ledger_head set chain = sha256('x')", 1500)]
    [InlineData("insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp) values (1501, gen_random_uuid(), 's0', 501, '{}', 'x', now())", 1501)]
    [InlineData("insert into ledger_chain (seq_id, hash) values (1501, sha256('x'))", 1501)]
    [InlineData("update mt_streams set version = 499 where id = 's0'", 1000)]
    [InlineData("delete from mt_streams where id = 's0'", 1500)]
    public async Task the_end_and_the_streams_are_checked_too(string tamper, long position)
    {
        await using var database = await Books();
        await database.Tamper(tamper);
        var result = await LogVerifier.Verify(database.Database, null, ct);
        Assert.Equal(position, result.Fault?.Position);
    }

    [Fact]
    public async Task a_missing_position_stops_a_reader_too()
    {
        await using var database = await Books();
        await using var log = await database.OpenLog();
        await database.Tamper("delete from mt_events where seq_id = 777");
        var broken = await Assert.ThrowsAsync<LogBrokenException>(() => log.ReadAll(700, 100, ct));
        Assert.Equal(777, broken.Position);
    }

    [Fact]
    public async Task a_lost_tail_is_not_taken_for_the_end_of_the_log()
    {
        await using var database = await Books();
        await using var log = await database.OpenLog();
        Assert.Empty(await log.ReadAll(1500, 100, ct));
        await database.Tamper("delete from mt_events where seq_id > 1490");
        Assert.Equal(90, (await log.ReadAll(1400, 100, ct)).Count);
        Assert.Equal(1491, (await Assert.ThrowsAsync<LogBrokenException>(() => log.ReadAll(1490, 100, ct))).Position);
    }

    [Fact]
    public async Task verifying_works_while_others_write()
    {
        await using var database = await Books();
        await using var log = await database.OpenLog();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await log.Append(One("w", $"w{i}"), ct);
        }, ct);
        for (var i = 0; i < 5; i++)
            Assert.Null((await LogVerifier.Verify(database.Database, null, ct)).Fault);
        await stop.CancelAsync();
        await writing;
    }

    private sealed class Direct(Action<VerifyProgress> report) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) => report(value);
    }
}
