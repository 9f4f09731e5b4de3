using System.Diagnostics;
using DotNet.Testcontainers.Images;
using Ledger.Service.Embedded;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testcontainers.PostgreSql;

namespace Ledger.Service.Tests.Support;

/// <summary>
/// The PostgreSQL that tests run on. <c>LEDGER_TEST_POSTGRES</c> is <c>testcontainers</c>, <c>embedded</c> or the connection string of somebody
/// who may create databases; when it is not set: a container where a Docker engine answers and has or gets the image, else embedded.
/// Durability is on as in production: what a killed server forgets is a fault that tests must be able to see.
/// </summary>
internal sealed class PostgresForTests(string connectionString, string name, Func<Task> stop) : IAsyncDisposable
{
    private const int connectionsMax = 500;
    private const string sharedBuffers = "256MB";

    public string ConnectionString => connectionString;

    /// <summary>Which one it is, and why, in a line for people.</summary>
    public string Name => name;

    public static async Task<PostgresForTests> Start()
    {
        switch (Environment.GetEnvironmentVariable("LEDGER_TEST_POSTGRES"))
        {
            case { } given when given.Contains('=', StringComparison.Ordinal):
                return new(given, $"the server at {new NpgsqlConnectionStringBuilder(given).Host}, as LEDGER_TEST_POSTGRES says", () => Task.CompletedTask);
            case "testcontainers":
                return await Container();
            case "embedded":
                return await Embedded("as LEDGER_TEST_POSTGRES says");
            case null or "":
                try
                {
                    return await Container();
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    return await Embedded($"because no container could be had: {FirstLine(e)}");
                }
            case var other:
                throw new InvalidOperationException($"LEDGER_TEST_POSTGRES is testcontainers, embedded or a connection string, not '{other}'.");
        }
    }

    public ValueTask DisposeAsync() => new(stop());

    private static async Task<PostgresForTests> Embedded(string why)
    {
        var watch = Stopwatch.StartNew();
        var folder = Path.Combine(Path.GetTempPath(), $"ledger-tests-{Environment.ProcessId}");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        var cluster = await PostgresCluster.Start(
            new() { DataFolder = folder, ConnectionsMax = connectionsMax, SharedBuffers = sharedBuffers }, null, CancellationToken.None);
        return new(cluster.ConnectionString, $"embedded in {watch.ElapsedMilliseconds} ms, {why}", async () =>
        {
            await cluster.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        });
    }

    private static async Task<PostgresForTests> Container()
    {
        var watch = Stopwatch.StartNew();
        // An image of our own (eng/ensure-docker-postgres) is here or nowhere; the official one may be pulled.
        var own = Environment.GetEnvironmentVariable("LEDGER_TEST_IMAGE");
        var container = new PostgreSqlBuilder(own is { Length: > 0 } ? own : "postgres:15-alpine")
            .WithImagePullPolicy(own is { Length: > 0 } ? PullPolicy.Never : PullPolicy.Missing)
            .WithDatabase("ledger").WithUsername("ledger").WithPassword(Guid.NewGuid().ToString("N"))
            // Testcontainers turns fsync, full_page_writes and synchronous_commit off. The last one counts.
            .WithCommand("-c", "fsync=on", "-c", "full_page_writes=on", "-c", "synchronous_commit=on",
                "-c", $"max_connections={connectionsMax}", "-c", $"shared_buffers={sharedBuffers}", "-c", "idle_in_transaction_session_timeout=60s")
            .WithCreateParameterModifier(p => p.HostConfig!.ShmSize = 256 << 20) // 64 MB, otherwise: too little for parallel queries
            .WithLogger(NullLogger.Instance)
            .Build();
        try
        {
            await container.StartAsync();
        }
        catch
        {
            await container.DisposeAsync();
            throw;
        }
        // Where Ryuk's image can't be had, nobody else removes the container.
        return new(container.GetConnectionString(), $"container {container.Image.FullName} in {watch.ElapsedMilliseconds} ms", () => container.DisposeAsync().AsTask());
    }

    private static string FirstLine(Exception e)
    {
        while (e is AggregateException { InnerException: { } inner }) e = inner;
        return e.Message.Split('\n', 2)[0].Trim();
    }
}
