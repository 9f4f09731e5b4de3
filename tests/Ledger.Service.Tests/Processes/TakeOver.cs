using System.Diagnostics;
using System.Globalization;
using System.Text;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Channels;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Processes;

/// <summary>Two services on one database: when one is killed, the other does its work.</summary>
public sealed class TakeOver(TestDatabases databases, ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly bool isLong = int.TryParse(Environment.GetEnvironmentVariable("LEDGER_CHAOS_TAKEOVERS"), CultureInfo.InvariantCulture, out _);
    private static readonly int rounds = isLong ? int.Parse(Environment.GetEnvironmentVariable("LEDGER_CHAOS_TAKEOVERS")!, CultureInfo.InvariantCulture) : 1;

    /// <summary>Far more than the 15 s it takes: the machine may do other things too.</summary>
    private static readonly TimeSpan atTheLatest = TimeSpan.FromSeconds(45);

    private const string digestReader = "digest@example.org";

    private static readonly TimeSpan justBefore = TimeSpan.FromSeconds(4);

    /// <summary>A full minute by which everything runs; on a machine that does other things too, later than that.</summary>
    private readonly DateTimeOffset due = new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Ticks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero).AddMinutes(isLong ? 3 : 2);
    private readonly SimulatedTeam team = new(TimeProvider.System);
    private readonly List<Node> nodes = [];
    private string database = "";
    private string token = "";
    private SimulatedKey key = null!;
    private int budgets;

    public async ValueTask InitializeAsync()
    {
        database = await databases.Create();
        key = team.AddKey("xai-ba", TimeProvider.System.GetUtcNow().AddDays(-10));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.Service.DisposeAsync();
            await node.Xai.DisposeAsync();
            await node.Mail.DisposeAsync();
            Directory.Delete(node.Service.Home, recursive: true);
        }
        NpgsqlConnection.ClearAllPools();
        await databases.Drop(database);
    }

    [Fact]
    public async Task when_either_node_is_killed_the_other_polls_tells_and_sends_the_digest_once()
    {
        var leads = await Start();
        await Post(leads, "accounts", $$"""{"provider":"xai","label":"prod","credential":"{{leads.Issued}}","settlementLag":"0s"}""");
        await Told(leads);
        var follows = await Start();
        for (var round = 0; round < rounds; round++)
        {
            await Falls(follows, leads);
            follows = await Start();
            // In the first round a digest falls due when the node that was to send it has just gone.
            await Falls(leads, follows);
            if (round == 0)
            {
                await LedgerHost.Until(() => Task.FromResult(Digests() > 0), "the digest", seconds: 60);
                output.WriteLine($"the digest was due at {due:T} and was sent by {(follows.Mail.Mails.Any(m => m.To == digestReader) ? "the other node" : "the killed node")} {(Digest().Mail.Date - due).TotalSeconds:0.0} s later");
                Assert.InRange(TimeProvider.System.GetUtcNow(), due, due + atTheLatest + atTheLatest);
            }
            leads = follows;
            if (round < rounds - 1) follows = await Start();
        }
        Assert.Equal(1, Digests());
        Assert.Equal(1, await Scalar("select count(*) from mt_events where type = 'digest-composed.v1'"));
        Assert.All(nodes.SelectMany(n => n.Mail.Mails).GroupBy(m => m.To), told => Assert.Single(told.Select(m => m.Mail.MessageId).Distinct(StringComparer.Ordinal)));
        Assert.Equal(budgets, await Scalar("select count(*) from mt_events where type = 'budget-threshold-crossed.v1'"));
    }

    /// <summary>One node is killed and the other does everything.</summary>
    private async Task Falls(Node killed, Node other)
    {
        await LedgerHost.Until(async () => await Scalar("select count(distinct node_id) from messages.wolverine_node_assignments") == 2, "work for both nodes", seconds: 60);
        var led = await Leader() == killed.Id;
        var did = $"{(await Polls(killed, other) == killed ? "polled" : "did not poll")} and {(await Told(other, killed) == killed ? "watched" : "did not watch")}";
        var wait = due - TimeProvider.System.GetUtcNow() - justBefore;
        if (led && wait > TimeSpan.Zero) await Task.Delay(wait);
        killed.Service.Kill();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Took("polls", () => Polls(other)), Took("an alert", () => Told(other)), Took("the lead", () => LedgerHost.Until(async () => await Leader() == other.Id, "another leader", seconds: 60)));
        await LedgerHost.Until(async () => await Scalar("select count(*) from messages.wolverine_nodes") == 1, "one node", seconds: 60);
        output.WriteLine($"the killed node {(led ? "led" : "did not lead")}, {did}; it was forgotten after {watch.Elapsed.TotalSeconds:0.0} s");

        async Task Took(string what, Func<Task> comes)
        {
            await comes();
            output.WriteLine($"{what} by the other node after {watch.Elapsed.TotalSeconds:0.0} s");
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, atTheLatest);
        }
    }

    private int Digests() => nodes.Sum(n => n.Mail.Mails.Count(m => m.To == digestReader));

    private Taken Digest() => nodes.SelectMany(n => n.Mail.Mails).First(m => m.To == digestReader);

    /// <summary>Polls go on: the node whose provider is asked.</summary>
    private static async Task<Node> Polls(params Node[] alive)
    {
        var before = alive.Select(n => n.Xai.Calls(XaiCall.Usage)).ToArray();
        Node? polls = null;
        await LedgerHost.Until(() => Task.FromResult((polls = alive.Where((n, i) => n.Xai.Calls(XaiCall.Usage) >= before[i] + 2).FirstOrDefault()) is not null), "polls", seconds: 60);
        return polls!;
    }

    /// <summary>A budget is set and spent, and somebody is told of it: the node whose mail server took the mail.</summary>
    private async Task<Node> Told(params Node[] alive)
    {
        var reader = $"reader-{++budgets}@example.org";
        await Post(alive[0], "budgets", $$"""{"name":"{{budgets}}","scope":"all","limits":[{"period":"month","limit":"{{budgets}}"}],"thresholds":["100%"],"recipients":["{{reader}}"]}""");
        team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        await LedgerHost.Until(() => Task.FromResult(alive.Any(n => n.Mail.Mails.Any(m => m.To == reader))), "the mail of an alert", seconds: 60);
        return alive.First(n => n.Mail.Mails.Any(m => m.To == reader));
    }

    private async Task<Node> Start()
    {
        var xai = await SimulatedXai.Start(TimeProvider.System);
        var mail = MailServer.Start(tls: false);
        var home = RunningService.NewHome();
        // Credentials are encrypted with keys that all nodes have.
        if (nodes.Count > 0)
        {
            Directory.CreateDirectory(Path.Combine(home, "keys"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            foreach (var file in Directory.GetFiles(Path.Combine(nodes[0].Service.Home, "keys"))) File.Copy(file, Path.Combine(home, "keys", Path.GetFileName(file)));
        }
        var issued = xai.Issue(team).Text;
        var service = await RunningService.Start(home, RunningService.FreePort(),
            ("LEDGER_SOLO", ""), ("LEDGER_DB", database), ("LEDGER_POLL_EVERY", "1s"), ("XAI_MANAGEMENT_URL", xai.BaseAddress.ToString()),
            ("LEDGER_ZONE", "UTC"), ("LEDGER_DIGEST_AT", due.ToString("ddd HH:mm", CultureInfo.InvariantCulture)), ("LEDGER_DIGEST_TO", digestReader),
            ("SMTP_HOST", "localhost"), ("SMTP_PORT", $"{mail.Port}"), ("SMTP_TLS", "none"), ("SMTP_SENDER_EMAIL", "ledger@example.org"));
        if (token.Length == 0) token = (await File.ReadAllTextAsync(Path.Combine(home, "token"))).Trim();
        nodes.Add(new(service, xai, mail, issued, await Scalar("select max(node_number) from messages.wolverine_nodes")));
        return nodes[^1];
    }

    private async Task Post(Node node, string path, string body)
    {
        using var http = new HttpClient { BaseAddress = node.Service.Url };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{path}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString("N"));
        using var response = await http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>The process of the node that leads.</summary>
    private Task<long> Leader() => Scalar("select coalesce(max(n.node_number), 0) from messages.wolverine_nodes n join messages.wolverine_node_assignments a on a.node_id = n.id where a.id = 'wolverine://leader/'");

    private async Task<long> Scalar(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>A service, with a provider and a mail server of its own, which show what this node does.</summary>
    private sealed record Node(RunningService Service, SimulatedXai Xai, MailServer Mail, string Issued, long Id);
}
