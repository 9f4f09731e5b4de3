using System.Diagnostics;
using Ledger.Tests.House;

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
        Eventually(() => CommandLineOf(process.Id).Contains("Ledger.Service.dll", StringComparison.Ordinal));
        process.Kill();
        process.WaitForExit();
    }

    [Fact]
    public void a_service_in_the_background_outlives_the_command_until_it_is_told_to_stop()
    {
        using var desk = new Desk($"http://127.0.0.1:{FakeService.FreePort()}");
        Install(desk, "Ledger.Cli");
        Install(desk, "Ledger.Service");
        // It follows its own log, and says nothing.
        using var up = Begin(desk, "up", "--detach", "logs", "-f");
        var pid = Path.Combine(desk.Home, "ledger.pid");
        Eventually(() => File.Exists(pid) && File.ReadAllText(pid).EndsWith('\n'));
        var id = int.Parse(File.ReadAllText(pid), System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            Assert.False(up.WaitForExit(300));
            using var health = new FakeService(_ => new Answer(200, "{}"), new Uri(desk.Variables["LEDGER_URL"]).Port);
            Assert.StartsWith($"Ledger is up at {desk.Variables["LEDGER_URL"]} (process {id}).\n", up.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
            up.WaitForExit();
            Assert.Equal(0, up.ExitCode);

            Eventually(() => CommandLineOf(id).Contains("Ledger.Service.dll logs -f --home", StringComparison.Ordinal));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(pid));
            Assert.Equal((0, $"Ledger is up already at {desk.Variables["LEDGER_URL"]} (process {id}).\n"), Start(desk, "up", "--detach"));
        }
        finally
        {
            Assert.Equal((0, $"Ledger is stopped (process {id}).\n"), Start(desk, "down"));
        }
        Assert.Null(Background.CommandOf(id));
        Assert.False(File.Exists(pid));
        Assert.Equal((0, $"Nothing runs at {desk.Variables["LEDGER_URL"]}.\n"), Start(desk, "down"));
    }

    [Fact]
    public void a_service_in_the_background_that_ends_at_once_tells_why_and_its_exit_code_is_ours()
    {
        using var desk = new Desk($"http://127.0.0.1:{FakeService.FreePort()}");
        Install(desk, "Ledger.Cli");
        Install(desk, "Ledger.Service");
        using var up = Begin(desk, "up", "--detach", "no-such-thing");
        var said = up.StandardError.ReadToEnd();
        up.WaitForExit();
        Assert.Equal(Exit.Usage, up.ExitCode);
        Assert.Contains("no-such-thing", said, StringComparison.Ordinal);
        Assert.Contains("exit code 64", said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(desk.Home, "ledger.pid")));
    }

    [Fact]
    public void of_two_starts_at_once_the_second_leaves_the_first_alone()
    {
        using var desk = new Desk();
        Install(desk, "Ledger.Service");
        var (log, pid) = (Path.Combine(desk.Home, "ledger.log"), Path.Combine(desk.Home, "ledger.pid"));
        File.WriteAllText(pid, "1234567\n");
        var second = Background.Start(new(Path.Combine(desk.Home, "bin", "Ledger.Service", "release", "Ledger.Service.dll"), ["version"], new Dictionary<string, string?>(), log, pid));
        Eventually(() => second.ExitCode() is not null);
        Assert.Equal(Exit.Unavailable, second.ExitCode());
        Assert.Contains("another start", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.Equal("1234567\n", File.ReadAllText(pid));
    }

    [Fact]
    public void logs_follows_what_is_said_from_now_on_also_in_the_next_file()
    {
        using var desk = new Desk();
        Install(desk, "Ledger.Cli");
        var log = Path.Combine(desk.Home, "ledger.log");
        File.WriteAllText(log, "one\ntwo\n");
        using var logs = Begin(desk, "logs", "--follow", "--lines", "1");
        try
        {
            Assert.Equal("two", logs.StandardOutput.ReadLine());
            File.AppendAllText(log, "th");
            File.AppendAllText(log, "ree\e[2J\n");
            Assert.Equal("three[2J", logs.StandardOutput.ReadLine());
            File.Move(log, log + ".1");
            File.WriteAllText(log, "four\n");
            Assert.Equal("four", logs.StandardOutput.ReadLine());
        }
        finally
        {
            logs.Kill();
            logs.WaitForExit();
        }
    }

    [Fact]
    public void logs_follows_for_as_long_as_somebody_reads()
    {
        using var desk = new Desk();
        Install(desk, "Ledger.Cli");
        File.WriteAllText(Path.Combine(desk.Home, "ledger.log"), "one\n");
        using var logs = Begin(desk, "logs", "--follow");
        Assert.Equal("one", logs.StandardOutput.ReadLine());
        Assert.False(logs.WaitForExit(600));
        logs.StandardOutput.Dispose();
        Assert.True(logs.WaitForExit(20_000));
        Assert.Equal(Exit.Ok, logs.ExitCode);
    }

    [Fact]
    public void publish_touches_no_folder_that_holds_something()
    {
        using var desk = new Desk();
        File.WriteAllText(Path.Combine(desk.Home, "kept"), "");
        var script = Path.Combine(Repository.Root, "ledger");
        Assert.Equal(Exit.Data, Shell(script, "publish", desk.Home).Exit);
        Assert.Equal(Exit.Data, Shell(script, "publish", Path.Combine(desk.Home, "kept")).Exit);
        Assert.Equal(Exit.Config, Shell(script, "publish", Path.Combine(desk.Home, "kept", "below")).Exit);
        Assert.Equal([Path.Combine(desk.Home, "kept")], Directory.GetFileSystemEntries(desk.Home));
    }

    [Fact]
    public void a_published_folder_works_by_itself_and_says_what_it_cannot_do()
    {
        using var desk = new Desk();
        var bin = Path.Combine(desk.Home, "bin");
        Install(desk, "Ledger.Cli");
        Directory.Move(Path.Combine(bin, "Ledger.Cli", "release"), Path.Combine(bin, "client"));
        Directory.CreateDirectory(Path.Combine(bin, "service"));
        File.WriteAllText(Path.Combine(bin, "service", "Ledger.Service.dll"), "");
        foreach (var name in new[] { "ledger", "mission" }) File.Copy(Path.Combine(Repository.Root, name), Path.Combine(bin, name));
        Assert.Equal((0, "ledger 0.1.0\n"), Shell(Path.Combine(bin, "ledger"), "version"));
        Assert.Equal(0, Shell(Path.Combine(bin, "mission"), "start", "--help").Exit);
        Assert.Equal(Exit.Config, Shell(Path.Combine(bin, "ledger"), "demo").Exit);
        Assert.Equal(Exit.Config, Shell(Path.Combine(bin, "ledger"), "publish", "/nowhere").Exit);
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

    private static (int Exit, string Out) Shell(string script, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", [script, .. words]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
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

    private static string CommandLineOf(int id) => Background.CommandOf(id) ?? "";

    private static void Eventually(Func<bool> holds)
    {
        var deadline = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(30), "It did not come about in time.");
            Thread.Sleep(20);
        }
    }

    private static void Install(Desk desk, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(desk.Home, "bin", name, "release")).FullName;
        foreach (var file in new[] { "Ledger.dll", "Ledger.Cli.dll", "Spectre.Console.dll", "Spectre.Console.Ansi.dll", "System.CommandLine.dll", "Ledger.Cli.runtimeconfig.json" })
            File.Copy(Path.Combine(AppContext.BaseDirectory, file), Path.Combine(folder, file.Replace("Ledger.Cli.", name + ".", StringComparison.Ordinal)));
    }
}
