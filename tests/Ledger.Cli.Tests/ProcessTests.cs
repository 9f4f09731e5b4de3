using System.Diagnostics;

namespace Ledger.Cli.Tests;

/// <summary>The program as a process of its own, where only that shows what matters.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void up_becomes_the_service_and_its_exit_code_is_ours()
    {
        using var desk = new Desk();
        Install(desk, "Ledger.Cli");
        // The service is played by this program once more: what it is told, it understands.
        Install(desk, "Ledger.Service");
        Assert.Equal((0, "ledger 0.1.0\n"), Start(desk, "up", "version"));
        Assert.Equal((Exit.Usage, ""), Start(desk, "up", "no-such-thing"));
    }

    [Fact]
    public void up_keeps_its_process_id_so_that_signals_reach_the_service()
    {
        using var desk = new Desk();
        Install(desk, "Ledger.Cli");
        Install(desk, "Ledger.Service");
        // It waits for a key on standard input that never comes.
        using var process = Begin(desk, "up", "account", "add", "xai", "--key-stdin");
        var deadline = Stopwatch.StartNew();
        var line = "";
        while (!line.Contains("Ledger.Service.dll", StringComparison.Ordinal) && deadline.Elapsed < TimeSpan.FromSeconds(20))
        {
            Thread.Sleep(20);
            line = CommandLineOf(process.Id);
        }
        Assert.Contains("Ledger.Service.dll", line, StringComparison.Ordinal);
        process.Kill();
        process.WaitForExit();
    }

    [Fact]
    public void a_reader_that_goes_away_is_no_error()
    {
        using var desk = new Desk();
        Install(desk, "Ledger.Cli");
        using var process = Begin(desk, "help");
        process.StandardOutput.Dispose();
        process.WaitForExit();
        Assert.Equal("", process.StandardError.ReadToEnd());
    }

    private static (int Exit, string Out) Start(Desk desk, params string[] words)
    {
        using var process = Begin(desk, words);
        process.StandardInput.Close();
        _ = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static Process Begin(Desk desk, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Path.Combine(desk.Home, "bin", "Ledger.Cli", "release", "Ledger.Cli.dll"));
        foreach (var word in words) start.ArgumentList.Add(word);
        foreach (var (name, value) in desk.Variables) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Linux tells by a file; elsewhere <c>ps</c> does.</summary>
    private static string CommandLineOf(int id)
    {
        if (File.Exists($"/proc/{id}/cmdline")) return File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' ');
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-o", "args=", "-p", $"{id}"]) { RedirectStandardOutput = true })!;
        return ps.StandardOutput.ReadToEnd();
    }

    private static void Install(Desk desk, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(desk.Home, "bin", name, "release")).FullName;
        foreach (var file in new[] { "Ledger.dll", "Ledger.Cli.dll", "Spectre.Console.dll", "Spectre.Console.Ansi.dll", "System.CommandLine.dll", "Ledger.Cli.runtimeconfig.json" })
            File.Copy(Path.Combine(AppContext.BaseDirectory, file), Path.Combine(folder, file.Replace("Ledger.Cli.", name + ".", StringComparison.Ordinal)));
    }
}
