using Ledger.Service.Tests.Support;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestDatabases))]

namespace Ledger.Service.Tests.Support;

/// <summary>
/// Fresh databases on one PostgreSQL, which starts when the first test asks and ends with the assembly. Test classes and fixtures
/// take it in their constructor.
/// </summary>
public sealed class TestDatabases : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresForTests>> server = new(Start);
    private int databases;

    /// <summary>The connection string of a new database: empty, or a copy of one made here before, whose connections are cut for it.</summary>
    public async Task<string> Create(string? template = null)
    {
        var name = $"ledger_test_{Environment.ProcessId}_{Interlocked.Increment(ref databases)}";
        if (template is null)
        {
            await Execute($"create database {name}");
        }
        else
        {
            // PostgreSQL copies no database that somebody is connected to.
            var source = NameOf(template);
            await Execute($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{source}'");
            await Execute($"create database {name} template {source}");
        }
        // A machine that has more to do than these tests lets a connection wait.
        return new NpgsqlConnectionStringBuilder((await server.Value).ConnectionString) { Database = name, Timeout = patienceSeconds, CommandTimeout = patienceSeconds }.ConnectionString;
    }

    /// <summary>Removes a database before the assembly ends: where one is made for each of many cases.</summary>
    public Task Drop(string connectionString) => Execute($"drop database if exists {NameOf(connectionString)} with (force)");

    public async ValueTask DisposeAsync()
    {
        if (!server.IsValueCreated) return;
        var started = await server.Value;
        for (var i = 1; i <= databases; i++)
            await Execute($"drop database if exists ledger_test_{Environment.ProcessId}_{i} with (force)");
        NpgsqlConnection.ClearAllPools();
        await started.DisposeAsync();
    }

    private static async Task<PostgresForTests> Start()
    {
        var started = await PostgresForTests.Start();
        // Not to the standard output: that is the test runner's, which programs read.
        await Console.Error.WriteLineAsync($"PostgreSQL: {started.Name}");
        return started;
    }

    private const int patienceSeconds = 120;

    private static string NameOf(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString).Database!;

    private async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder((await server.Value).ConnectionString) { Pooling = false, Timeout = patienceSeconds }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = patienceSeconds };
        await command.ExecuteNonQueryAsync();
    }
}
