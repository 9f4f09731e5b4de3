using System.Text.Json.Nodes;
using Ledger.Service.Http;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Http;

/// <summary>The description at <c>/openapi/v1.json</c> is written from the endpoints and forgets none.</summary>
public sealed class DescriptionTests(TestDatabases databases) : IAsyncLifetime
{
    private LedgerHost host = null!;

    public async ValueTask InitializeAsync() => host = await LedgerHost.Start(databases);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task it_covers_every_endpoint_its_scope_its_key_and_its_problems()
    {
        var anonymous = await host.Send(HttpMethod.Get, "/openapi/v1.json", null, null, r => r.Headers.Authorization = null);
        var paths = anonymous.Ok()["paths"]!.AsObject();
        Assert.Contains("/api/v1/missions/cost", paths.Select(p => p.Key));
        var ids = new List<string>();
        foreach (var (path, operations) in paths)
            foreach (var (method, operation) in operations!.AsObject())
            {
                Assert.True(operation!["responses"]!["default"]?["content"]![Problems.ContentType] is not null, $"{method} {path} describes no problem");
                Assert.True((method != "get") == HasKey(operation), $"{method} {path} and its idempotency key");
                Assert.True(!path.StartsWith("/api/", StringComparison.Ordinal) || operation["security"] is not null, $"{method} {path} needs no token");
                Assert.True((string?)operation["operationId"] is { Length: > 0 }, $"{method} {path} has no operation id");
                ids.Add((string)operation["operationId"]!);
            }
        Assert.Equal(ids.Distinct(StringComparer.Ordinal), ids);
        Assert.NotNull(paths["/api/v1/missions"]!["post"]!["requestBody"]!["content"]!["application/json"]);
    }

    private static bool HasKey(JsonNode operation) => operation["parameters"]?.AsArray().Any(p => (string?)p!["name"] == Idempotency.Header) ?? false;
}
