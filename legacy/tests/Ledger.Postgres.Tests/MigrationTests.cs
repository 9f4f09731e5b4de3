using Ledger.Testing;
using Npgsql;
using Xunit;
using static Ledger.EngineCompliance.Given;

namespace Ledger.Postgres.Tests;

public sealed class MigrationTests
{
    private static readonly CancellationToken ct = CancellationToken.None;
    private static readonly Migration mine = new("mine", 1, "a-table", "create table mine (x int)");

    [Fact]
    public async Task two_programs_that_migrate_at_once_do_it_once()
    {
        await using var database = await TestDatabase.Create();
        await using var other = LedgerDatabase.Connect(database.ConnectionString, "fresh");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using var own = LedgerDatabase.Connect(database.ConnectionString, "fresh");
            await Migrations.Run(own, [mine], ct);
        }));
        Assert.Equal(Migrations.Engine.Count + 1, await database.Scalar<long>("select count(*) from fresh.ledger_migration"));
        await using var log = await PostgresEventLog.Open(other, null, ct);
        await log.Append(One("a", "1"), ct);
        Assert.Equal(1, await database.Scalar<long>("select count(*) from fresh.mt_events"));
        Assert.Equal(0, await database.Scalar<long>("select count(*) from mt_events"));
    }

    [Fact]
    public async Task a_step_that_fails_leaves_nothing_behind()
    {
        await using var database = await TestDatabase.Create();
        var broken = new Migration("mine", 2, "half", "create table half (x int); select 1/0");
        await Assert.ThrowsAsync<PostgresException>(() => Migrations.Run(database.Database, [mine, broken], ct));
        Assert.Equal(1, await database.Scalar<long>("select count(*) from ledger_migration where component = 'mine'"));
        Assert.Equal(0, await database.Scalar<long>("select count(*) from pg_class where relname = 'half'"));
        await Migrations.Run(database.Database, [mine, broken with { Sql = "create table half (x int)" }], ct);
    }

    [Fact]
    public async Task a_database_newer_than_the_program_is_refused()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("insert into ledger_migration (component, id, name, sha256) values ('engine', 999, 'from the future', '')");
        var refusal = await Assert.ThrowsAsync<SchemaMismatchException>(() => Migrations.Run(database.Database, [mine], ct));
        Assert.Contains("newer", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.Scalar<long>("select count(*) from pg_class where relname = 'mine'"));
        await Assert.ThrowsAsync<SchemaMismatchException>(() => database.OpenLog());
    }

    [Fact]
    public async Task a_database_older_than_the_program_does_not_open_as_a_log()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("delete from ledger_migration where component = 'engine' and id = 2");
        await Assert.ThrowsAsync<SchemaMismatchException>(() => database.OpenLog());
        await using var empty = LedgerDatabase.Connect(database.ConnectionString, "nothing_here");
        await Assert.ThrowsAsync<SchemaMismatchException>(() => PostgresEventLog.Open(empty, null, ct));
    }

    [Fact]
    public async Task a_step_that_ran_in_another_version_is_refused()
    {
        await using var database = await TestDatabase.Create(mine);
        await Assert.ThrowsAsync<SchemaMismatchException>(() => Migrations.Run(database.Database, [mine with { Sql = "create table other (x int)" }], ct));
    }

    [Theory]
    [InlineData("Public")]
    [InlineData("a b")]
    [InlineData("x\"; drop schema public; --")]
    [InlineData("")]
    [InlineData("1a")]
    public void a_schema_has_a_plain_name(string schema) =>
        Assert.Throws<ArgumentException>(() => LedgerDatabase.Connect("Host=/nowhere", schema));
}
