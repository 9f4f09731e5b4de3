using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Ledger.Service.Embedded;

/// <summary>
/// A private PostgreSQL: own data folder, a socket that only we can reach, no network. It outlives a killed parent; the next
/// start attaches to it, or starts it again on its data.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    // sun_path holds 107 bytes and a NUL; the socket's own name takes "/.s.PGSQL.5432".
    private const int socketFolderBytesMax = 107 - 14;
    private const int port = 5432;
    private const int startSecondsMax = 60; // recovery after a crash included
    private const int stopSecondsMax = 30;

    private readonly PostgresBinaries binaries;
    private readonly FileStream owner;
    private readonly string data;

    private PostgresCluster(PostgresBinaries binaries, FileStream owner, string data, string connectionString) =>
        (this.binaries, this.owner, this.data, ConnectionString) = (binaries, owner, data, connectionString);

    /// <summary>How to connect to the database of the books.</summary>
    public string ConnectionString { get; }

    /// <summary>The server's process; 0 when there is none.</summary>
    public int ServerPid => LockFile.Read(data)?.Pid ?? 0;

    /// <summary>
    /// The preferred folder, if the server's user can reach it (always, unless we are root); else a stable folder of its own
    /// under <c>/var/lib/ledger</c>, or <c>/var/tmp</c> where that can't be made.
    /// </summary>
    public static async Task<string> ReachableFolder(string preferred)
    {
        preferred = Path.GetFullPath(preferred);
        var existing = preferred;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing)!;
        if (await PostgresBinaries.ServerReaches(existing)) return preferred;
        var name = ShortHash(preferred);
        return Directory.Exists("/var/lib") ? $"/var/lib/ledger/{name}" : $"/var/tmp/ledger-{name}";
    }

    /// <summary>Starts the cluster, making it first where there is none; attaches to its server if that still runs.</summary>
    /// <exception cref="PostgresClusterException">It can't; the message says why and what to do.</exception>
    public static async Task<PostgresCluster> Start(PostgresClusterOptions options, Action<string>? say, CancellationToken ct)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        Directory.CreateDirectory(folder);
        if (!await PostgresBinaries.ServerReaches(folder))
            throw new PostgresClusterException($"The user postgres can't reach {folder}, and PostgreSQL refuses to run as root. Use a folder that it can reach, such as {await ReachableFolder(folder)}.");

        var owner = TakeOwnership(folder);
        try
        {
            var data = Path.Combine(folder, "pg");
            var binaries = await PostgresBinaries.Find(options.BinFolder, MajorOf(data), data);
            if (!Directory.Exists(data))
            {
                say?.Invoke($"Making a PostgreSQL {binaries.Major} cluster in {data}");
                await Create(binaries, data);
            }
            data = RealPath(data);
            var server = await Attach(data, ct);
            if (server is null)
            {
                say?.Invoke("Starting PostgreSQL");
                server = await Launch(binaries, folder, data, options, ct);
            }
            await CreateDatabase(server, ct);
            var books = new NpgsqlConnectionStringBuilder(server) { Database = "ledger", Pooling = true };
            return new(binaries, owner, data, books.ConnectionString);
        }
        catch
        {
            await owner.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the server that a killed parent left on a folder, if there is one: it is started attached, then stopped.</summary>
    /// <exception cref="PostgresClusterException">Another living service uses the folder.</exception>
    public static async Task StopAbandoned(string dataFolder, CancellationToken ct)
    {
        if (LockFile.Read(Path.Combine(dataFolder, "pg")) is null) return;
        await (await Start(new() { DataFolder = dataFolder }, null, ct)).DisposeAsync();
    }

    /// <summary>Stops the server cleanly and gives the folder free.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            // pg_ctl would wait in vain for the lock file of a server that was killed.
            if (await Listens(CancellationToken.None))
                await binaries.Run("pg_ctl", ["stop", "-D", data, "-m", "fast", "-w", "-t", Text(stopSecondsMax)], TimeSpan.FromSeconds(stopSecondsMax + 5));
        }
        finally
        {
            RemoveShortSocketFolder();
            await owner.DisposeAsync();
        }
    }

    /// <summary>Whether the server is there. One that recovers accepts connections too and refuses them in words; only a dead one has nobody at its socket.</summary>
    internal async Task<bool> Listens(CancellationToken ct) => LockFile.Read(data) is { } lockFile && await Listens(lockFile, ct);

    /// <summary>What is left when the program is killed: the server runs on, the lock on the folder is gone.</summary>
    internal ValueTask Abandon() => owner.DisposeAsync();

    /// <summary>One program at a time owns the folder. The lock goes with its process, however that ends.</summary>
    private static FileStream TakeOwnership(string folder)
    {
        var file = Path.Combine(folder, "owner.lock");
        try
        {
            return new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new PostgresClusterException($"Another program runs the books in {folder} already. Use that one, or another folder.", e);
        }
    }

    private static int? MajorOf(string data)
    {
        if (!Directory.Exists(data)) return null;
        var file = Path.Combine(data, "PG_VERSION");
        if (!File.Exists(file)) throw new PostgresClusterException($"{data} is there but holds no PostgreSQL cluster. Nothing was touched; move it away to start anew.");
        return int.Parse(File.ReadAllText(file).Trim().Split('.')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Made beside and then renamed: half a cluster never stands where a whole one belongs.</summary>
    private static async Task Create(PostgresBinaries binaries, string data)
    {
        var unfinished = data + ".new";
        if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        await MakePrivate(unfinished);
        // C collation: text sorts by bytes, so an upgrade of the system's locale data can't corrupt an index. The folder of the
        // socket is private, so whoever reaches it may connect.
        var (code, output) = await binaries.Run(
            "initdb", ["-D", unfinished, "-U", "ledger", "-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject", "--data-checksums"], TimeSpan.FromSeconds(startSecondsMax));
        if (code != 0) throw new PostgresClusterException($"initdb failed: {output}");
        await File.AppendAllTextAsync(Path.Combine(unfinished, "postgresql.conf"), "\ninclude 'ledger.conf'\n");
        await File.WriteAllTextAsync(Path.Combine(unfinished, "ledger.conf"), "");
        Directory.Move(unfinished, data);
    }

    /// <summary>How to connect to the server that runs on the folder already, or null: none does, and nothing of one is in the way.</summary>
    private static async Task<string?> Attach(string data, CancellationToken ct)
    {
        var patience = Stopwatch.StartNew();
        while (LockFile.Read(data) is { } lockFile)
        {
            string why;
            if (await Listens(lockFile, ct))
            {
                var server = Connection(lockFile.SocketFolder!, lockFile.Port);
                if (await WhySilent(server, ct) is not { } silent) return server;
                why = $"The PostgreSQL server on {data} (process {lockFile.Pid}) does not answer: {silent}";
            }
            else if (AnyWorksIn(data))
            {
                // It starts up or shuts down, or its children outlive a kill for a moment.
                why = $"Processes of a PostgreSQL server work in {data}, but nobody is at its socket. Try again when they have ended.";
            }
            else
            {
                RemoveStaleLock(data, lockFile);
                return null;
            }
            if (patience.Elapsed.TotalSeconds > startSecondsMax) throw new PostgresClusterException(why);
            await Task.Delay(50, ct);
        }
        return null;
    }

    /// <summary>
    /// PostgreSQL tells a stale lock by its process number. Where a zombie or a stranger has that number by now, it can't, and
    /// would refuse to start for ever.
    /// </summary>
    private static void RemoveStaleLock(string data, LockFile stale)
    {
        try
        {
            using var _ = Process.GetProcessById(stale.Pid);
        }
        catch (ArgumentException)
        {
            return;
        }
        File.Delete(Path.Combine(data, "postmaster.pid"));
        if (Directory.Exists(stale.SocketFolder)) File.Delete(Path.Combine(stale.SocketFolder, $".s.PGSQL.{stale.Port}.lock"));
    }

    private static async Task<string> Launch(PostgresBinaries binaries, string folder, string data, PostgresClusterOptions options, CancellationToken ct)
    {
        var socket = await SocketFolder(folder);
        await File.WriteAllTextAsync(Path.Combine(data, "ledger.conf"), $"""
            # Written by Ledger at each start.
            listen_addresses = ''
            unix_socket_directories = '{socket.Replace("'", "''", StringComparison.Ordinal)}'
            unix_socket_permissions = 0700
            port = {port}
            max_connections = {options.ConnectionsMax}
            shared_buffers = {options.SharedBuffers}
            max_wal_size = 1GB
            checkpoint_timeout = 15min
            autovacuum_max_workers = 2
            max_worker_processes = 4
            max_wal_senders = 2
            # An append that hangs would hold up every projection behind it.
            idle_in_transaction_session_timeout = 60s
            jit = off
            timezone = UTC
            log_timezone = UTC
            lc_messages = C
            log_min_messages = warning
            log_min_error_statement = panic
            password_encryption = scram-sha-256

            """, ct);
        var log = Path.Combine(folder, "postgres.log");
        if (!File.Exists(log) || new FileInfo(log).Length > 10_000_000) await File.WriteAllTextAsync(log, "", ct);
        await PostgresBinaries.GiveToServer(log);

        // pg_ctl puts the server into a session of its own: a Ctrl-C meant for us does not stop it under our feet.
        var (code, output) = await binaries.Run("pg_ctl", ["start", "-D", data, "-l", log, "-s", "-w", "-t", Text(startSecondsMax)], TimeSpan.FromSeconds(startSecondsMax + 5));
        if (code != 0) throw new PostgresClusterException($"PostgreSQL did not start: {output}\n{string.Join('\n', (await File.ReadAllLinesAsync(log, ct)).TakeLast(10))}");
        return Connection(socket, port);
    }

    private static async Task<string> SocketFolder(string folder)
    {
        var socket = Path.Combine(folder, "socket");
        if (Encoding.UTF8.GetByteCount(socket) > socketFolderBytesMax || socket.Contains(',', StringComparison.Ordinal))
        {
            var run = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
            var parent = !Environment.IsPrivilegedProcess && run is { Length: > 0 and < 60 } && Directory.Exists(run) ? run : "/tmp";
            socket = Path.Combine(parent, $"ledger-{ShortHash(folder)}");
        }
        if (new DirectoryInfo(socket).LinkTarget is not null) throw new PostgresClusterException($"{socket} is a link; a private folder is needed there.");
        try
        {
            await MakePrivate(socket);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new PostgresClusterException($"{socket} belongs to somebody else.", e);
        }
        return socket;
    }

    /// <summary>For the server alone. Fails for a folder that somebody else put there.</summary>
    private static async Task MakePrivate(string folder)
    {
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(folder, mode);
        File.SetUnixFileMode(folder, mode);
        await PostgresBinaries.GiveToServer(folder);
    }

    private void RemoveShortSocketFolder()
    {
        var socket = new NpgsqlConnectionStringBuilder(ConnectionString).Host!;
        if (Path.GetDirectoryName(socket) == Path.GetDirectoryName(data) || !Directory.Exists(socket)) return;
        try
        {
            Directory.Delete(socket);
        }
        catch (IOException)
        {
            // Not empty: a server still has its socket there.
        }
    }

    private static async Task CreateDatabase(string server, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync(ct);
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = 'ledger'", connection);
        if (await exists.ExecuteScalarAsync(ct) is not null) return;
        await using var create = new NpgsqlCommand("create database ledger", connection);
        await create.ExecuteNonQueryAsync(ct);
    }

    private static string Connection(string socket, int port) => new NpgsqlConnectionStringBuilder
    {
        Host = socket,
        Port = port,
        Username = "ledger",
        Database = "postgres",
        Pooling = false,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    private static async Task<bool> Listens(LockFile lockFile, CancellationToken ct)
    {
        if (lockFile.SocketFolder is null) return false;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(lockFile.SocketFolder, $".s.PGSQL.{lockFile.Port}")), ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<string?> WhySilent(string server, CancellationToken ct)
    {
        try
        {
            await using var connection = new NpgsqlConnection(server);
            await connection.OpenAsync(ct);
            return null;
        }
        catch (NpgsqlException e)
        {
            return e.Message;
        }
    }

    /// <summary>Whether any process works in the folder, as every process of a server does. Where that can't be seen: no.</summary>
    private static bool AnyWorksIn(string data)
    {
        return Directory.Exists("/proc/self") && Directory.EnumerateDirectories("/proc").Any(WorksThere);

        bool WorksThere(string process)
        {
            try
            {
                return char.IsAsciiDigit(Path.GetFileName(process)[0]) && new FileInfo(process + "/cwd").LinkTarget == data;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    // Processes show their folder without links.
    private static string RealPath(string path)
    {
        var real = "/";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = new DirectoryInfo(Path.Combine(real, part));
            real = next.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next.FullName;
        }
        return real;
    }

    private static string ShortHash(string path) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..16];

    private static string Text(int seconds) => seconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>What <c>postmaster.pid</c> says of the server that wrote it.</summary>
    private sealed record LockFile(int Pid, int Port, string? SocketFolder)
    {
        public static LockFile? Read(string data)
        {
            try
            {
                // A server that is just starting has not written all lines yet.
                var lines = File.ReadAllLines(Path.Combine(data, "postmaster.pid"));
                return new(Number(0), Number(3), lines.Length > 4 && lines[4].Length > 0 ? lines[4] : null);

                int Number(int line) => line < lines.Length && int.TryParse(lines[line], CultureInfo.InvariantCulture, out var number) ? number : 0;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }
    }
}

/// <summary>Where and how a private PostgreSQL runs.</summary>
public sealed record PostgresClusterOptions
{
    /// <summary>Folder that holds the cluster (<c>pg</c>), its socket and its log. Created when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Folder with <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c>; null: <c>LEDGER_PG_BIN</c>, PATH, then the usual places.</summary>
    public string? BinFolder { get; init; }

    /// <summary>Connections the server takes: requests, the projections' daemon and the messages' queues.</summary>
    /// <value>The default is 120.</value>
    public int ConnectionsMax { get; init; } = 120;

    /// <summary>Memory for shared buffers, as PostgreSQL spells it.</summary>
    /// <value>The default is 64MB: small when idle, ample for these books.</value>
    public string SharedBuffers { get; init; } = "64MB";
}

/// <summary>The private PostgreSQL can't run; the message says what to do.</summary>
public sealed class PostgresClusterException(string message, Exception? inner = null) : Exception(message, inner);
