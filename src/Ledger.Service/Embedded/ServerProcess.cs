using System.Globalization;

namespace Ledger.Service.Embedded;

/// <summary>What a lock file says of the server that wrote it.</summary>
internal sealed record LockFile(int Pid, int Port, string? SocketFolder)
{
    public static LockFile? Read(string data)
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(data, "postmaster.pid"));
            if (lines.Length == 0 || !int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid))
                return new LockFile(0, 0, null);
            // A server that is just starting has not written all lines yet.
            var port = lines.Length > 3 && int.TryParse(lines[3], CultureInfo.InvariantCulture, out var p) ? p : 0;
            var socket = lines.Length > 4 && lines[4].Length > 0 ? lines[4] : null;
            return new LockFile(pid, port, socket);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}

internal static class ServerProcess
{
    /// <summary>Whether a process runs, is no zombie, and is a server on this very folder (a number may have been given to somebody else since).</summary>
    public static async Task<bool> IsServerOn(int pid, string data)
    {
        if (pid <= 0)
            return false;
        if (Directory.Exists("/proc/self"))
            return State(pid) is { } state && state != 'Z' && state != 'X' && WorksIn(pid, data);
        var (code, output) = await ServerUser.Run("ps", ["-o", "stat=,command=", "-p", pid.ToString(CultureInfo.InvariantCulture)], "/", TimeSpan.FromSeconds(5), asServer: false);
        return code == 0 && output.Length > 0 && output[0] != 'Z' && output.Contains("postgres", StringComparison.Ordinal);
    }

    /// <summary>Whether the number is taken at all, by a zombie or by anybody: then PostgreSQL itself takes the lock file for a live one.</summary>
    public static bool IsTaken(int pid)
    {
        if (Directory.Exists("/proc/self"))
            return State(pid) is not null;
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether any process still works in the folder: children outlive a killed server for a moment. Unknown counts as no.</summary>
    public static bool AnyWorksIn(string data) =>
        Directory.Exists("/proc/self") && Directory.EnumerateDirectories("/proc")
            .Any(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var pid) && WorksIn(pid, data));

    private static char? State(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool WorksIn(int pid, string data)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget == data;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
