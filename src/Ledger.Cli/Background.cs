using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ledger.Cli;

/// <summary>A service to start in the background: what it says goes to <paramref name="Log"/>, its process id to <paramref name="PidFile"/>.</summary>
internal sealed record Launch(string Dll, IReadOnlyList<string> Args, IReadOnlyDictionary<string, string?> Variables, string Log, string PidFile);

/// <summary>What was started; <paramref name="ExitCode"/> is null while it runs.</summary>
internal sealed record Launched(int Id, Func<int?> ExitCode);

/// <summary>Processes that outlive this one.</summary>
internal static class Background
{
    private const int Sigterm = 15;
    private const int NotPermitted = 1;
    private const int PollError = 8;
    private const int PollHangUp = 16;

    /// <summary>
    /// The shell becomes the service, so its process id is the service's. The id is written only where no file is: of two starts at once one gives up.
    /// A session of its own keeps a Ctrl-C and the end of the terminal away; macOS has no setsid, there the ignored SIGHUP does.
    /// </summary>
    private const string Script = """
        log=$1 pid=$2
        shift 2
        exec </dev/null >>"$log" 2>&1
        if ! (umask 077 && set -C && echo $$ >"$pid") 2>/dev/null; then
            if [ -e "$pid" ]; then echo "ledger: another start has just made $pid."; exit 69; fi
            echo "ledger: $pid can't be written."
            exit 78
        fi
        trap '' HUP
        if command -v setsid >/dev/null 2>&1; then exec setsid "$@"; fi
        exec "$@"
        """;

    public static Launched Start(Launch launch)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "ledger", launch.Log, launch.PidFile, Becoming.FindDotnet(), launch.Dll, .. launch.Args]);
        foreach (var (name, value) in launch.Variables)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }
        var process = Process.Start(start)!;
        return new(process.Id, () => process.HasExited ? process.ExitCode : null);
    }

    /// <summary>The command line of a process; null: there is none of that id, or it has ended and nobody has asked how.</summary>
    public static string? CommandOf(int id)
    {
        try
        {
            if (Directory.Exists("/proc/self")) return File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' ').TrimEnd() is { Length: > 0 } line ? line : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-ww", "-o", "args=", "-p", $"{id}"]) { RedirectStandardOutput = true })!;
        var said = ps.StandardOutput.ReadToEnd().Trim();
        return said.Length > 0 ? said : null;
    }

    /// <summary>Asks a process to end. One that has gone is no error.</summary>
    public static void Terminate(int id)
    {
        if (kill(id, Sigterm) != 0 && Marshal.GetLastPInvokeError() == NotPermitted)
            throw Refusal.Of(Exit.NotAllowed, "stop.refused", $"Process {id} belongs to another user; stop it as that user.");
    }

    /// <summary>Whether somebody still reads standard output: a terminal that is there, a pipe with a reader, a file.</summary>
    public static bool OutIsRead()
    {
        var output = new Watched { Descriptor = 1 };
        return poll(ref output, 1, 0) <= 0 || (output.Happened & (PollError | PollHangUp)) == 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Watched
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }

    [DllImport("libc")]
    private static extern int poll(ref Watched watched, nuint count, int milliseconds);

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}
