using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ledger.Postgres;
using Ledger.Postgres.Embedded;
using Npgsql;

namespace Ledger.Testing;

/// <summary>
/// A fresh database with the schema in it, copied from a template. All tests of a process share one embedded PostgreSQL below
/// the temporary folder, stopped when the process ends; <c>LEDGER_TEST_DB</c> names a server of your own instead.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> server = new(StartServer);
    private static readonly Dictionary<string, Task<string>> templates = [];
    private static int databases;
    private readonly string name;

    private TestDatabase(string name, string connectionString)
    {
        this.name = name;
        ConnectionString = connectionString;
        Database = LedgerDatabase.Connect(connectionString);
    }

    /// <summary>Names this database.</summary>
    public string ConnectionString { get; }

    /// <summary>Engine's view of it.</summary>
    public LedgerDatabase Database { get; }

    /// <summary>For plain SQL.</summary>
    public NpgsqlDataSource DataSource => Database.DataSource;

    /// <summary>The server all tests share: a connection string of somebody who may create databases.</summary>
    public static Task<string> Server() => server.Value;

    /// <summary>A database with the engine's tables and those of the given migrations.</summary>
    public static async Task<TestDatabase> Create(params IEnumerable<Migration> more)
    {
        var template = await Template([.. more]);
        var name = $"t{Environment.ProcessId}_{Interlocked.Increment(ref databases)}";
        await Admin($"create database {name} template {template}");
        return new TestDatabase(name, Named(await server.Value, name));
    }

    /// <summary>A log on this database. Dispose it before the database.</summary>
    public Task<PostgresEventLog> OpenLog(PostgresLogOptions? options = null) => PostgresEventLog.Open(Database, options, CancellationToken.None);

    /// <summary>One value by plain SQL.</summary>
    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Plain SQL.</summary>
    public async Task<int> Execute(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Plain SQL that the guards of the log let pass: what a person with a SQL prompt could do.</summary>
    public Task<int> Tamper(string sql) => Execute($"begin; set local ledger.unguarded = 'on'; set local session_replication_role = replica; {sql}; commit");

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Admin($"drop database if exists {name} with (force)");
    }

    private static Task<string> Template(Migration[] more)
    {
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(more.Select(m => m.Sql)))))[..12];
        lock (templates)
        {
            if (!templates.TryGetValue(key, out var template))
                templates[key] = template = Make($"template{Environment.ProcessId}_{key}", more);
            return template;
        }
    }

    private static async Task<string> Make(string name, Migration[] more)
    {
        await Admin($"drop database if exists {name} with (force)");
        await Admin($"create database {name}");
        // Without a pool: a template must have no connection left when it is copied.
        var unpooled = new NpgsqlConnectionStringBuilder(Named(await server.Value, name)) { Pooling = false };
        await using (var database = LedgerDatabase.Connect(unpooled.ConnectionString))
            await Migrations.Run(database, more, CancellationToken.None);
        return name;
    }

    private static async Task Admin(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(await server.Value) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Named(string connectionString, string database) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Database = database }.ConnectionString;

    private static async Task<string> StartServer()
    {
        if (Environment.GetEnvironmentVariable("LEDGER_TEST_DB") is { Length: > 0 } given)
            return given;
        var folder = Path.Combine(Path.GetTempPath(), $"ledger-tests-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var cluster = await PostgresCluster.Start(
            new PostgresClusterOptions { DataFolder = folder, ConnectionsMax = 300, SharedBuffers = "256MB" }, null, CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Directory.Delete(folder, recursive: true);
        };
        return cluster.ConnectionString;
    }
}
