using System.Diagnostics;
using System.Text;

namespace Ledger.Service.Embedded;

/// <summary>PostgreSQL refuses to run as root: as root its programs run under the user <c>postgres</c>, otherwise as ourselves.</summary>
internal static class ServerUser
{
    private const string Name = "postgres";

    public static bool IsOther => Environment.IsPrivilegedProcess;

    public static async Task<(int Code, string Output)> Run(
        string program, IEnumerable<string> arguments, string folder, TimeSpan patience, bool asServer = true)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal) || k.StartsWith("LC_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        if (asServer && IsOther)
            start.UserName = Name;

        using var process = Start(start);
        process.StandardInput.Close();
        var output = new StringBuilder();
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (output)
            {
                if (line.Data is not null && output.Length < 16_000)
                    output.AppendLine(line.Data);
            }
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
        lock (output)
            return (process.ExitCode, output.ToString().Trim());
    }

    /// <summary>Gives a file or folder to the server's user.</summary>
    public static async Task Own(string path)
    {
        if (!IsOther)
            return;
        var (code, output) = await Run("chown", [$"{Name}:", path], "/", TimeSpan.FromSeconds(10), asServer: false);
        if (code != 0)
            throw new PostgresClusterException($"{path} could not be given to the user {Name}: {output}");
    }

    /// <summary>Whether the server's user can come to a folder; a home that only root may enter is closed to it.</summary>
    public static async Task<bool> Reaches(string folder)
    {
        if (!IsOther)
            return true;
        var (code, _) = await Run("/bin/sh", ["-c", "cd \"$1\"", "sh", folder], "/", TimeSpan.FromSeconds(10));
        return code == 0;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception) when (start.UserName == Name && File.Exists(start.FileName) && !UserExists())
        {
            throw new PostgresClusterException(
                $"PostgreSQL refuses to run as root and there is no user '{Name}' to run it as. Create one (useradd -r {Name}), or start as another user.");
        }
    }

    private static bool UserExists() =>
        !File.Exists("/etc/passwd") || File.ReadLines("/etc/passwd").Any(line => line.StartsWith(Name + ":", StringComparison.Ordinal));
}
