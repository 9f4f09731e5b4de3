using System.Diagnostics;
using System.Globalization;
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
    private const int SocketFolderBytesMax = 107 - 14;
    private const int Port = 5432;

    private readonly PostgresClusterOptions options;
    private readonly PostgresBinaries binaries;
    private readonly FileStream owner;
    private readonly string data;

    private PostgresCluster(PostgresClusterOptions options, PostgresBinaries binaries, FileStream owner, string data, string connectionString)
    {
        this.options = options;
        this.binaries = binaries;
        this.owner = owner;
        this.data = data;
        ConnectionString = connectionString;
    }

    /// <summary>How to connect to the database of the books.</summary>
    public string ConnectionString { get; }

    /// <summary>The server's process.</summary>
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
        if (await ServerUser.Reaches(existing))
            return preferred;
        var name = ShortHash(preferred);
        return Directory.Exists("/var/lib") ? $"/var/lib/ledger/{name}" : $"/var/tmp/ledger-{name}";
    }

    /// <summary>Starts the cluster, making it first where there is none; attaches to its server if that still runs.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="say">Told, in words for people, what takes time.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="PostgresClusterException">It can't; the message says why and what to do.</exception>
    public static async Task<PostgresCluster> Start(PostgresClusterOptions options, Action<string>? say, CancellationToken ct)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        Directory.CreateDirectory(folder);
        if (!await ServerUser.Reaches(folder))
            throw new PostgresClusterException($"The user postgres can't reach {folder}, and PostgreSQL refuses to run as root. Use a folder that it can reach, such as {await ReachableFolder(folder)}.");

        var owner = TakeOwnership(folder);
        try
        {
            var data = Path.Combine(folder, "pg");
            var binaries = await PostgresBinaries.Find(options.BinFolder, MajorOf(data), data);
            if (!Directory.Exists(data))
            {
                say?.Invoke($"Making a PostgreSQL {binaries.Major} cluster in {data}");
                await Create(binaries, data, options);
            }
            data = RealPath(data);
            var connectionString = await Attach(data, options, ct);
            if (connectionString is null)
            {
                say?.Invoke("Starting PostgreSQL");
                await WaitOutRemains(data, options, ct);
                connectionString = await Launch(binaries, folder, data, options, ct);
            }
            await CreateDatabase(connectionString, options, ct);
            var named = new NpgsqlConnectionStringBuilder(connectionString) { Database = options.Database, Pooling = true };
            return new PostgresCluster(options, binaries, owner, data, named.ConnectionString);
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
        if (!Directory.Exists(dataFolder)) return;
        var data = Path.Combine(Path.GetFullPath(dataFolder), "pg");
        if (LockFile.Read(data) is null) return;
        await (await Start(new() { DataFolder = dataFolder }, null, ct)).DisposeAsync();
    }

    /// <summary>Stops the server cleanly and gives the folder free.</summary>
    public async ValueTask DisposeAsync()
    {
        var seconds = ((int)options.StopTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        try
        {
            // pg_ctl would wait in vain for the lock file of a server that was killed.
            if (await ServerProcess.IsServerOn(ServerPid, data))
                await ServerUser.Run(binaries.PgCtl, ["stop", "-D", data, "-m", "fast", "-w", "-t", seconds], "/", options.StopTimeout + TimeSpan.FromSeconds(5));
        }
        finally
        {
            RemoveShortSocketFolder();
            await owner.DisposeAsync();
        }
    }

    private void RemoveShortSocketFolder()
    {
        var socket = new NpgsqlConnectionStringBuilder(ConnectionString).Host!;
        if (Path.GetDirectoryName(socket) == Path.GetDirectoryName(data) || !Directory.Exists(socket))
            return;
        try
        {
            Directory.Delete(socket);
        }
        catch (IOException)
        {
            // Not empty: a server still has its socket there.
        }
    }

    /// <summary>What is left when the program is killed: the server runs on, the lock on the folder is gone.</summary>
    internal ValueTask Abandon() => owner.DisposeAsync();

    /// <summary>One program at a time owns the folder. The lock goes with its process, however that ends.</summary>
    private static FileStream TakeOwnership(string folder)
    {
        var file = Path.Combine(folder, "owner.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new PostgresClusterException($"Another program runs the books in {folder} already. Use that one, or another folder.", e);
        }
    }

    private static int? MajorOf(string data)
    {
        if (!Directory.Exists(data))
            return null;
        var file = Path.Combine(data, "PG_VERSION");
        if (!File.Exists(file))
            throw new PostgresClusterException($"{data} is there but holds no PostgreSQL cluster. Nothing was touched; move it away to start anew.");
        return int.Parse(File.ReadAllText(file).Trim().Split('.')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Made beside and then renamed: half a cluster never stands where a whole one belongs.</summary>
    private static async Task Create(PostgresBinaries binaries, string data, PostgresClusterOptions options)
    {
        var unfinished = data + ".new";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        MakePrivate(unfinished);
        await ServerUser.Own(unfinished);
        // C collation: text sorts by bytes, so an upgrade of the system's locale data can't corrupt an index. The folder of the
        // socket is private, so whoever reaches it may connect.
        var (code, output) = await ServerUser.Run(
            binaries.Initdb,
            ["-D", unfinished, "-U", "ledger", "-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject", "--data-checksums"],
            "/", options.StartTimeout);
        if (code != 0)
            throw new PostgresClusterException($"initdb failed: {output}");
        await File.AppendAllTextAsync(Path.Combine(unfinished, "postgresql.conf"), "\ninclude 'ledger.conf'\n");
        await File.WriteAllTextAsync(Path.Combine(unfinished, "ledger.conf"), "");
        Directory.Move(unfinished, data);
    }

    /// <summary>Null: no server of ours runs.</summary>
    private static async Task<string?> Attach(string data, PostgresClusterOptions options, CancellationToken ct)
    {
        var patience = Stopwatch.StartNew();
        while (LockFile.Read(data) is { } lockFile && await ServerProcess.IsServerOn(lockFile.Pid, data))
        {
            if (lockFile.SocketFolder is { } socket && lockFile.Port > 0
                && await Answers(Connection(socket, lockFile.Port), ct) is { } why)
            {
                if (patience.Elapsed > options.StartTimeout)
                    throw new PostgresClusterException($"A PostgreSQL server (process {lockFile.Pid}) runs on {data} but does not answer: {why}");
            }
            else if (lockFile.SocketFolder is not null)
            {
                return Connection(lockFile.SocketFolder, lockFile.Port);
            }
            // It starts up, recovers or shuts down.
            await Task.Delay(50, ct);
        }
        return null;
    }

    /// <summary>
    /// A killed server leaves a lock file, and for a moment children. PostgreSQL tells a stale lock by its process number; where a
    /// zombie or a stranger has that number, it can't. Its folder tells.
    /// </summary>
    private static async Task WaitOutRemains(string data, PostgresClusterOptions options, CancellationToken ct)
    {
        var patience = Stopwatch.StartNew();
        while (ServerProcess.AnyWorksIn(data))
        {
            if (patience.Elapsed > options.RemainsPatience)
                throw new PostgresClusterException($"Processes of a killed PostgreSQL server still work in {data}. Try again when they have ended.");
            await Task.Delay(50, ct);
        }
        if (LockFile.Read(data) is not { } remains || !ServerProcess.IsTaken(remains.Pid))
            return;

        // Neither a server on this folder nor any child of one is left, only the number.
        File.Delete(Path.Combine(data, "postmaster.pid"));
        if (remains.SocketFolder is { } socket)
            File.Delete(Path.Combine(socket, $".s.PGSQL.{remains.Port}.lock"));
    }

    private static async Task<string> Launch(PostgresBinaries binaries, string folder, string data, PostgresClusterOptions options, CancellationToken ct)
    {
        var socket = await SocketFolder(folder);
        await File.WriteAllTextAsync(Path.Combine(data, "ledger.conf"), Configuration(socket, options), ct);
        var log = Path.Combine(folder, "postgres.log");
        if (!File.Exists(log) || new FileInfo(log).Length > 10_000_000)
            await File.WriteAllTextAsync(log, "", ct);
        await ServerUser.Own(log);

        var seconds = ((int)options.StartTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        // pg_ctl puts the server into a session of its own: a Ctrl-C meant for us does not stop it under our feet.
        var (code, output) = await ServerUser.Run(
            binaries.PgCtl, ["start", "-D", data, "-l", log, "-s", "-w", "-t", seconds], "/", options.StartTimeout + TimeSpan.FromSeconds(5));
        if (code != 0)
            throw new PostgresClusterException($"PostgreSQL did not start: {output}\n{string.Join('\n', (await File.ReadAllLinesAsync(log, ct)).TakeLast(10))}");
        return Connection(socket, Port);
    }

    private static string Configuration(string socket, PostgresClusterOptions options)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["listen_addresses"] = "",
            ["unix_socket_directories"] = socket,
            ["unix_socket_permissions"] = "0700",
            ["port"] = Port.ToString(CultureInfo.InvariantCulture),
            ["max_connections"] = options.ConnectionsMax.ToString(CultureInfo.InvariantCulture),
            ["shared_buffers"] = options.SharedBuffers,
            ["max_wal_size"] = "1GB",
            ["checkpoint_timeout"] = "15min",
            ["autovacuum_max_workers"] = "2",
            ["max_worker_processes"] = "4",
            ["max_wal_senders"] = "2",
            ["jit"] = "off",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["lc_messages"] = "C",
            ["log_min_messages"] = "warning",
            ["log_min_error_statement"] = "panic",
            ["password_encryption"] = "scram-sha-256",
        };
        foreach (var (name, value) in options.Settings)
            settings[name] = value;
        var text = new StringBuilder("# Written by Ledger at each start.\n");
        foreach (var (name, value) in settings)
            text.Append(name).Append(" = '").Append(value.Replace("'", "''", StringComparison.Ordinal)).Append("'\n");
        return text.ToString();
    }

    private static async Task<string> SocketFolder(string folder)
    {
        var socket = Path.Combine(folder, "socket");
        if (Encoding.UTF8.GetByteCount(socket) > SocketFolderBytesMax || socket.Contains(',', StringComparison.Ordinal))
        {
            var run = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
            var parent = !ServerUser.IsOther && run is { Length: > 0 and < 60 } && Directory.Exists(run) ? run : "/tmp";
            socket = Path.Combine(parent, $"ledger-{ShortHash(folder)}");
        }
        if (new DirectoryInfo(socket).LinkTarget is not null)
            throw new PostgresClusterException($"{socket} is a link; a private folder is needed there.");
        try
        {
            MakePrivate(socket);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new PostgresClusterException($"{socket} belongs to somebody else.", e);
        }
        await ServerUser.Own(socket);
        return socket;
    }

    /// <summary>Fails for a folder that somebody else put there.</summary>
    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("The embedded PostgreSQL runs on Linux and macOS. Use a server of your own with LEDGER_DB.");
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(folder, mode);
        File.SetUnixFileMode(folder, mode);
    }

    private static async Task CreateDatabase(string connectionString, PostgresClusterOptions options, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection);
        exists.Parameters.Add(new() { Value = options.Database });
        if (await exists.ExecuteScalarAsync(ct) is not null)
            return;
        await using var create = new NpgsqlCommand($"create database \"{options.Database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
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

    /// <summary>Null when a server answers; else why it does not.</summary>
    private static async Task<string?> Answers(string connectionString, CancellationToken ct)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(ct);
            return null;
        }
        catch (NpgsqlException e)
        {
            return e.Message;
        }
    }

    private static string ShortHash(string path) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..16];

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
}
