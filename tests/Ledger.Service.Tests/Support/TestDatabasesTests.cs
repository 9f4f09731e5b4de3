using Npgsql;

namespace Ledger.Service.Tests.Support;

/// <summary>The databases that other tests rely on, and what those tests take for granted. Small: it also proves the container's path.</summary>
public sealed class TestDatabasesTests(TestDatabases databases)
{
    [Fact]
    public async Task a_new_database_is_empty_and_a_copy_has_what_its_template_has()
    {
        var template = await databases.Create();
        await using (var connected = NpgsqlDataSource.Create(template))
        {
            Assert.Equal(0L, await Ask<long>(connected, "select count(*) from information_schema.tables where table_schema = 'public'"));
            await Ask<object>(connected, "create table kept (n int); insert into kept values (7); select 1");

            // With a connection still open.
            await using var copy = NpgsqlDataSource.Create(await databases.Create(template));
            Assert.Equal(7, await Ask<int>(copy, "select n from kept"));
        }
        await databases.Drop(template);
        await using var gone = NpgsqlDataSource.Create(template);
        await Assert.ThrowsAsync<PostgresException>(() => Ask<int>(gone, "select 1"));
    }

    [Theory]
    [InlineData("fsync", "on")]
    [InlineData("full_page_writes", "on")]
    [InlineData("synchronous_commit", "on")]
    [InlineData("max_connections", "500")]
    [InlineData("idle_in_transaction_session_timeout", "1min")]
    public async Task the_server_is_as_durable_as_in_production_and_has_room(string setting, string value)
    {
        await using var database = NpgsqlDataSource.Create(await databases.Create());
        Assert.Equal(value, await Ask<string>(database, $"select current_setting('{setting}')"));
    }

    [Fact]
    public async Task a_proxy_cuts_a_connection_and_lets_the_next_one_through()
    {
        var at = new NpgsqlConnectionStringBuilder(await databases.Create());
        await using var proxy = new TcpProxy(at.Host!, at.Port);
        at.Host = "127.0.0.1";
        at.Port = proxy.Port;
        await using var database = NpgsqlDataSource.Create(at);
        Assert.Equal(1, await Ask<int>(database, "select 1"));
        proxy.Closed = true;
        proxy.CutAll();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => Ask<int>(database, "select 1"));
        proxy.Closed = false;
        Assert.Equal(2, await Ask<int>(database, "select 2"));
    }

    private static async Task<T> Ask<T>(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
