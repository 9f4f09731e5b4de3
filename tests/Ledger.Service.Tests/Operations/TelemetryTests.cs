using System.Text;
using System.Text.Json.Nodes;
using Ledger.Demo.Simulator;
using Ledger.Service.Tests.Channels;
using Ledger.Service.Tests.Processes;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Operations;

/// <summary>The service as a process, watched from outside: what a collector gets, what the log says, and that neither holds a secret.</summary>
public sealed class TelemetryTests(TestDatabases databases) : IAsyncLifetime
{
    private const string canary = "canary-7d20";
    private const string traces = "/v1/traces";
    private const string metrics = "/v1/metrics";
    private const string logs = "/v1/logs";

    private readonly string home = RunningService.NewHome();
    private readonly int port = RunningService.FreePort();
    private Collector collector = null!;
    private string database = "";

    public async ValueTask InitializeAsync()
    {
        collector = await Collector.Start();
        database = await databases.Create();
    }

    public async ValueTask DisposeAsync()
    {
        await collector.DisposeAsync();
        await RunningService.Remove(home);
        NpgsqlConnection.ClearAllPools();
        await databases.Drop(database);
    }

    [Fact]
    public async Task a_collector_gets_the_meters_and_traces_of_all_three_and_the_log_without_secrets()
    {
        await using var scene = await Failures.Start(home, port, database, "json",
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=blue"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=trial"), ("OTEL_METRIC_EXPORT_INTERVAL", "1000"), ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200"));
        await scene.Drive();

        foreach (var meter in new[] { "Ledger", "Marten", "Wolverine:ledger" }) await Gets(metrics, meter);
        foreach (var metric in new[] { "ledger_log_position", "ledger_queue_overdue_seconds", "marten.event.append", "marten.chain.all.gap", "wolverine-messages-succeeded" }) await Gets(metrics, metric);
        foreach (var source in new[] { "Marten", "Wolverine", "Npgsql", "Microsoft.AspNetCore" }) await Gets(traces, source);
        foreach (var span in new[] { "marten.connection", "send-mail.v1" }) await Gets(traces, span);
        foreach (var name in new[] { "service.name", "ledger", "deployment.environment", "trial" }) await Gets(metrics, name);
        await Gets(logs, "Marten.IDocumentStore");
        Assert.All(new[] { traces, metrics, logs }, path => Assert.True(collector.HasHeader(path, "x-team: blue"), $"no header of ours at {path}"));

        scene.HoldsNoSecret([.. collector.All]);
        var lines = scene.Service.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.All(lines, line => Assert.NotNull(JsonNode.Parse(line)!["message"]));
        // The line of a request that failed bears the id that its caller was told, and the trace's.
        Assert.Contains(lines, line => JsonNode.Parse(line) is { } entry && (string?)entry["correlation"] == scene.Correlation && ((string?)entry["traceId"])?.Length == 32);
    }

    [Fact]
    public async Task a_log_for_people_holds_no_secret_and_only_what_is_asked_for_is_pushed()
    {
        await using var scene = await Failures.Start(home, port, database, "text",
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"{collector.Url}/only/traces"), ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-team=red"),
            ("OTEL_SERVICE_NAME", "books-of-blue"), ("OTEL_METRIC_EXPORT_INTERVAL", "1000"), ("OTEL_BSP_SCHEDULE_DELAY", "200"));
        await scene.Drive();
        await Gets("/only/traces", "marten.connection");
        await Gets("/only/traces", "books-of-blue");
        Assert.True(collector.HasHeader("/only/traces", "x-team: red"));
        Assert.Equal(0, collector.Count(metrics) + collector.Count(logs) + collector.Count(traces));
        scene.HoldsNoSecret([.. collector.All]);
    }

    private Task Gets(string path, string text) => LedgerHost.Until(() => Task.FromResult(collector.Has(path, text)), $"{text} at {path}", seconds: 60);

    /// <summary>A service that was given marked secrets, and everything around it that refuses.</summary>
    private sealed class Failures : IAsyncDisposable
    {
        private readonly SimulatedXai xai;
        private readonly MoodyMailServer mail;
        private readonly ManagementKey key;
        private readonly HttpClient http;
        private readonly string database;
        private readonly List<string> answers = [];
        private int keys;

        private Failures(SimulatedXai xai, MoodyMailServer mail, ManagementKey key, RunningService service, string database)
        {
            (this.xai, this.mail, this.key, Service, this.database) = (xai, mail, key, service, database);
            http = new() { BaseAddress = service.Url, Timeout = TimeSpan.FromSeconds(60) };
            http.DefaultRequestHeaders.Authorization = new("Bearer", $"{canary}-token-0123456789");
        }

        public RunningService Service { get; }

        /// <summary>Of the command that the database refused.</summary>
        public string Correlation { get; private set; } = "";

        public static async Task<Failures> Start(string home, int port, string database, string format, params (string, string)[] more)
        {
            var xai = await SimulatedXai.Start(TimeProvider.System);
            var key = xai.Issue(new SimulatedTeam(TimeProvider.System));
            var mail = new MoodyMailServer { Offers = ["AUTH PLAIN LOGIN"], Answers = { ["AUTH"] = $"535 no {canary}-smtp-password, not today" } };
            var (server, role) = (new NpgsqlConnectionStringBuilder(database), $"ledger_canary_{Environment.ProcessId}_{port}");
            await Execute(database, $"create role {role} login superuser password '{canary}-db-password'");
            var service = await RunningService.Start(home, port,
            [
                ("LEDGER_LOG_FORMAT", format), ("LEDGER_TOKEN", $"{canary}-token-0123456789"), ("XAI_MANAGEMENT_URL", xai.BaseAddress.ToString()),
                ("LEDGER_DB", new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = role, Password = $"{canary}-db-password" }.ConnectionString),
                ("SMTP_HOST", "127.0.0.1"), ("SMTP_PORT", $"{mail.Options().Port}"), ("SMTP_TLS", "none"), ("SMTP_USERNAME", "ledger"), ("SMTP_PASSWORD", $"{canary}-smtp-password"),
                ("SMTP_SENDER_EMAIL", "ledger@example.org"), ("LEDGER_WEBHOOK_URL", $"http://127.0.0.1:{RunningService.FreePort()}/{canary}-webhook-path"),
                ("LEDGER_WEBHOOK_SECRET", $"{canary}-webhook-secret"), ("LEDGER_WEBHOOK_ALLOW_PRIVATE", "127.0.0.1"), .. more,
            ]);
            return new(xai, mail, key, service, database);
        }

        /// <summary>The provider, the mail server, the receiver of webhooks, the reader of bodies and the database refuse, one after the other.</summary>
        public async Task Drive()
        {
            await Post("accounts", $$"""{"provider":"xai","label":"prod","credential":"{{key.Text}}"}""");
            key.Revoked = true;
            await Post("accounts/prod/sync", "{}");
            await Post("accounts/prod/rotate", $$"""{"credential":"xai-token-{{canary}}-0123456789abcdef"}""");
            await Post("accounts/prod/rotate", $$"""{"credential":"xai-token-{{canary}}-0123456789abcdef""");
            await Post("alerts/test", """{"channel":"email","to":"you@example.org"}""");
            await Post("alerts/test", """{"channel":"webhook"}""");
            await Execute(database, "alter table mt_doc_agent add constraint refused check (false) not valid; alter table mt_doc_credential add constraint refused check (false) not valid");
            Correlation = await Post("agents", $$"""{"name":"{{canary}}-agent"}""");
            await Post("accounts/prod/rotate", $$"""{"credential":"{{xai.Issue(new SimulatedTeam(TimeProvider.System)).Text}}"}""");
            await Service.Says("A statement failed");
        }

        /// <summary>Nothing that was said, answered, pushed or kept as an event, and no command line.</summary>
        public void HoldsNoSecret(string[] pushed)
        {
            string[] seen = [Service.Said, File.ReadAllText($"/proc/{Service.Process.Id}/cmdline"), .. answers, .. pushed, Events()];
            foreach (var secret in new[] { canary, key.Text })
                Assert.All(seen, text => Assert.False(text.Contains(secret, StringComparison.Ordinal), $"{secret} in: {Around(text, secret)}"));
        }

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await Service.DisposeAsync();
            mail.Dispose();
            await xai.DisposeAsync();
            NpgsqlConnection.ClearAllPools();
            await Execute(database, $"do $$ begin execute (select format('reassign owned by %I to current_user; drop owned by %1$I; drop role %1$I', rolname) from pg_roles where rolname like 'ledger_canary_{Environment.ProcessId}_{Service.Url.Port}'); end $$");
        }

        private static string Around(string text, string secret)
        {
            var at = text.IndexOf(secret, StringComparison.Ordinal);
            return at < 0 ? "" : text[Math.Max(0, at - 300)..Math.Min(text.Length, at + 100)];
        }

        private static async Task Execute(string database, string sql)
        {
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }

        private string Events()
        {
            using var connection = new NpgsqlConnection(database);
            connection.Open();
            using var command = new NpgsqlCommand("select coalesce(string_agg(data::text, e'\\n'), '') from mt_events", connection);
            return (string)command.ExecuteScalar()!;
        }

        private async Task<string> Post(string path, string body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{path}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", $"k{keys++}");
            using var response = await http.SendAsync(request);
            answers.Add($"{response.StatusCode} {response.Headers}{await response.Content.ReadAsStringAsync()}");
            return response.Headers.GetValues("X-Correlation-Id").Single();
        }
    }
}
