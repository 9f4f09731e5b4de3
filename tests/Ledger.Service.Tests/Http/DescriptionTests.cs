using System.Text.Json.Nodes;
using Ledger.Service.Http;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Http;

/// <summary>The description at <c>/openapi/v1.json</c> is written from the endpoints and forgets none.</summary>
public sealed class DescriptionTests(DescriptionTests.World world) : IClassFixture<DescriptionTests.World>
{
    /// <summary>Programs are generated from these: a route, an operation id and a scope that is here stays.</summary>
    private const string operations = """
        DELETE /api/v1/accounts/{label} RemoveAccountEndpoint admin
        DELETE /api/v1/tokens/{id} RevokeToken admin
        GET /api/v1/accounts ListAccounts read
        GET /api/v1/agents ListAgents read
        GET /api/v1/alerts ListAlerts read
        GET /api/v1/budgets ListBudgets read
        GET /api/v1/digest GetDigest read
        GET /api/v1/digests ListDigests read
        GET /api/v1/doctor GetDoctor read
        GET /api/v1/forecast GetForecast read
        GET /api/v1/guard GetGuard read
        GET /api/v1/holds ListHolds read
        GET /api/v1/keys ListKeys read
        GET /api/v1/missions ListMissions read
        GET /api/v1/missions/cost GetMissionCost read
        GET /api/v1/missions/diff DiffMission read
        GET /api/v1/missions/explain ExplainMission read
        GET /api/v1/outbox GetOutbox read
        GET /api/v1/report GetReport read
        GET /api/v1/runway GetRunway read
        GET /api/v1/status GetStatus read
        GET /api/v1/tokens ListTokens admin
        PATCH /api/v1/accounts/{label} EditAccountEndpoint admin
        PATCH /api/v1/agents/{id} EditAgentEndpoint write
        PATCH /api/v1/missions/{id} EditMissionEndpoint write
        POST /api/v1/accounts AddAccountEndpoint admin
        POST /api/v1/accounts/{label}/rotate RotateAccountEndpoint admin
        POST /api/v1/accounts/{label}/sync SyncAccountEndpoint write
        POST /api/v1/accounts/{label}/test TestAccountEndpoint admin
        POST /api/v1/agents AddAgentEndpoint write
        POST /api/v1/agents/from-keys AddAgentsFromKeysEndpoint write
        POST /api/v1/alerts/test TestAlertEndpoint admin
        POST /api/v1/alerts/{id}/ack AcknowledgeAlertEndpoint bookmark
        POST /api/v1/budgets SetBudgetEndpoint write
        POST /api/v1/budgets/apply ApplyBudgetsEndpoint write
        POST /api/v1/budgets/backtest BacktestBudgetsEndpoint read
        POST /api/v1/budgets/plan PlanBudgetsEndpoint read
        POST /api/v1/budgets/{name}/close CloseBudgetEndpoint write
        POST /api/v1/budgets/{name}/raise RaiseBudgetEndpoint write
        POST /api/v1/digest/send SendDigestEndpoint write
        POST /api/v1/guard TakeHoldEndpoint bookmark
        POST /api/v1/holds/{id}/release ReleaseHoldEndpoint bookmark
        POST /api/v1/keys/assign AssignKeyEndpoint write
        POST /api/v1/missions StartMissionEndpoint bookmark
        POST /api/v1/missions/end EndMissionEndpoint bookmark
        POST /api/v1/missions/switch SwitchMissionEndpoint bookmark
        POST /api/v1/missions/{id}/cancel CancelMissionEndpoint write
        POST /api/v1/missions/{id}/reopen ReopenMissionEndpoint bookmark
        POST /api/v1/outbox/{id}/retry RetryMessageEndpoint admin
        POST /api/v1/rebuild RebuildViewsEndpoint admin
        POST /api/v1/tokens CreateTokenEndpoint admin
        POST /api/v1/verify VerifyBooksEndpoint write
        """;

    public sealed class World(TestDatabases databases) : IAsyncLifetime
    {
        internal LedgerHost Host { get; private set; } = null!;

        /// <summary>What whoever has no token sees.</summary>
        internal JsonObject Paths { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Host = await LedgerHost.Start(databases);
            Paths = (await Host.Send(HttpMethod.Get, "/openapi/v1.json", null, null, r => r.Headers.Authorization = null)).Ok()["paths"]!.AsObject();
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }

    private IEnumerable<(string Method, string Path, JsonNode Operation)> Operations =>
        world.Paths.SelectMany(path => path.Value!.AsObject().Select(o => (o.Key, path.Key, o.Value!)));

    [Fact]
    public void every_route_has_its_operation_id_and_its_scope()
    {
        var described = Operations.Select(o => $"{o.Method.ToUpperInvariant()} {o.Path} {o.Operation["operationId"]} {((string?)o.Operation["description"])?.Split(' ')[^1].TrimEnd('.')}");
        Assert.Equal(operations.Split('\n'), described.Order(StringComparer.Ordinal));
        Assert.All(Operations, o => Assert.NotNull(o.Operation["security"]));
    }

    [Fact]
    public void every_operation_has_its_tag_its_problems_and_a_write_its_key()
    {
        foreach (var (method, path, operation) in Operations)
        {
            Assert.Equal(path.Split('/')[3], (string?)operation["tags"]!.AsArray().Single());
            Assert.True(operation["responses"]!["default"]?["content"]![Problems.ContentType] is not null, $"{method} {path} describes no problem");
            Assert.True((method != "get") == HasKey(operation), $"{method} {path} and its idempotency key");
        }
        Assert.NotNull(world.Paths["/api/v1/missions"]!["post"]!["requestBody"]!["content"]!["application/json"]);
    }

    [Fact]
    public async Task a_page_shows_it_and_fetches_nothing_from_elsewhere()
    {
        var page = await world.Host.Send(HttpMethod.Get, "/reference/", null, null, r => r.Headers.Authorization = null);
        Assert.Equal(200, page.Status);
        Assert.Contains("openapi/v1.json", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page.Text, StringComparison.Ordinal);
    }

    private static bool HasKey(JsonNode operation) => operation["parameters"]?.AsArray().Any(p => (string?)p!["name"] == Idempotency.Header) ?? false;
}
