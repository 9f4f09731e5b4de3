using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ledger.Service.Tests.Support;

namespace Ledger.Benchmarks;

/// <summary>
/// How soon the service answers after its process was started, with a database that runs and has its tables, and how much memory it holds when
/// nobody asks it anything. Once as it was built, once compiled ahead as in the image.
/// </summary>
internal static class StartBenchmark
{
    private const int starts = 7;
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan idle = TimeSpan.FromSeconds(60);

    public static async Task Run(TestDatabases databases)
    {
        var root = Ledger.Tests.House.Repository.Root;
        var published = Directory.CreateTempSubdirectory("ledger-start-").FullName;
        try
        {
            // Of a copy: restoring for one kind of machine would change the lock files.
            foreach (var name in new[] { "src", "global.json", "Directory.Build.props", "Directory.Packages.props", ".editorconfig" })
                await Do("cp", "-r", Path.Combine(root, name), published);
            await Do("dotnet", "publish", Path.Combine(published, "src", "Ledger.Service"), "-c", "Release", "-o", Path.Combine(published, "app"), "--use-current-runtime", "--no-self-contained", "-p:UseAppHost=false", "-p:PublishReadyToRun=true", "--nologo", "-nodeReuse:false");
            var database = await databases.Create();
            await Measure("as built", Path.Combine(root, "artifacts", "bin", "Ledger.Service", "release", "Ledger.Service.dll"), database, published);
            await Measure("compiled ahead", Path.Combine(published, "app", "Ledger.Service.dll"), database, published);
        }
        finally
        {
            Directory.Delete(published, recursive: true);
        }
    }

    private static async Task Measure(string what, string program, string database, string folder)
    {
        var (ready, processor, memory) = (new List<double>(), new List<double>(), 0L);
        // The first makes the tables, or finds them made by the other program.
        for (var i = 0; i <= starts; i++)
        {
            var port = FreePort();
            var start = new ProcessStartInfo("dotnet", [program]) { RedirectStandardError = true };
            foreach (var (name, value) in new[] { ("LEDGER_HOME", Path.Combine(folder, "home")), ("LEDGER_URL", $"http://127.0.0.1:{port}"), ("LEDGER_DB", database), ("LEDGER_SOLO", "1"), ("DOTNET_GCgen0size", "0x400000") })
                start.Environment[name] = value;
            var watch = Stopwatch.StartNew();
            using var service = Process.Start(start)!;
            service.ErrorDataReceived += (_, _) => { };
            service.BeginErrorReadLine();
            try
            {
                await Answers(port, watch);
                var took = watch.Elapsed.TotalMilliseconds;
                service.Refresh();
                if (i > 0) (ready, processor) = ([.. ready, took], [.. processor, service.TotalProcessorTime.TotalMilliseconds]);
                if (i < starts) continue;
                await Task.Delay(idle);
                service.Refresh();
                memory = service.WorkingSet64 >> 20;
            }
            finally
            {
                await Do("kill", "-TERM", service.Id.ToString(CultureInfo.InvariantCulture));
                await service.WaitForExitAsync();
            }
        }
        Figures.Say($"{what}: answers {ready.Median():F0} ms after the start of its process, slowest of {starts} {ready.Max():F0} ms (aim 2,500 ms); {processor.Median():F0} ms of processor time; {memory} MB resident after a minute of idling (aim 170 MB)");
    }

    internal static async Task Answers(int port, Stopwatch watch)
    {
        using var http = new HttpClient();
        while (watch.Elapsed < patience)
        {
            try
            {
                if ((await http.GetAsync($"http://127.0.0.1:{port}/health/ready")).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            await Task.Delay(10);
        }
        throw new TimeoutException("The service did not answer.");
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal static async Task Do(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {arguments[0]} ended with {process.ExitCode}: {said}");
    }
}
