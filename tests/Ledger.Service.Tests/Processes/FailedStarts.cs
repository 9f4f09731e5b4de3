using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Ledger.Service.Embedded;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Storage;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Processes;

/// <summary>A start that fails says why in one line, ends with the code that says whose turn it is, and leaves nothing running.</summary>
public sealed class FailedStarts(TestDatabases databases) : IAsyncLifetime
{
    private readonly string home = RunningService.NewHome();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await RunningService.Remove(home);

    [Theory]
    [InlineData("LEDGER_POLL_EVERY", "often")]
    [InlineData("LEDGER_URL", "http://192.0.2.1:7171")]
    [InlineData("XAI_MANAGEMENT_URL", "http://example.org")]
    [InlineData("LEDGER_DB", "nonsense")]
    public async Task a_bad_setting_is_named_before_anything_is_made(string name, string value)
    {
        await using var service = RunningService.Begin(home, RunningService.FreePort(), (name, value));
        Assert.Equal(78, await service.Ended());
        Assert.Contains(name, service.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(home));
    }

    [Fact]
    public async Task a_port_that_is_taken_is_named_and_nothing_stays_behind()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var service = RunningService.Begin(home, ((IPEndPoint)listener.LocalEndpoint).Port);
        Assert.Equal(78, await service.Ended());
        Assert.Contains("LEDGER_URL", service.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(await PostgresCluster.ReachableFolder(Path.Combine(home, "postgres")), "pg", "postmaster.pid")));
    }

    [Fact]
    public async Task a_database_that_is_away_is_waited_for_then_it_is_69_and_no_secret_is_told()
    {
        await using var service = RunningService.Begin(home, RunningService.FreePort(), ("LEDGER_DB", Nobody()));
        await service.Says("waiting for the database");
        Assert.Equal(69, await service.Ended());
        Assert.Contains("the database can't be used", service.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", service.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task told_to_stop_while_it_waits_it_stops()
    {
        await using var service = RunningService.Begin(home, RunningService.FreePort(), ("LEDGER_DB", Nobody()));
        await service.Says("waiting for the database");
        var watch = Stopwatch.StartNew();
        Assert.Equal(0, await service.Stop());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task a_program_that_is_older_than_the_books_is_refused_also_while_the_newer_one_runs_and_disturbs_nobody()
    {
        var database = await databases.Create();
        await using (var newer = await RunningService.Start(home, RunningService.FreePort(), ("LEDGER_DB", database), ("LEDGER_SOLO", "")))
        {
            // From here on the one that runs is the newer one: it wrote down what its books are.
            await BooksOfVersion01.Execute(database, $"update ledger_books set version = {BooksVersion.Current + 1}");
            var before = await Tables();
            var other = RunningService.NewHome();
            await using (var older = RunningService.Begin(other, RunningService.FreePort(), ("LEDGER_DB", database), ("LEDGER_SOLO", "")))
            {
                Assert.Equal(78, await older.Ended());
                Assert.Contains($"newer than this program: they are of version {BooksVersion.Current + 1}, it knows {BooksVersion.Current}", older.Said, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", older.Said, StringComparison.Ordinal);
            }
            await RunningService.Remove(other);
            Assert.Equal(before, await Tables());
            using var http = newer.Client();
            using var agent = new HttpRequestMessage(HttpMethod.Post, "/api/v1/agents") { Content = new StringContent("""{"name":"ba"}""", System.Text.Encoding.UTF8, "application/json") };
            agent.Headers.Add("Idempotency-Key", "ba");
            Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(agent)).StatusCode);
        }
        NpgsqlConnection.ClearAllPools();
        await databases.Drop(database);

        Task<string> Tables() => BooksOfVersion01.Scalar<string>(database, """
            select (select string_agg(table_schema || '.' || table_name || ' ' || column_name || ' ' || data_type, ', ' order by table_schema, table_name, ordinal_position)
                    from information_schema.columns where table_schema !~ '^(pg_|information_schema)')
                || (select count(*) from messages.wolverine_nodes) || (select count(*) from mt_events)
            """);
    }

    /// <summary>Marten and Wolverine pass on what the database said as the cause of their own errors.</summary>
    [Fact]
    public void what_the_database_refuses_is_said_whichever_library_passed_it_on()
    {
        var full = new PostgresException("sorry, too many clients already", "FATAL", "FATAL", PostgresErrorCodes.TooManyConnections);
        var explained = Startup.Explained(new InvalidOperationException("A page of details", new AggregateException(full)));
        Assert.Equal(69, explained?.Exit);
        Assert.Equal($"the database can't be used: {full.Message}", explained?.Text);
        Assert.Null(Startup.Explained(new InvalidOperationException("a fault of ours")));
    }

    private static string Nobody() => $"Host=127.0.0.1;Port={RunningService.FreePort()};Database=ledger;Username=ledger;Password=canary-5c1e;Timeout=2";
}
