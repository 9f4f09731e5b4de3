using System.Diagnostics;
using Ledger.Service.Embedded;
using Npgsql;

namespace Ledger.Service.Tests.Embedded;

public sealed class PostgresClusterTests : IDisposable
{
    private static readonly CancellationToken ct = CancellationToken.None;
    private static int folders;
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"ledger-cluster-{Environment.ProcessId}-{Interlocked.Increment(ref folders)}");

    public void Dispose()
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private Task<PostgresCluster> Start() => PostgresCluster.Start(new PostgresClusterOptions { DataFolder = folder }, null, ct);

    private static async Task<T> Ask<T>(PostgresCluster cluster, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    [Fact]
    public async Task it_keeps_its_data_over_stops_kills_and_killed_parents()
    {
        await using (var first = await Start())
        {
            await Ask<object>(first, "create table kept (n int); insert into kept values (1); select 1");
            Assert.Equal("", await Ask<string>(first, "select current_setting('listen_addresses')"));
            Assert.Equal("on", await Ask<string>(first, "select current_setting('data_checksums')"));
            Assert.Equal("UTF8", await Ask<string>(first, "select current_setting('server_encoding')"));
            Assert.Equal("C", await Ask<string>(first, "select datcollate::text from pg_database where datname = 'ledger'"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Mode(Path.Combine(folder, "socket")));
        }
        Assert.False(File.Exists(Path.Combine(folder, "pg", "postmaster.pid")));

        // The parent is killed: the server runs on, and the next start finds it.
        var second = await Start();
        var pid = second.ServerPid;
        await second.Abandon();
        var third = await Start();
        Assert.Equal(pid, third.ServerPid);
        Assert.Equal(1, await Ask<int>(third, "select n from kept"));

        // The server is killed too, and leaves its lock file (and, where nobody reaps it, a zombie).
        using (var server = Process.GetProcessById(pid))
            server.Kill();
        await third.Abandon();
        await using (var fourth = await Start())
        {
            Assert.NotEqual(pid, fourth.ServerPid);
            Assert.Equal(1, await Ask<int>(fourth, "select n from kept"));

            // A live one is never disturbed: who comes second is told so.
            var refusal = await Assert.ThrowsAsync<PostgresClusterException>(Start);
            Assert.Contains(folder, refusal.Message, StringComparison.Ordinal);
            Assert.Equal(1, await Ask<int>(fourth, "select n from kept"));
        }

        // A lock file whose number belongs to somebody else by now.
        var lockFile = Path.Combine(folder, "pg", "postmaster.pid");
        await File.WriteAllTextAsync(lockFile, $"{Environment.ProcessId}\n{folder}/pg\n1\n5432\n{folder}/socket\n\n", ct);
        await using (var fifth = await Start())
            Assert.Equal(1, await Ask<int>(fifth, "select n from kept"));

        // A new major version: nothing is touched.
        var version = Path.Combine(folder, "pg", "PG_VERSION");
        var was = await File.ReadAllTextAsync(version, ct);
        await File.WriteAllTextAsync(version, "9\n", ct);
        var before = Snapshot();
        var mismatch = await Assert.ThrowsAsync<PostgresClusterException>(Start);
        Assert.Contains("PostgreSQL 9", mismatch.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was touched", mismatch.Message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());
        await File.WriteAllTextAsync(version, was, ct);
        await using (var sixth = await Start())
            Assert.Equal(1, await Ask<int>(sixth, "select n from kept"));
    }

    [Fact]
    public async Task of_two_that_start_at_once_on_a_new_folder_one_wins_and_the_other_is_told()
    {
        var starts = new[] { Start(), Start() };
        await Task.WhenAll(starts.Select(s => s.ContinueWith(_ => { }, TaskScheduler.Default)));
        var won = Assert.Single(starts, s => s.IsCompletedSuccessfully);
        Assert.IsType<PostgresClusterException>(Assert.Single(starts, s => s.IsFaulted).Exception!.InnerException);
        await using var cluster = await won;
        Assert.Equal(1, await Ask<int>(cluster, "select 1"));
    }

    [Fact]
    public async Task a_path_too_long_for_a_socket_works_and_remains_of_a_half_made_cluster_do_not_matter()
    {
        var deep = Path.Combine(folder, new string('a', 60), new string('b', 60), "with space and 'quote'");
        Directory.CreateDirectory(Path.Combine(deep, "pg.new", "base"));
        string socket;
        await using (var cluster = await PostgresCluster.Start(new PostgresClusterOptions { DataFolder = deep }, null, ct))
        {
            Assert.Equal(1, await Ask<int>(cluster, "select 1"));
            socket = new NpgsqlConnectionStringBuilder(cluster.ConnectionString).Host!;
            Assert.True(socket.Length < 93);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Mode(socket));
        }
        Assert.False(Directory.Exists(socket));
    }

    [Fact]
    public async Task a_folder_that_holds_something_else_is_left_alone()
    {
        Directory.CreateDirectory(Path.Combine(folder, "pg"));
        await File.WriteAllTextAsync(Path.Combine(folder, "pg", "diary.txt"), "dear", ct);
        await Assert.ThrowsAsync<PostgresClusterException>(Start);
        Assert.Equal("dear", await File.ReadAllTextAsync(Path.Combine(folder, "pg", "diary.txt"), ct));
    }

    [Fact]
    public async Task an_override_without_the_programs_is_named_in_the_refusal()
    {
        var refusal = await Assert.ThrowsAsync<PostgresClusterException>(() =>
            PostgresCluster.Start(new PostgresClusterOptions { DataFolder = folder, BinFolder = "/nowhere/bin" }, null, ct));
        Assert.Contains("/nowhere/bin", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("LEDGER_PG_BIN", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_home_that_the_servers_user_cannot_reach_is_exchanged_for_one_that_it_can()
    {
        var home = Path.Combine(folder, "home");
        Directory.CreateDirectory(home);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var preferred = Path.Combine(home, ".local", "share", "ledger");
        var reachable = await PostgresCluster.ReachableFolder(preferred);
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Equal(preferred, reachable);
            return;
        }
        Assert.NotEqual(preferred, reachable);
        Assert.Equal(reachable, await PostgresCluster.ReachableFolder(preferred));
        Assert.NotEqual(reachable, await PostgresCluster.ReachableFolder(preferred + "2"));
        Assert.Equal(Path.GetTempPath().TrimEnd('/'), await PostgresCluster.ReachableFolder(Path.GetTempPath().TrimEnd('/')));
        var refusal = await Assert.ThrowsAsync<PostgresClusterException>(() => PostgresCluster.Start(new PostgresClusterOptions { DataFolder = preferred }, null, ct));
        Assert.Contains(reachable, refusal.Message, StringComparison.Ordinal);
    }

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    private string[] Snapshot() =>
        [.. Directory.EnumerateFiles(Path.Combine(folder, "pg"), "*", SearchOption.AllDirectories)
            .Select(f => $"{f} {new FileInfo(f).Length} {File.GetLastWriteTimeUtc(f):O}").Order(StringComparer.Ordinal)];
}
