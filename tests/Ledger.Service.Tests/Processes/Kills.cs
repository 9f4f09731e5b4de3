using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Processes;

/// <summary>Killed without warning, the service loses nothing that it acknowledged, and does nothing twice.</summary>
public sealed class Kills(TestDatabases databases) : IAsyncLifetime
{
    private readonly string home = RunningService.NewHome();
    private readonly int port = RunningService.FreePort();
    private string database = "";

    public async ValueTask InitializeAsync() => database = await databases.Create();

    public async ValueTask DisposeAsync()
    {
        await RunningService.Remove(home);
        NpgsqlConnection.ClearAllPools();
        await databases.Drop(database);
    }

    [Fact]
    public async Task it_comes_back_with_everything_it_acknowledged()
    {
        var acknowledged = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            await using var service = await Start();
            using var http = service.Client();
            // In the middle of what goes on, however slow the machine is.
            Task? killing = null;
            for (var i = 0; ; i++)
            {
                try
                {
                    var name = string.Create(CultureInfo.InvariantCulture, $"a{round}-{i}");
                    if (await Post(http, "agents", $$"""{"name":"{{name}}"}""", name) is not null) acknowledged.Add(name);
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
        Assert.True(acknowledged.Count > 30, $"{acknowledged.Count} acknowledged");

        await using var last = await Start();
        using var again = last.Client();
        var known = await again.GetStringAsync("/api/v1/agents");
        Assert.All(acknowledged, name => Assert.Contains($"\"{name}\"", known, StringComparison.Ordinal));
        Assert.Equal(acknowledged.Count, acknowledged.Distinct(StringComparer.Ordinal).Count());
        Assert.True((bool)(await Post(again, "verify", null, "verify"))!["ok"]!);
        Assert.Equal(0, await last.Stop());
    }

    [Fact]
    public async Task killed_after_the_commit_and_before_the_answer_the_mission_is_there_once()
    {
        await using var proxy = new TcpProxy("127.0.0.1", port);
        var terminal = new Terminal(home, new($"http://127.0.0.1:{proxy.Port}"));
        await using (var service = await Start())
        {
            terminal.Run("agent", "add", "ba").Ok();
            // The answer is on its way, so the command is committed; nobody ever hears it.
            proxy.CutBeforeAnswer = _ =>
            {
                service.Kill();
                return true;
            };
            var start = terminal.Run("mission", "start", "Runway", "--ref", "owner/repo#1", "--json").Ok();
            Assert.True((bool)start.Json["queued"]!, start.Out);
            await service.Ended();
        }
        Assert.Equal((1, 1), (proxy.Cuts, terminal.Spooled.Length));
        const string started = "select count(*) from mt_events where type = 'mission-started.v1'";
        Assert.Equal(1, await Scalar(started));

        proxy.CutBeforeAnswer = null;
        await using var restarted = await Start();
        var missions = terminal.Run("mission", "list", "--json").Ok().Json["missions"]!.AsArray();
        Assert.Equal("owner/repo#1", (string?)Assert.Single(missions)!["ref"]);
        Assert.Equal((0, 0), (terminal.Spooled.Length, terminal.Refused.Length));
        Assert.Equal(1, await Scalar(started));
        // The one that is there goes on like any other.
        Assert.Equal("ended", (string?)terminal.Run("mission", "end", "--json").Ok().Json["mission"]!["state"]);
        Assert.Equal(0, await restarted.Stop());
    }

    [Fact]
    public async Task bookmarks_made_while_it_is_away_are_written_in_order_with_their_own_times()
    {
        var terminal = new Terminal(home, new($"http://127.0.0.1:{port}"));
        await using (var service = await Start())
        {
            terminal.Run("agent", "add", "ba").Ok();
            service.Kill();
        }
        var start = terminal.Run("mission", "start", "One", "--json").Ok().Json;
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        var end = terminal.Run("mission", "switch", "Two", "--json").Ok().Json;
        Assert.Equal(2, terminal.Spooled.Length);

        await using var restarted = await Start();
        var missions = terminal.Run("mission", "list", "--json").Ok().Json["missions"]!.AsArray();
        Assert.Equal((0, 0), (terminal.Spooled.Length, terminal.Refused.Length));
        var (one, two) = (missions.Single(m => (string?)m!["title"] == "One")!, missions.Single(m => (string?)m!["title"] == "Two")!);
        Assert.Equal(((string?)start["at"], (string?)end["at"]), ((string?)one["start"], (string?)one["end"]));
        Assert.Equal(((string?)end["at"], (string?)null), ((string?)two["start"], (string?)two["end"]));
    }

    [Fact]
    public async Task killed_in_the_middle_of_a_poll_the_next_start_reads_what_it_did_not()
    {
        await using var xai = await SimulatedXai.Start(TimeProvider.System);
        var team = new SimulatedTeam(TimeProvider.System);
        var key = team.AddKey("xai-ba", TimeProvider.System.GetUtcNow().AddDays(-3));
        var terminal = new Terminal(home, new($"http://127.0.0.1:{port}"));
        (string, string)[] settings = [("XAI_MANAGEMENT_URL", xai.BaseAddress.ToString()), ("LEDGER_POLL_EVERY", "1s")];
        await using (var service = await Start(settings))
        {
            terminal.Run(["account", "add", "xai", "--label", "prod", "--settlement-lag", "0s", "--key-stdin"], xai.Issue(team).Text).Ok();
            xai.Faults.Order(Fault.Slow, XaiCall.Usage, times: 1_000, "30000");
            team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("0.40"));
            var calls = xai.Calls(XaiCall.Usage);
            await LedgerHost.Until(() => Task.FromResult(xai.Calls(XaiCall.Usage) > calls), "the beginning of a poll");
            service.Kill();
        }
        xai.Faults.Clear();

        await using var restarted = await Start(settings);
        await LedgerHost.Until(() => Task.FromResult((string?)terminal.Run("report", "--since", "today", "--json").Ok().Json["total"] == "0.40"), "the poll after the kill", seconds: 60);
        terminal.Run("verify").Ok();
        Assert.Equal(0, await restarted.Stop());
    }

    private Task<RunningService> Start(params (string Name, string Value)[] variables) => RunningService.Start(home, port, [("LEDGER_DB", database), .. variables]);

    private async Task<long> Scalar(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The answer; null when it was refused.</summary>
    private static async Task<JsonNode?> Post(HttpClient http, string path, string? body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/" + path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        using var response = await http.SendAsync(request);
        return response.IsSuccessStatusCode ? JsonNode.Parse(await response.Content.ReadAsStringAsync()) : null;
    }
}
