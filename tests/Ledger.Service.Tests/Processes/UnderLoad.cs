using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using JasperFx;
using Ledger.Agents;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Embedded;
using Ledger.Service.Operations;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Channels;
using Ledger.Service.Tests.Support;
using Marten;
using Marten.Services;
using Npgsql;
using SmtpServer.Protocol;

namespace Ledger.Service.Tests.Processes;

/// <summary>
/// The service as a process on a PostgreSQL of its own, both of which can be killed; a team at the simulated xAI that spends all the time, clients that start
/// and end missions and set budgets, and a mail server that takes the alerts. Everything acknowledged is written down here, to be compared with the books.
/// </summary>
public sealed class UnderLoad : IAsyncLifetime
{
    private const int clients = 2;
    private static readonly TimeSpan spendEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan answerMax = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(90);
    private static readonly string[] names = ["ba", "vigilio"];

    private const string queues = """
        select format('%s %s at node %s, attempt %s, for %s', message_type, status, owner_id, attempts, coalesce(execution_time::text, 'now')) from messages.wolverine_incoming_envelopes where status <> 'Handled'
        union all select format('%s leaves node %s for %s', message_type, owner_id, destination) from messages.wolverine_outgoing_envelopes
        union all select format('node %s was seen %s', node_number, health_check) from messages.wolverine_nodes
        """;

    private readonly string home = RunningService.NewHome();
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"ledger-load-{Guid.NewGuid():N}");
    private readonly int port = RunningService.FreePort();
    private readonly ConcurrentQueue<Command> acknowledged = [];
    private readonly ConcurrentQueue<string> wrong = [];
    private readonly ConcurrentQueue<string> budgets = [];
    private SimulatedKey[] keys = [];
    private MailServer mail = null!;
    private PostgresCluster cluster = null!;
    private RunningService service = null!;
    private HttpClient http = null!;
    private readonly CancellationTokenSource leaving = new();
    private CancellationTokenSource stopping = new();
    private Task load = Task.CompletedTask;
    private IDocumentStore? store;
    private int commands;

    internal SimulatedXai Xai { get; private set; } = null!;

    internal SimulatedTeam Team { get; private set; } = null!;

    /// <summary>Stands between the service and its database.</summary>
    internal TcpProxy Network { get; private set; } = null!;

    /// <summary>The database as the test reaches it, past the proxy.</summary>
    internal string Database => cluster.ConnectionString;

    internal RunningService Service => service;

    internal HttpClient Http => http;

    /// <summary>It grows with the books, so that a long soak does not become a test of very many missions in one hour.</summary>
    private TimeSpan ClientPause => TimeSpan.FromMilliseconds(100 + (Acknowledged / 4));

    /// <summary>How many commands were acknowledged so far.</summary>
    internal int Acknowledged => acknowledged.Count;

    public async ValueTask InitializeAsync()
    {
        Xai = await SimulatedXai.Start(TimeProvider.System);
        Team = new SimulatedTeam(TimeProvider.System);
        var now = TimeProvider.System.GetUtcNow();
        keys = [.. names.Select(name => Team.AddKey($"xai-{name}", now.AddDays(-10)))];
        Team.BuyCredit(Usd.Parse("1000"), now.AddDays(-20));
        foreach (var (name, key) in names.Zip(keys)) Team.Spend(name, key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        mail = MailServer.Start(tls: false);
        cluster = await PostgresCluster.Start(new() { DataFolder = folder }, null, CancellationToken.None);
        Network = new TcpProxy(new NpgsqlConnectionStringBuilder(Database).Host!, 5432);
        http = new() { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = answerMax };
        await StartService();
        http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(home, "token"))).Trim());
        await Send(new("account", "accounts", $$"""{"provider":"xai","label":"prod","credential":"{{Xai.Issue(Team).Text}}","settlementLag":"0s"}"""));
        await Send(new("agents", "agents/from-keys", "{}"));
        await LedgerHost.Until(async () => await Total() == Team.Billed(), "the first readings", (int)patience.TotalSeconds);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await leaving.CancelAsync();
        await load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
        leaving.Dispose();
        if (service is not null) await service.DisposeAsync();
        http?.Dispose();
        if (Network is not null) await Network.DisposeAsync();
        store?.Dispose();
        if (cluster is not null) await cluster.DisposeAsync();
        if (mail is not null) await mail.DisposeAsync();
        await Xai.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        foreach (var one in new[] { folder, home, home + "-two" })
            if (Directory.Exists(one)) Directory.Delete(one, recursive: true);
    }

    /// <summary>Agents begin to spend and clients to send commands, until <see cref="Settle"/>.</summary>
    internal async Task Begin()
    {
        // A test that failed has left its own.
        await stopping.CancelAsync();
        await load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
        stopping = new();
        load = Task.WhenAll([Spend(stopping.Token), .. Enumerable.Range(0, clients).Select(c => Work(names[c % names.Length], stopping.Token))]);
    }

    internal async Task StartService()
    {
        if (service is not null) await service.DisposeAsync();
        service = await Start(home, port);
    }

    /// <summary>Another service on the same database.</summary>
    internal async Task<RunningService> StartAnother()
    {
        // Credentials are encrypted with keys that all nodes have.
        var keyRing = Path.Combine(home + "-two", "keys");
        Directory.CreateDirectory(keyRing, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.GetFiles(Path.Combine(home, "keys"))) File.Copy(file, Path.Combine(keyRing, Path.GetFileName(file)), overwrite: true);
        return await Start(home + "-two", RunningService.FreePort());
    }

    /// <summary>From now on everything is asked of this service.</summary>
    internal void AskOf(RunningService node)
    {
        var before = http;
        http = new() { BaseAddress = node.Url, Timeout = answerMax };
        http.DefaultRequestHeaders.Authorization = before.DefaultRequestHeaders.Authorization;
    }

    private Task<RunningService> Start(string folder, int at) => RunningService.Start(folder, at,
        ("LEDGER_SOLO", ""), ("LEDGER_POLL_EVERY", "1s"), ("XAI_MANAGEMENT_URL", Xai.BaseAddress.ToString()), ("LEDGER_MAIL_TO", "team@example.org"),
        ("LEDGER_DB", new NpgsqlConnectionStringBuilder(Database) { Host = "127.0.0.1", Port = Network.Port }.ConnectionString),
        ("SMTP_HOST", "localhost"), ("SMTP_PORT", $"{mail.Port}"), ("SMTP_TLS", "none"), ("SMTP_SENDER_EMAIL", "ledger@example.org"));

    internal void KillService() => service.Kill();

    /// <summary>Does something at the very moment in which the mail server has taken a mail and the service has not heard of it yet.</summary>
    internal async Task AtAMail(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mail.Content = () =>
        {
            lock (mail)
                if (!done.Task.IsCompleted)
                {
                    action();
                    done.SetResult();
                }
            return SmtpResponse.Ok;
        };
        await done.Task.WaitAsync(patience);
        mail.Content = () => SmtpResponse.Ok;
    }

    internal void KillDatabase()
    {
        using var server = Process.GetProcessById(cluster.ServerPid);
        server.Kill();
    }

    /// <summary>As whoever looks after the server does when it was killed.</summary>
    internal async Task StartDatabase()
    {
        await cluster.DisposeAsync();
        cluster = await PostgresCluster.Start(new() { DataFolder = folder }, null, CancellationToken.None);
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>The load ends: each client brings its last command through. Then everything that was asked for must come about by itself.</summary>
    internal async Task Settle()
    {
        await stopping.CancelAsync();
        await load.WaitAsync(patience);
        // Beyond every limit that was set.
        Team.Spend(names[0], keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("2.00"));
        var truth = Team.Billed();
        await Comes(async () => await Total() == truth, $"a total of {truth}");
        await Comes(() => Task.FromResult(budgets.All(b => MailsTo(b).Length > 0)), "a mail for each budget");
        await Comes(async () => (long)(await Get("outbox"))["waitingCount"]! == 0, "an empty outbox");
    }

    /// <summary>Waits until something has come about; where it does not, says what is in the queues.</summary>
    private async Task Comes(Func<Task<bool>> holds, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            if (watch.Elapsed > patience)
                Assert.Fail($"Not in {patience.TotalSeconds} s: {what}. Budgets without a mail: {budgets.Count(b => MailsTo(b).Length == 0)} of {budgets.Count}, alerts: {await Events("budget-threshold-crossed.v1")}. In the queues:\n{string.Join('\n', await Column(queues))}");
            await Task.Delay(100);
        }
    }

    /// <summary>Compares the books with everything that was acknowledged, truly spent and taken by the mail server. How many mails came more than once.</summary>
    internal async Task<int> Check()
    {
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        // The answer to a repeat is the first answer: what was acknowledged is there, and is not done again.
        foreach (var command in acknowledged.Where((c, i) => c.Replays && i % 3 == 0))
        {
            var (status, text) = await Once(command);
            // Asking for everything again is more than one caller may ask in a minute.
            for (var tries = 0; (int?)status == 429 && tries < (int)patience.TotalSeconds; tries++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
                (status, text) = await Once(command);
            }
            Assert.Equal((200, command.Answer), ((int)status!, text));
        }
        Assert.Equal(Of("missions"), await Events("mission-started.v1"));
        Assert.Equal(Of("missions/end"), await Events("mission-ended.v1"));
        Assert.Equal(Of("budgets"), await Events("budget-set.v1"));
        Assert.Equal(Of("budgets"), await Events("budget-threshold-crossed.v1"));
        var missions = await Column("select stream_id from mt_events where type = 'mission-started.v1'");
        Assert.Equal(missions.Order(StringComparer.Ordinal), acknowledged.Where(c => c.Path == "missions").Select(c => $"mission-{c.Mission}").Order(StringComparer.Ordinal));

        var byAgent = (await Get("report?since=8d&by=agent"))["rows"]!.AsArray().ToDictionary(r => (string)r!["agent"]!, r => Usd.Parse((string)r!["billed"]!), StringComparer.Ordinal);
        Assert.Equal(Team.By(s => s.Agent!).OrderBy(a => a.Key, StringComparer.Ordinal), byAgent.OrderBy(a => a.Key, StringComparer.Ordinal));

        // Each budget has a reader of its own, who is told once.
        Assert.All(budgets, b => Assert.Single(MailsTo(b).Select(m => m.Mail.MessageId).Distinct(StringComparer.Ordinal)));
        var copies = mail.Mails.GroupBy(m => (m.To, m.Mail.MessageId)).Sum(g => g.Count() - 1);
        Assert.All(mail.Mails.GroupBy(m => m.Mail.MessageId), g => Assert.Single(g.Select(m => (m.Mail.Subject, m.Mail.TextBody)).Distinct()));
        Assert.Equal(0, (long)(await Get("outbox"))["deadCount"]!);

        var verified = JsonNode.Parse((await Once(new($"verify-{Next()}", "verify", null))).Text)!;
        Assert.True((bool)verified["ok"]!, verified.ToJsonString());
        return copies;

        int Of(string path) => acknowledged.Count(c => c.Path == path);
    }

    /// <summary>Waits until commands, polls and views are at work again; how long each took.</summary>
    internal async Task<string> Works(string after)
    {
        var watch = Stopwatch.StartNew();
        var (count, calls) = (Acknowledged, Xai.Calls(XaiCall.Usage));
        var took = await Task.WhenAll(
            Took("commands", () => Task.FromResult(Acknowledged >= count + 3)),
            Took("polls", () => Task.FromResult(Xai.Calls(XaiCall.Usage) >= calls + 2)));
        var last = (long)(await Get("status"))["position"]!;
        return string.Join(", ", [.. took, await Took("views", async () => (await Get("status"))["views"]!.AsArray().All(v => (long)v!["position"]! >= last))]);

        async Task<string> Took(string what, Func<Task<bool>> holds)
        {
            await LedgerHost.Until(holds, $"{what} after {after}", (int)patience.TotalSeconds);
            return string.Create(CultureInfo.InvariantCulture, $"{what} {watch.Elapsed.TotalSeconds:0.0} s");
        }
    }

    internal async Task<JsonNode> Get(string path)
    {
        using var response = await http.GetAsync(new Uri($"/api/v1/{path}", UriKind.Relative));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    /// <summary>One answer as any client gets it: its status, its code where it is a problem, and when to come again.</summary>
    internal async Task<(int Status, string? Code, TimeSpan? RetryAfter)> Ask(string path, string? body = null)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        if (body is not null) request.Headers.Add("Idempotency-Key", $"ask-{Next()}");
        using var response = await http.SendAsync(request);
        var code = response.Content.Headers.ContentType?.MediaType == "application/problem+json" ? (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"] : null;
        return ((int)response.StatusCode, code, response.Headers.RetryAfter?.Delta);
    }

    /// <summary>An append of a program that takes its time: numbers are drawn, and nothing is committed yet.</summary>
    internal async Task<OpenAppend> Append(string agent)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Database) { ApplicationName = "slow-writer", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        store ??= DocumentStore.For(o =>
        {
            o.Connection(Database);
            o.Books();
            o.AutoCreateSchemaObjects = AutoCreate.None;
        });
        await using var session = store.LightweightSession(SessionOptions.ForTransaction(transaction));
        var stream = session.Events.StartStream(Agent.StreamOf(agent), new AgentAdded(agent, agent, IdleRule.Shares, TimeProvider.System.GetUtcNow(), null));
        await session.SaveChangesAsync();
        return new(connection, transaction, stream.Events[0].Sequence);
    }

    /// <summary>Checks every law on other books than these, without a service.</summary>
    internal static async Task Verify(string database)
    {
        using var other = DocumentStore.For(o =>
        {
            o.Connection(database);
            o.Books();
            o.Documents();
            o.Spend("UTC");
            o.Chain();
        });
        var checks = await new VerifyBooks(other, new RebuildViews(other, new("UTC"))).Run(null, CancellationToken.None);
        Assert.All(checks, c => Assert.True(c.Ok, $"{c.Law}: {c.Detail}"));
    }

    internal Task<long> Mark() => Scalar<long>("select last_seq_id from mt_event_progression where name = 'HighWaterMark'");

    internal Task<long> Last() => Scalar<long>("select max(seq_id) from mt_events");

    internal async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)patience.TotalSeconds };
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs one of PostgreSQL's programs on the server.</summary>
    internal async Task Run(string program, params string[] arguments)
    {
        var server = new NpgsqlConnectionStringBuilder(Database);
        var start = new ProcessStartInfo(Path.Combine((await PostgresBinaries.Find(null, null, folder)).Folder, program), ["-h", server.Host!, "-p", $"{server.Port}", "-U", server.Username!, .. arguments])
        {
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {said}");
    }

    internal async Task<T> Scalar<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task Spend(CancellationToken ct)
    {
        for (var i = 1; !ct.IsCancellationRequested; i++)
        {
            var who = i % names.Length;
            Team.Spend(names[who], keys[who].Id, Prices.Reasoning, i % 3 == 0 ? Prices.Completion : Prices.Prompt, new Usd(7_000_001 + i));
            await Task.Delay(spendEvery, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A client: a mission starts and ends, and now and then there is a budget that spend is about to reach.</summary>
    private async Task Work(string agent, CancellationToken ct)
    {
        var today = TimeProvider.System.GetUtcNow();
        var period = string.Create(CultureInfo.InvariantCulture, $"{today.AddDays(-1):yyyy-MM-dd}..{today.AddDays(30):yyyy-MM-dd}");
        for (var i = 0; !ct.IsCancellationRequested; i++)
        {
            var n = Next();
            var started = await Send(new($"start-{n}", "missions", $$"""{"title":"Mission {{n}}","agents":["{{agent}}"]}"""));
            await Task.Delay(ClientPause, CancellationToken.None);
            if (started is not null) await Send(new($"end-{n}", "missions/end", $$"""{"mission":"{{started.Mission}}"}"""));
            if (i % 4 != 0) continue;
            var limit = Team.Billed() + Usd.Parse("0.05");
            budgets.Enqueue($"reader-{n}@example.org");
            await Send(new($"budget-{n}", "budgets",
                $$"""{"name":"budget {{n}}","scope":"all","limits":[{"period":"{{period}}","limit":"{{limit}}"}],"thresholds":["100%"],"recipients":["reader-{{n}}@example.org"]}"""));
            await Task.Delay(ClientPause, CancellationToken.None);
        }
    }

    /// <summary>Sends a command until it is acknowledged, always with the same key, as a client does that must not lose it. Null: it was refused for good.</summary>
    private async Task<Command?> Send(Command command)
    {
        while (true)
        {
            leaving.Token.ThrowIfCancellationRequested();
            var (status, text) = await Once(command);
            if (status == HttpStatusCode.OK)
            {
                acknowledged.Enqueue(command with { Answer = text });
                return command with { Answer = text };
            }
            var code = status is null ? null : (string?)JsonNode.Parse(text)?["code"];
            if (status is not null && code is not ("log.busy" or "conflict.retry"))
            {
                wrong.Enqueue($"{command.Path} {command.Body}: {(int)status} {text}\n{service.Said.Split('\n').LastOrDefault(l => l.Contains((string?)JsonNode.Parse(text)?["correlation"] ?? "?", StringComparison.Ordinal))}");
                return null;
            }
            await Task.Delay(ClientPause);
        }
    }

    /// <summary>Sends a command once. No status: no answer came.</summary>
    private async Task<(HttpStatusCode? Status, string Text)> Once(Command command)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{command.Path}") { Content = command.Body is null ? null : new StringContent(command.Body, Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", command.Key);
            using var response = await http.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return (null, e.Message);
        }
    }

    private async Task<Usd> Total() => (string?)(await Get("report?since=8d"))["total"] is { } total ? Usd.Parse(total) : Usd.Zero;

    private Task<long> Events(string type) => Scalar<long>($"select count(*) from mt_events where type = '{type}'");

    internal async Task<string[]> Column(string sql) => await Scalar<string[]>($"select coalesce(array_agg(x::text), '{{}}') from ({sql}) as t (x)");

    private Taken[] MailsTo(string reader) => [.. mail.Mails.Where(m => m.To == reader)];

    private int Next() => Interlocked.Increment(ref commands);

    /// <summary>A command and, once it is acknowledged, its answer.</summary>
    private sealed record Command(string Key, string Path, string? Body)
    {
        public string Answer { get; init; } = "";

        public bool Replays => Path is "missions" or "missions/end" or "budgets";

        public string Mission => (string)JsonNode.Parse(Answer)!["mission"]!["id"]!;
    }
}

/// <summary>An append whose transaction is open, with the number that it drew. It is rolled back unless it is committed.</summary>
internal sealed record OpenAppend(NpgsqlConnection Connection, NpgsqlTransaction Transaction, long Position) : IAsyncDisposable
{
    public Task Commit() => Transaction.CommitAsync();

    public async ValueTask DisposeAsync()
    {
        await Transaction.DisposeAsync();
        await Connection.DisposeAsync();
    }
}
