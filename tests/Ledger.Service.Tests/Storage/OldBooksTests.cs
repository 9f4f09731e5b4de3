using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Storage;

/// <summary>What is looked at before books are opened, and what is refused: nothing is changed then.</summary>
public sealed class OldBooksTests(TestDatabases databases)
{
    private readonly List<string> said = [];

    [Fact]
    public async Task a_new_database_becomes_ours_and_opens_again_without_a_word()
    {
        var database = await databases.Create();
        await Open(database);
        await Open(database);
        Assert.Empty(said);
        Assert.Equal(BooksVersion.Current, await BooksOfVersion01.Scalar<int>(database, "select version from ledger_books"));
    }

    [Fact]
    public async Task a_database_of_somebody_else_is_refused()
    {
        var database = await databases.Create();
        await BooksOfVersion01.Execute(database, "create schema shop; create table shop.customer (name text)");
        var why = await Refused(database, "database.unknown");
        Assert.Contains("shop.customer", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task newer_books_are_refused()
    {
        var database = await databases.Create();
        await Open(database);
        await BooksOfVersion01.Execute(database, $"update ledger_books set version = {BooksVersion.Current + 1}");
        Assert.Contains("newer", await Refused(database, "database.unknown"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("insert into ledger_migration (component, id, name, sha256) values ('engine', 5, 'x', 'x')", "database.unknown", "engine 5")]
    [InlineData("delete from ledger_migration where component = 'service' and id = 3", "database.unknown", "service 2")]
    [InlineData("update ledger_lease set holder = 'node', until = now() + interval '1 minute' where name = 'watch'", "log.busy", "still runs")]
    [InlineData("set ledger.unguarded = 'on'; update mt_events set type = 'mission-teleported.v1' where seq_id = 29", "database.unknown", "mission-teleported.v1")]
    [InlineData("set ledger.unguarded = 'on'; update ledger_chain set hash = set_byte(hash, 7, get_byte(hash, 7) # 1) where seq_id = 30", "log.broken", "position 30")]
    [InlineData("set ledger.unguarded = 'on'; update mt_events set data = jsonb_set(data, '{title}', '\"Budget TUi\"') where seq_id = 31", "log.broken", "position 31")]
    [InlineData("set ledger.unguarded = 'on'; update mt_events set timestamp = timestamp + interval '1 microsecond' where seq_id = 1", "log.broken", "position 1:")]
    [InlineData("set ledger.unguarded = 'on'; delete from mt_events where seq_id = 42", "log.broken", "position 42")]
    [InlineData("set ledger.unguarded = 'on'; delete from mt_events where seq_id = 51; delete from ledger_chain where seq_id = 51", "log.broken", "position 51")]
    [InlineData("update mt_streams set version = 3 where id = 'mission-m-cdxx2hb4'", "log.broken", "mission-m-cdxx2hb4")]
    public async Task old_books_that_are_not_what_they_should_be_are_refused(string changed, string code, string names)
    {
        var database = await BooksOfVersion01.Restore(databases);
        await BooksOfVersion01.Execute(database, changed);
        Assert.Contains(names, await Refused(database, code), StringComparison.Ordinal);
        await databases.Drop(database);
    }

    [Fact]
    public async Task old_books_that_0_1_is_connected_to_are_refused()
    {
        var database = await BooksOfVersion01.Restore(databases);
        await using (var running = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { ApplicationName = "ledger-writer", Pooling = false }))
        await using (await running.OpenConnectionAsync())
            await Refused(database, "log.busy");
        await Open(database);
    }

    [Fact]
    public async Task old_books_are_opened_once_and_0_1_does_not_start_on_them_again()
    {
        var database = await BooksOfVersion01.Restore(databases);
        // What 0.1 had not delivered is not delivered twice.
        await BooksOfVersion01.Execute(database, "update ledger_outbox set state = 'waiting' where position = 51");
        var events = await Events(database);

        await Open(database);

        Assert.Equal(events, await Events(database));
        Assert.Contains(said, line => line.Contains("51 events", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("1 messages", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("1 tokens", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("ledger account rotate trentuna", StringComparison.Ordinal));
        // 0.1 refuses a database whose steps it does not know, and says that a newer program is needed.
        Assert.Equal(1000, await BooksOfVersion01.Scalar<int>(database, "select max(id) from ledger_migration where component = 'engine'"));
        Assert.Equal(
            ["ledger_books", "ledger_chain", "ledger_migration"],
            await BooksOfVersion01.Scalar<string[]>(database, "select array_agg(tablename::text order by tablename) from pg_tables where tablename like 'ledger\\_%'"));

        said.Clear();
        var opened = await BooksOfVersion01.Fingerprint(database);
        await Open(database);
        Assert.Empty(said);
        Assert.Equal(opened, await BooksOfVersion01.Fingerprint(database));
    }

    [Fact]
    public async Task a_start_that_was_cut_after_the_take_over_is_completed_by_the_next()
    {
        var database = await BooksOfVersion01.Restore(databases);
        await using (var db = new NpgsqlConnection(database))
        {
            await db.OpenAsync();
            await OldBooks.TakeOver(db, said.Add, CancellationToken.None);
        }
        await Open(database);
        Assert.Equal(4, await BooksOfVersion01.Scalar<long>(database, "select count(*) from mt_doc_mission"));
        Assert.Equal(BooksVersion.Current, await BooksOfVersion01.Scalar<int>(database, "select version from ledger_books"));
    }

    private static Task<string> Events(string database) => BooksOfVersion01.Scalar<string>(
        database, "select md5(string_agg(row(seq_id, id, stream_id, version, data, type, timestamp)::text, e'\\n' order by seq_id)) from mt_events");

    private Task Open(string database) => BooksVersion.Open(new LedgerOptions { Home = "/nowhere", Database = database, AllowUnsafeDatabase = true }, said.Add, CancellationToken.None);

    private async Task<string> Refused(string database, string code)
    {
        var before = await BooksOfVersion01.Fingerprint(database);
        var refused = await Assert.ThrowsAsync<Refused>(() => Open(database));
        Assert.Equal(code, refused.Why.Code);
        Assert.Equal(before, await BooksOfVersion01.Fingerprint(database));
        return refused.Why.Detail;
    }
}
