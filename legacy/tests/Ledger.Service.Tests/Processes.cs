using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ledger.Testing;

namespace Ledger.Service.Tests;

/// <summary>The program itself, as an operator starts and stops it.</summary>
public sealed class Processes
{
    [Fact]
    public async Task it_says_what_it_does_answers_and_stops_cleanly_when_told_to()
    {
        await using var database = await TestDatabase.Create();
        var home = NewHome();
        var port = FreePort();
        using var service = Start(home, port, ("LEDGER_DB", database.ConnectionString));
        try
        {
            using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
            await Answers(http, service);
            http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(home, "token"))).Trim());
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/status")).StatusCode);
            Assert.InRange(Resident(service.Process), 1, 150 * 1024);
            Assert.Equal(0, await service.Stop());
            Assert.Contains("listening on", service.Said, StringComparison.Ordinal);
            Assert.Contains("log at position 0", service.Said, StringComparison.Ordinal);
        }
        finally
        {
            service.Kill();
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task with_its_own_postgresql_it_weathers_a_kill_of_the_server_and_finds_its_books_again()
    {
        var home = NewHome();
        var port = FreePort();
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(20) };
        string? cluster = null;
        try
        {
            using (var first = Start(home, port))
            {
                await Answers(http, first);
                cluster = first.Said.Split('\n').Single(l => l.Contains("cluster in ", StringComparison.Ordinal)).Split("cluster in ")[1].Trim();
                http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(home, "token"))).Trim());
                Assert.True(await Add(http, "before"));
                using (var kill = Process.Start("kill", ["-9", (await File.ReadAllLinesAsync(Path.Combine(cluster, "postmaster.pid")))[0]])) await kill.WaitForExitAsync();
                // A session of the killed server may still take a write for a moment, so its return is waited for.
                await TestHost.Until(() => Task.FromResult(first.Said.Contains("PostgreSQL is back", StringComparison.Ordinal)), "the server's return", seconds: 60);
                await TestHost.Until(() => Add(http, "after"), "a write after the server came back");
                Assert.Equal(0, await first.Stop());
            }
            using var second = Start(home, port);
            await Answers(http, second);
            var known = await http.GetStringAsync("/api/v1/agents?minPosition=2");
            Assert.Contains("\"before\"", known, StringComparison.Ordinal);
            Assert.Contains("\"after\"", known, StringComparison.Ordinal);
            Assert.Equal(0, await second.Stop());
            Assert.False(File.Exists(Path.Combine(cluster, "postmaster.pid")));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
            if (cluster is not null && Directory.Exists(cluster)) Directory.Delete(Path.GetDirectoryName(cluster)!, recursive: true);
        }
    }

    private static async Task<bool> Add(HttpClient http, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/agents") { Content = new StringContent($$"""{"name":"{{name}}"}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", name);
        using var response = await http.SendAsync(request);
        return response.IsSuccessStatusCode;
    }

    [Theory]
    [InlineData("LEDGER_POLL_EVERY", "often")]
    [InlineData("LEDGER_URL", "http://192.0.2.1:7171")]
    [InlineData("XAI_MANAGEMENT_URL", "http://example.org")]
    [InlineData("LEDGER_DB", "nonsense")]
    public async Task a_bad_setting_ends_it_with_78_and_is_named(string name, string value)
    {
        using var service = Start(NewHome(), FreePort(), (name, value));
        Assert.Equal(78, await service.Ended());
        Assert.Contains(name, service.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_port_that_is_taken_is_named()
    {
        await using var database = await TestDatabase.Create();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var home = NewHome();
        using var service = Start(home, ((IPEndPoint)listener.LocalEndpoint).Port, ("LEDGER_DB", database.ConnectionString));
        Assert.Equal(78, await service.Ended());
        Assert.Contains("LEDGER_URL", service.Said, StringComparison.Ordinal);
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task killed_without_warning_it_comes_back_with_everything_it_acknowledged()
    {
        await using var database = await TestDatabase.Create();
        var home = NewHome();
        var port = FreePort();
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(10) };
        var acknowledged = new List<string>();
        try
        {
            for (var round = 0; round < 3; round++)
            {
                using var service = Start(home, port, ("LEDGER_DB", database.ConnectionString));
                await Answers(http, service);
                http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(home, "token"))).Trim());
                // In the middle of what goes on, however slow the machine is.
                Task? killing = null;
                for (var i = 0; ; i++)
                {
                    using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/agents") { Content = new StringContent($$"""{"name":"a{{round}}-{{i}}"}""", Encoding.UTF8, "application/json") };
                    request.Headers.Add("Idempotency-Key", $"{round}-{i}");
                    try
                    {
                        using var response = await http.SendAsync(request);
                        if (response.IsSuccessStatusCode) acknowledged.Add($"a{round}-{i}");
                        if (i == 20) killing = Task.Run(service.Kill);
                    }
                    catch (HttpRequestException)
                    {
                        break;
                    }
                }
                await killing!;
                await service.Ended();
            }
            using var last = Start(home, port, ("LEDGER_DB", database.ConnectionString));
            await Answers(http, last);
            Assert.True(acknowledged.Count > 30, $"{acknowledged.Count} acknowledged");
            var known = await http.GetStringAsync("/api/v1/agents");
            Assert.All(acknowledged, name => Assert.Contains($"\"{name}\"", known, StringComparison.Ordinal));
            using var verify = new HttpRequestMessage(HttpMethod.Post, "/api/v1/verify");
            verify.Headers.Add("Idempotency-Key", "verify");
            Assert.Contains("\"ok\":true", await (await http.SendAsync(verify)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(0, await last.Stop());
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task killed_in_the_middle_of_a_poll_another_node_takes_it_over()
    {
        static Hosting.ServiceSettings Often(Hosting.ServiceSettings s) => s with { PollEvery = TimeSpan.FromSeconds(1) };
        await using var world = await TestHost.Start(s => Often(s) with { BackfillDays = 90 }, new(DateTimeOffset.UtcNow));
        var key = world.Team.AddKey("xai-ba", world.Clock.GetUtcNow().AddDays(-3));
        await world.Connect();
        await world.Stop();
        world.Team.Spend("ba", key.Id, Simulator.Prices.Reasoning, Simulator.Prices.Prompt, Money.Usd.Parse("0.40"));
        world.Xai.Faults.Order(Simulator.Fault.Slow, Simulator.XaiCall.Usage, times: 1_000, "30000");
        var calls = world.Xai.Calls(Simulator.XaiCall.Usage);
        using (var service = Start(world.Settings.Home, FreePort(), ("LEDGER_DB", world.Database.ConnectionString), ("LEDGER_TOKEN", TestHost.AdminToken),
            ("LEDGER_POLL_EVERY", "1s"), ("XAI_MANAGEMENT_URL", world.Xai.BaseAddress.ToString())))
        {
            await TestHost.Until(() => Task.FromResult(world.Xai.Calls(Simulator.XaiCall.Usage) > calls), "the beginning of a poll");
            service.Kill();
            await service.Ended();
        }
        world.Xai.Faults.Clear();
        Assert.Equal(1, await world.Database.Scalar<long>("select count(*) from quartz.qrtz_fired_triggers where trigger_group = 'poll'"));
        // What passing time would do: half a minute to miss the node, three to end its lease.
        await world.Database.Execute("update quartz.qrtz_scheduler_state set last_checkin_time = 1; update ledger_lease set until = now() - interval '1 second' where name like 'poll:%'");

        await using var other = await world.Another(Often);
        await TestHost.Until(async () => (await other.Get("report?since=today")).Ok().Money("total") == Money.Usd.Parse("0.40"), "the other node's poll");
        await TestHost.Until(async () => await world.Database.Scalar<long>("select count(*) from quartz.qrtz_scheduler_state") == 1, "nothing left of the dead node");
        Assert.True((bool)(await other.Post("verify")).Ok()["ok"]!);
    }

    private static async Task Answers(HttpClient http, Running service)
    {
        for (var i = 0; i < 600; i++)
        {
            try
            {
                if ((await http.GetAsync("/health/live")).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                Assert.False(service.Process.HasExited, service.Said);
            }
            await Task.Delay(50);
        }
        Assert.Fail(service.Said);
    }

    /// <summary>Resident memory in kB; 1 where the system does not say.</summary>
    private static long Resident(Process process) => OperatingSystem.IsLinux()
        ? long.Parse(File.ReadLines($"/proc/{process.Id}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null)
        : 1;

    private static string NewHome() => Path.Combine(Path.GetTempPath(), $"ledger-home-{Guid.NewGuid():N}");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Running Start(string home, int port, params (string Name, string Value)[] variables)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "..", "..", "Ledger.Service", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Ledger.Service.dll");
        var start = new ProcessStartInfo("dotnet", [Path.GetFullPath(program)]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("LEDGER_", StringComparison.Ordinal) || k.StartsWith("XAI_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["LEDGER_HOME"] = home;
        start.Environment["LEDGER_URL"] = $"http://127.0.0.1:{port}";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    private sealed class Running : IDisposable
    {
        private readonly StringBuilder said = new();

        public Running(Process process)
        {
            Process = process;
            process.ErrorDataReceived += Keep;
            process.OutputDataReceived += Keep;
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
        }

        public Process Process { get; }

        public string Said
        {
            get { lock (said) return said.ToString(); }
        }

        public async Task<int> Stop()
        {
            using var kill = Process.Start("kill", ["-TERM", $"{Process.Id}"]);
            return await Ended();
        }

        public async Task<int> Ended()
        {
            await Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
            return Process.ExitCode;
        }

        public void Kill()
        {
            if (!Process.HasExited) Process.Kill();
        }

        public void Dispose()
        {
            Kill();
            Process.Dispose();
        }

        private void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (said) said.AppendLine(line.Data);
        }
    }
}
