using System.Diagnostics;
using System.Net;
using System.Text;
using Ledger.Service.Embedded;

namespace Ledger.Service.Tests.Processes;

/// <summary>The program on its own PostgreSQL, as an operator starts and stops it.</summary>
public sealed class StartAndStop : IAsyncLifetime
{
    private readonly string home = RunningService.NewHome();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await RunningService.Remove(home);

    [Fact]
    public async Task it_says_what_it_does_answers_and_stops_within_seconds_when_told_to()
    {
        await using var service = await RunningService.Start(home, RunningService.FreePort());
        Assert.Contains($"data folder {home}", service.Said, StringComparison.Ordinal);
        Assert.Contains("embedded PostgreSQL ready", service.Said, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(home));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(home, "token")));

        using var http = service.Client();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/status")).StatusCode);
        http.DefaultRequestHeaders.Authorization = null;
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/api/v1/status")).StatusCode);

        var watch = Stopwatch.StartNew();
        Assert.Equal(0, await service.Stop());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        Assert.False(File.Exists(await LockFile()), "PostgreSQL still runs");
        Assert.DoesNotContain("   at ", service.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task it_weathers_a_kill_of_its_server_and_finds_its_books_again()
    {
        var port = RunningService.FreePort();
        await using (var first = await RunningService.Start(home, port))
        {
            using var http = first.Client();
            Assert.True(await Add(http, "before"));
            using (var kill = Process.Start("kill", ["-9", (await File.ReadAllLinesAsync(await LockFile()))[0]])) await kill.WaitForExitAsync();
            // A session of the killed server may still take a write for a moment, so its return is waited for.
            await first.Says("PostgreSQL is back");
            await Support.LedgerHost.Until(() => Add(http, "after"), "a write after the server came back", seconds: 60);
            Assert.Equal(0, await first.Stop());
        }
        await using var second = await RunningService.Start(home, port);
        using var again = second.Client();
        var known = await again.GetStringAsync("/api/v1/agents");
        Assert.Contains("\"before\"", known, StringComparison.Ordinal);
        Assert.Contains("\"after\"", known, StringComparison.Ordinal);
        Assert.Equal(0, await second.Stop());
    }

    [Fact]
    public async Task a_second_one_on_the_same_folder_is_told_so_and_disturbs_nobody()
    {
        await using var first = await RunningService.Start(home, RunningService.FreePort());
        await using (var second = RunningService.Begin(home, RunningService.FreePort()))
        {
            Assert.Equal(69, await second.Ended());
            Assert.Contains("Another program runs the books", second.Said, StringComparison.Ordinal);
        }
        using var http = first.Client();
        Assert.True(await Add(http, "ba"));
        Assert.Equal(0, await first.Stop());
    }

    private static async Task<bool> Add(HttpClient http, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/agents") { Content = new StringContent($$"""{"name":"{{name}}"}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", name);
        using var response = await http.SendAsync(request);
        return response.IsSuccessStatusCode;
    }

    private async Task<string> LockFile() => Path.Combine(await PostgresCluster.ReachableFolder(Path.Combine(home, "postgres")), "pg", "postmaster.pid");
}
