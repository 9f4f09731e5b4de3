using CsCheck;
using Ledger.Accounts;
using Ledger.Missions;
using Ledger.Service.Operations;
using Ledger.Service.Tests.Support;
using Ledger.Tests.Laws;

namespace Ledger.Service.Tests.Spend;

/// <summary>A figure changed by hand in any money column of any view is found, and so is any column of any event.</summary>
public sealed class Tampering(TestDatabases databases)
{
    [Theory]
    [InlineData("update spend_v3.line set model = model || '-' where id = (select max(id) from spend_v3.line)")]
    [InlineData("update spend_v3.fact set total = total + 1 where (line_id, position) = (select line_id, position from spend_v3.fact order by random() limit 1)")]
    [InlineData("update spend_v3.fact set replaces = coalesce(replaces, 0) + 1 where (line_id, position) = (select line_id, position from spend_v3.fact order by random() limit 1)")]
    [InlineData("update spend_v3.part set amount = amount + 1 where ctid = (select ctid from spend_v3.part order by random() limit 1)")]
    [InlineData("update spend_v3.part set restated = restated + 1 where ctid = (select ctid from spend_v3.part order by random() limit 1)")]
    [InlineData("update spend_v3.part set agent = 'amy' where ctid = (select ctid from spend_v3.part where agent <> 'amy' order by random() limit 1)")]
    [InlineData("update spend_v3.claim set sole = not sole where ctid = (select ctid from spend_v3.claim order by random() limit 1)")]
    [InlineData("update spend_v3.claim set mission = mission || '-' where ctid = (select ctid from spend_v3.claim order by random() limit 1)")]
    [InlineData("update spend_v3.agent_day set billed = billed + 1 where ctid = (select ctid from spend_v3.agent_day order by random() limit 1)")]
    [InlineData("update spend_v3.day set billed = billed + 1 where ctid = (select ctid from spend_v3.day order by random() limit 1)")]
    [InlineData("update spend_v3.day set restated = restated + 1 where ctid = (select ctid from spend_v3.day order by random() limit 1)")]
    [InlineData("update spend_v3.context set doc = doc || '{\"weight\": 7}' where kind = 'mission' and id = (select min(id) from spend_v3.context where kind = 'mission')")]
    [InlineData("insert into spend_v3.part select * from spend_v3.part limit 1")]
    [InlineData("delete from spend_v3.part where ctid = (select ctid from spend_v3.part where amount <> 0 order by random() limit 1)")]
    [InlineData("delete from spend_v3.fact where ctid = (select ctid from spend_v3.fact order by random() limit 1)")]
    // Keeps every sum: the bill, the line, the day; only the log knows better.
    [InlineData("""
        update spend_v3.fact set total = total + 1 where line_id = 1 and position = (select max(position) from spend_v3.fact where line_id = 1);
        update spend_v3.part set amount = amount + 1 where ctid = (select min(ctid) from spend_v3.part where line_id = 1);
        update spend_v3.day d set billed = billed + 1 from (select * from spend_v3.part where line_id = 1 order by ctid limit 1) x
        where (d.day, d.account, d.key, d.model, d.unit, d.agent, d.mission, d.method) = (x.day, x.account, x.key, x.model, x.unit, x.agent, x.mission, x.method)
        """)]
    public Task a_figure_changed_by_hand_is_found(string tamper) => World.Seeds.SampleAsync(async seed =>
    {
        await using var books = await SpendBooks.Create(databases);
        var world = new World(new Random(seed)).Begin();
        // Long enough that every table has rows.
        for (var i = 0; i < 150 || !Claimed(world); i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(world.Log);

        Assert.True(await books.Execute(tamper) > 0, "nothing was tampered with");

        var broken = (await books.Verify.Run(null, default)).Where(c => !c.Ok).ToArray();
        Assert.All(broken, b => Assert.False(string.IsNullOrWhiteSpace(b.Detail)));
        // The last check computes everything anew and names the row.
        Assert.Contains(broken, b => b.Law == "the log gives the same rows");

        var repaired = await books.Rebuild.Run(swap: true, null, default);
        Assert.False(repaired.Equal);
        await books.AssertVerified();
    }, iter: 1, threads: 1);

    [Fact]
    public async Task any_column_of_any_event_is_in_the_chain()
    {
        await using var books = await Chained();
        await books.AssertVerified();
        var columns = new List<(string Name, string Type)>();
        await using (var command = books.Db.CreateCommand("select column_name, data_type from information_schema.columns where table_name = 'mt_events' and column_name <> 'seq_id'"))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                columns.Add((reader.GetString(0), reader.GetString(1)));
        Assert.Contains(columns, c => c.Name == "timestamp");
        foreach (var (name, type) in columns)
            foreach (var position in (long[])[1, books.Positions[3], books.Positions[^1]])
                await AssertFound(books, position, $"update mt_events set {name} = {Other(name, type)} where seq_id = {position}");
    }

    [Fact]
    public async Task an_event_that_is_gone_moved_or_put_in_is_found()
    {
        await using var books = await Chained();
        var (third, last) = (books.Positions[2], books.Positions[^1]);
        await AssertFound(books, third, $"delete from mt_events where seq_id = {third}");
        await AssertFound(books, last, $"delete from mt_events where seq_id = {last}");
        await AssertFound(books, 0, "insert into mt_events select (jsonb_populate_record(e, jsonb_build_object('seq_id', 0, 'version', 99, 'id', gen_random_uuid()))).* from mt_events e where seq_id = 1");
        await AssertFound(books, 1, "update mt_events set seq_id = -1 where seq_id = 1; update mt_events set seq_id = 1 where seq_id = 2; update mt_events set seq_id = 2 where seq_id = -1");
        await AssertFound(books, third, $"update chain_v1.link set hash = sha256('x') where position = {third}");
        await AssertFound(books, third, $"delete from chain_v1.link where position = {third}");
        // Its link gone too: the count says so.
        await AssertFound(books, books.Positions[3], $"delete from mt_events where seq_id = {third}; delete from chain_v1.link where position = {third}");
    }

    [Fact]
    public async Task books_of_the_version_before_go_on_with_their_chain()
    {
        await using var books = await SpendBooks.Create(databases, following: false);
        await books.Execute("create table ledger_chain (seq_id bigint primary key, id uuid, hash bytea not null); insert into ledger_chain values (1, null, sha256('one')), (2, null, sha256('two'))");
        await books.Follow();
        await books.AppendAndFollow(LogOf(30));
        await books.AssertVerified();
        await AssertFound(books, 1, "update ledger_chain set hash = sha256('three') where seq_id = 2");
    }

    /// <summary>Tampers, looks at what verify finds first, and puts everything back.</summary>
    private static async Task AssertFound(SpendBooks books, long position, string tamper)
    {
        await using var db = await books.Db.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await using (var command = new Npgsql.NpgsqlCommand(tamper, db)) Assert.True(await command.ExecuteNonQueryAsync() > 0, tamper);
        var check = await Chain.Verify(db, default);
        Assert.False(check.Ok, tamper);
        Assert.True(position == check.Position, $"{tamper}: {check.Detail}");
    }

    private async Task<SpendBooks> Chained()
    {
        var books = await SpendBooks.Create(databases);
        await books.Execute("alter table mt_events add column if not exists headers jsonb");
        await books.AppendAndFollow(LogOf(40));
        await books.Execute("insert into mt_streams select (jsonb_populate_record(s, '{\"id\": \"stray\"}')).* from mt_streams s limit 1");
        return books;
    }

    private static List<(string, ILedgerEvent)> LogOf(int steps)
    {
        var world = new World(new Random(steps)).Begin();
        for (var i = 0; i < steps; i++) world.Step();
        return world.Log;
    }

    private static string Other(string name, string type) => (name, type) switch
    {
        ("stream_id", _) => "'stray'",
        ("tenant_id", _) => "'another'",
        (_, "uuid") => "gen_random_uuid()",
        (_, "bigint" or "integer") => $"coalesce({name}, 0) + 1000",
        (_, "boolean") => $"not coalesce({name}, false)",
        (_, "timestamp with time zone") => $"coalesce({name}, now()) + interval '1 microsecond'",
        (_, "jsonb") => $"coalesce({name}, '{{}}') || '{{\"more\": null}}'",
        (_, "bytea") => "'\\x01'",
        _ => $"coalesce({name}, '') || '-'",
    };

    private static bool Claimed(World world) =>
        world.Log.Any(l => l.Event is MissionStarted) && world.Log.Any(l => l.Event is UsageSnapshotTaken) && ReferenceBooks.Of(world.Log.Select(l => l.Event)).Bounds.Count > 0;
}
