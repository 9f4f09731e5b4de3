using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ledger.Demo.Simulator;
using Ledger.Service.Embedded;

namespace Ledger.Demo;

/// <summary>The demo could not be set up; the message says why.</summary>
internal sealed class StageException(string message) : Exception(message);

/// <summary>
/// What the story is played on: a simulated xAI with the case's team, the real service as a process of its own, the real command
/// line. In a folder of its own, on a free port, deaf to LEDGER_DB and XAI_*.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>Settings of this shell that the demo must not see: it spends nothing and mails nobody.</summary>
    private static readonly string[] others = ["XAI_", "LEDGER_", "SMTP_", "SLACK_", "ALERTING_", "WEBHOOK_"];

    private readonly Process service;

    private Stage(string home, string url, SimulatedXai xai, SimulatedTeam team, TokenMonitorCase played, ManagementKey key, Process service) =>
        (Home, Url, Xai, Team, Case, Key, this.service) = (home, url, xai, team, played, key, service);

    public string Home { get; }

    public string Url { get; }

    public SimulatedXai Xai { get; }

    public SimulatedTeam Team { get; }

    public TokenMonitorCase Case { get; }

    public ManagementKey Key { get; }

    public static async Task<Stage> Set(DemoOptions options, CancellationToken ct)
    {
        var demos = Path.Combine(options.Home, "demo");
        Directory.CreateDirectory(demos);
        await Sweep(demos);
        var home = Path.Combine(demos, string.Create(CultureInfo.InvariantCulture, $"run-{Environment.ProcessId}"));
        Directory.CreateDirectory(home);

        var xai = await SimulatedXai.Start(TimeProvider.System, ct: ct);
        var team = new SimulatedTeam(TimeProvider.System, seed: 31);
        var played = TokenMonitorCase.Play(team, TimeProvider.System.GetUtcNow());
        var key = xai.Issue(team);

        var url = $"http://127.0.0.1:{FreePort()}";
        var start = Dotnet("Ledger.Service", home, url);
        start.Environment["XAI_MANAGEMENT_URL"] = xai.BaseAddress.ToString();
        start.Environment["LEDGER_POLL_EVERY"] = "5s";
        start.Environment["LEDGER_SOLO"] = "1";
        start.Environment["LEDGER_TEAM"] = "trentuna";
        start.Environment["LEDGER_MAIL_TO"] = "ludo@example.org";
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        Console.WriteLine("Starting the service on a PostgreSQL of its own and a simulated xAI ...");
        var service = Process.Start(start)!;
        var log = File.CreateText(Path.Combine(home, "service.log"));
        log.AutoFlush = true;
        service.ErrorDataReceived += (_, line) => Write(log, line.Data);
        service.OutputDataReceived += (_, line) => Write(log, line.Data);
        service.BeginErrorReadLine();
        service.BeginOutputReadLine();
        var stage = new Stage(home, url, xai, team, played, key, service);
        await stage.WaitUntilUp(ct);
        return stage;
    }

    /// <summary>Runs a command of the real command line; what it says on standard error is part of what a person sees.</summary>
    public async Task<(int Exit, string Output, string Errors)> Ledger(IReadOnlyList<string> args, string? input, CancellationToken ct)
    {
        var start = Dotnet("Ledger.Cli", Home, Url, args);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var cli = Process.Start(start)!;
        if (input is not null) await cli.StandardInput.WriteLineAsync(input.AsMemory(), ct);
        cli.StandardInput.Close();
        var output = cli.StandardOutput.ReadToEndAsync(ct);
        var errors = cli.StandardError.ReadToEndAsync(ct);
        await cli.WaitForExitAsync(ct);
        return (cli.ExitCode, await output, await errors);
    }

    /// <summary>The end of what the service said: its log goes with the demo's folder.</summary>
    public string LastWords() => string.Join('\n', File.ReadLines(Path.Combine(Home, "service.log")).TakeLast(15));

    public async ValueTask DisposeAsync()
    {
        if (!service.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", service.Id.ToString(CultureInfo.InvariantCulture)]);
            if (!service.WaitForExit(TimeSpan.FromSeconds(20))) service.Kill(entireProcessTree: true);
        }
        service.Dispose();
        await Xai.DisposeAsync();
        await Remove(Home);
    }

    private async Task WaitUntilUp(CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (service.HasExited || watch.Elapsed > TimeSpan.FromSeconds(90))
            {
                var said = LastWords();
                await DisposeAsync();
                throw new StageException($"the service did not come up:\n{said}");
            }
            try
            {
                using var answer = await http.GetAsync(new Uri($"{Url}/health/live"), ct);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
            {
                // Not listening yet.
            }
            await Task.Delay(200, ct);
        }
    }

    private static ProcessStartInfo Dotnet(string project, string home, string url, IReadOnlyList<string>? args = null)
    {
        // Every project's program lies in a folder of its own beside ours.
        var dll = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), $"{project}.dll"));
        if (!File.Exists(dll)) throw new StageException($"{dll} is not built.");
        var start = new ProcessStartInfo(Environment.ProcessPath ?? "dotnet");
        start.ArgumentList.Add(dll);
        foreach (var arg in args ?? []) start.ArgumentList.Add(arg);
        foreach (var name in start.Environment.Keys.Where(n => others.Any(o => n.StartsWith(o, StringComparison.Ordinal))).ToArray())
            start.Environment.Remove(name);
        start.Environment["LEDGER_HOME"] = home;
        start.Environment["LEDGER_URL"] = url;
        return start;
    }

    /// <summary>Folders of demos that were killed: their server is stopped, then they go.</summary>
    private static async Task Sweep(string demos)
    {
        foreach (var old in Directory.EnumerateDirectories(demos, "run-*"))
            if (!int.TryParse(Path.GetFileName(old).AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || !IsDemo(pid))
                await Remove(old);
    }

    private static bool IsDemo(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited && process.ProcessName.Contains("dotnet", StringComparison.OrdinalIgnoreCase);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static async Task Remove(string home)
    {
        var cluster = await PostgresCluster.ReachableFolder(Path.Combine(home, "postgres"));
        await PostgresCluster.StopAbandoned(cluster, CancellationToken.None);
        foreach (var folder in new[] { cluster, home })
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Write(StreamWriter log, string? line)
    {
        if (line is null) return;
        lock (log) log.WriteLine(line);
    }
}
