using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ledger.Service.Embedded;

namespace Ledger.Service.Tests.Processes;

/// <summary>The service as an operator runs it: a process of its own, with a data folder and a port of its own.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(120);
    private static readonly string[] others = ["LEDGER_", "XAI_", "SMTP_", "SLACK_", "WEBHOOK_", "ALERTING_"];

    private readonly StringBuilder said = new();

    private RunningService(Process process, string home, Uri url)
    {
        (Process, Home, Url) = (process, home, url);
        process.ErrorDataReceived += Keep;
        process.OutputDataReceived += Keep;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public Process Process { get; }

    public string Home { get; }

    public Uri Url { get; }

    /// <summary>All it said so far.</summary>
    public string Said
    {
        get { lock (said) return said.ToString(); }
    }

    /// <summary>A name in the folder for temporary files; nothing is made.</summary>
    public static string NewHome() => Path.Combine(Path.GetTempPath(), $"ledger-home-{Guid.NewGuid():N}");

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts the program and waits for nothing.</summary>
    public static RunningService Begin(string home, int port, params (string Name, string Value)[] variables)
    {
        var folder = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Ledger.Service", folder, "Ledger.Service.dll"));
        var start = new ProcessStartInfo("dotnet", [program]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var name in start.Environment.Keys.Where(name => others.Any(o => name.StartsWith(o, StringComparison.Ordinal))).ToArray())
            start.Environment.Remove(name);
        start.Environment["LEDGER_HOME"] = home;
        start.Environment["LEDGER_URL"] = $"http://127.0.0.1:{port}";
        // Nobody else serves these books, so what a killed service left is taken up at once.
        start.Environment["LEDGER_SOLO"] = "1";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        return new(Process.Start(start)!, home, new(start.Environment["LEDGER_URL"]!));
    }

    /// <summary>Starts the program and waits until it answers.</summary>
    public static async Task<RunningService> Start(string home, int port, params (string Name, string Value)[] variables)
    {
        var service = Begin(home, port, variables);
        try
        {
            await service.Says("listening on ");
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Removes a data folder, and its embedded cluster where there is one.</summary>
    public static async Task Remove(string home)
    {
        var cluster = await PostgresCluster.ReachableFolder(Path.Combine(home, "postgres"));
        await PostgresCluster.StopAbandoned(cluster, CancellationToken.None);
        foreach (var folder in new[] { cluster, home })
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Waits until it has said something.</summary>
    public async Task Says(string text)
    {
        var watch = Stopwatch.StartNew();
        while (!Said.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(Process.HasExited || watch.Elapsed > patience, $"'{text}' was not said:\n{Said}");
            await Task.Delay(50);
        }
    }

    /// <summary>A client with the token that the service keeps in its folder.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(30) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(Path.Combine(Home, "token")).Trim());
        return client;
    }

    /// <summary>Asks it to end, as an operator does; its exit code.</summary>
    public async Task<int> Stop()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{Process.Id}"]);
        return await Ended();
    }

    /// <summary>Its exit code, once it has ended.</summary>
    public async Task<int> Ended()
    {
        await Process.WaitForExitAsync().WaitAsync(patience);
        return Process.ExitCode;
    }

    /// <summary>Ends it without warning: it gets no chance to finish anything.</summary>
    public void Kill()
    {
        if (!Process.HasExited) Process.Kill();
    }

    /// <summary>Stops it as it is, with everything it holds, until <see cref="Resume"/>: its connections stay open and it says nothing.</summary>
    public void Suspend() => Signal("STOP");

    public void Resume() => Signal("CONT");

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Process.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Process.WaitForExitAsync();
        Process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (said) said.AppendLine(line.Data);
    }
}
