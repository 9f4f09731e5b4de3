using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Ledger.Service.Embedded;

/// <summary>
/// A folder with PostgreSQL's programs, and their major version. PostgreSQL refuses to run as root: as root its programs run
/// under the user <c>postgres</c>, otherwise as ourselves.
/// </summary>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    private const string serverUser = "postgres";
    private static readonly string[] needed = ["postgres", "initdb", "pg_ctl"];

    // Newest version first within each; * stands for the version.
    private static readonly string[] usualPlaces =
        ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"];

    private const string notFound = """
        PostgreSQL was not found. Install it:
          Debian, Ubuntu   sudo apt-get install postgresql
          Fedora, RHEL     sudo dnf install postgresql-server
          Alpine           sudo apk add postgresql
          macOS            brew install postgresql@17
        or name its folder in LEDGER_PG_BIN (with postgres, initdb and pg_ctl), or use a server of your own with LEDGER_DB.
        """;

    /// <summary>The programs for a new cluster (<paramref name="major"/> null), or those of the cluster's own major version.</summary>
    public static async Task<PostgresBinaries> Find(string? given, int? major, string dataFolder)
    {
        var seen = new SortedSet<int>();
        foreach (var folder in Candidates(given ?? Environment.GetEnvironmentVariable("LEDGER_PG_BIN")))
        {
            if (await MajorOf(folder) is not { } version) continue;
            if (major is null || version == major) return new(folder, version);
            seen.Add(version);
        }
        throw new PostgresClusterException(major is null || seen.Count == 0 ? notFound : $"""
            The books in {dataFolder} were made by PostgreSQL {major}; here is only PostgreSQL {string.Join(", ", seen)}. Nothing was touched.
            Install PostgreSQL {major} beside it (Debian, Ubuntu: apt-get install postgresql-{major}), or move the books: start the old version, pg_dump, restore into the new.
            """);
    }

    /// <summary>Runs one of the programs as the server's user.</summary>
    public Task<(int Code, string Output)> Run(string program, string[] arguments, TimeSpan patience) => Run(Path.Combine(Folder, program), arguments, patience, asServer: true);

    /// <summary>Gives a file or folder to the server's user.</summary>
    public static async Task GiveToServer(string path)
    {
        if (!Environment.IsPrivilegedProcess) return;
        var (code, output) = await Run("chown", [$"{serverUser}:", path], TimeSpan.FromSeconds(10), asServer: false);
        if (code != 0) throw new PostgresClusterException($"{path} could not be given to the user {serverUser}: {output}");
    }

    /// <summary>Whether the server's user can come to a folder; a home that only root may enter is closed to it.</summary>
    public static async Task<bool> ServerReaches(string folder) =>
        !Environment.IsPrivilegedProcess || (await Run("/bin/sh", ["-c", "cd \"$1\"", "sh", folder], TimeSpan.FromSeconds(10), asServer: true)).Code == 0;

    private static IEnumerable<string> Candidates(string? given)
    {
        if (!string.IsNullOrEmpty(given))
            return IsComplete(given) ? [given] : throw new PostgresClusterException($"{given} (LEDGER_PG_BIN) does not hold postgres, initdb and pg_ctl.");
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => needed.Select(program => new FileInfo(Path.Combine(folder, program)))).Where(file => file.Exists)
            // PATH often holds a link, alone, to the one program; its neighbours are where it points to.
            .Select(file => Path.GetDirectoryName(file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName)!);
        return onPath.Concat(usualPlaces.SelectMany(Matching)).Where(IsComplete).Distinct();
    }

    private static IEnumerable<string> Matching(string place)
    {
        var parts = place.Split('*');
        var parent = Path.GetDirectoryName(parts[0])!;
        return !Directory.Exists(parent) ? []
            : Directory.GetDirectories(parent, Path.GetFileName(parts[0]) + "*")
                .OrderByDescending(d => int.TryParse(Digits().Match(Path.GetFileName(d)).Value, out var version) ? version : 0).Select(d => d + parts[1]);
    }

    private static bool IsComplete(string folder) => needed.All(program => File.Exists(Path.Combine(folder, program)));

    private static async Task<int?> MajorOf(string folder)
    {
        try
        {
            var (code, output) = await Run(Path.Combine(folder, "postgres"), ["--version"], TimeSpan.FromSeconds(10), asServer: false);
            return code == 0 && int.TryParse(Digits().Match(output).Value, out var major) ? major : null;
        }
        catch (Exception e) when (e is Win32Exception or TimeoutException)
        {
            return null;
        }
    }

    private static async Task<(int Code, string Output)> Run(string program, string[] arguments, TimeSpan patience, bool asServer)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal) || k.StartsWith("LC_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        if (asServer && Environment.IsPrivilegedProcess) start.UserName = serverUser;

        using var process = Start(start);
        process.StandardInput.Close();
        var output = new StringBuilder();
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (output)
                if (line.Data is not null && output.Length < 16_000) output.AppendLine(line.Data);
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var late = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{Path.GetFileName(program)} did not end within {patience.TotalSeconds:0} s.");
        }
        lock (output) return (process.ExitCode, output.ToString().Trim());
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception) when (start.UserName == serverUser && File.Exists(start.FileName) && !ServerUserExists())
        {
            throw new PostgresClusterException(
                $"PostgreSQL refuses to run as root and there is no user '{serverUser}' to run it as. Create one (useradd -r {serverUser}), or start as another user.");
        }
    }

    private static bool ServerUserExists() =>
        !File.Exists("/etc/passwd") || File.ReadLines("/etc/passwd").Any(line => line.StartsWith(serverUser + ":", StringComparison.Ordinal));

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
