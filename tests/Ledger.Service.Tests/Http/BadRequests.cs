using System.Text;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Http;

/// <summary>What a request gets that is not well formed, whatever it is about: a stable code, and nothing written.</summary>
public sealed class BadRequests(BadRequests.World world) : IClassFixture<BadRequests.World>
{
    private LedgerHost Host => world.Host;

    public sealed class World(TestDatabases databases) : IAsyncLifetime
    {
        internal LedgerHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await LedgerHost.Start(databases);

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }

    public static TheoryData<string, string, string, string> Bodies => new()
    {
        { "POST agents", """{"name":"x","nmae":"y"}""", "request.json", "nmae" },
        { "POST agents", """{"Name":"x"}""", "request.json", "Name" },
        { "POST agents", """{"name":"x","name":"y"}""", "request.json", "" },
        { "POST agents", """{"name":"x",}""", "request.json", "" },
        { "POST agents", """{"name":"x"} {}""", "request.json", "" },
        { "POST agents", """{"name":/* why */"x"}""", "request.json", "" },
        { "POST agents", """{"name":NaN}""", "request.json", "" },
        { "POST agents", """["name"]""", "request.json", "" },
        { "POST agents", "\"name\"", "request.json", "" },
        { "POST agents", "7", "request.json", "" },
        { "POST agents", """{"name":7}""", "request.json", "name" },
        { "POST agents", """{"name":{"first":"x"}}""", "request.json", "name" },
        { "POST agents", "<html>", "request.json", "" },
        { "POST agents", "{\"name\":\"half", "request.json", "" },
        { "POST agents", " ", "request.json", "" },
        { "POST agents", """{"name":null}""", "request.invalid", "name" },
        { "POST agents", "{}", "request.invalid", "name" },
        { "POST agents", """{"name":"a\udc00b"}""", "text.invalid", "name" },
        { "POST agents", """{"name":"x","idle":"a\u0000b"}""", "text.invalid", "idle" },
        { "POST missions", """{"title":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}""", "request.json", "" },
        { "POST missions", """{"title":"x","weight":99999999999}""", "request.json", "weight" },
        { "POST missions", """{"title":"x","weight":"1"}""", "request.json", "weight" },
        { "POST missions", """{"title":"x","agents":"ba"}""", "request.json", "agents" },
        { "POST tokens", """{"name":"t","scopes":["read"],"expires":"2020-01-01T00:00:00Z"}""", "time.out_of_range", "expires" },
        { "DELETE tokens/nothing", "{}", "token.unknown", "id" },
        { "POST rebuild", """{"view":"nothing"}""", "request.invalid", "view" },
        { "POST no/such/thing", "{}", "not_found", "" },
        { "PUT agents", """{"name":"x"}""", "not_found", "" },
    };

    [Theory, MemberData(nameof(Bodies))]
    public async Task a_bad_write_is_refused_with_its_code_and_nothing_is_written(string call, string body, string code, string field)
    {
        var head = await Host.Head();
        var reply = (await Host.Send(new(call.Split(' ')[0]), call.Split(' ')[1], body, Guid.NewGuid().ToString("N"))).Refused(code);
        Assert.Equal(field, (string?)reply["field"] ?? "");
        Assert.Equal((Refusals.All[code].Status, Refusals.All[code].Exit), (reply.Status, (int)reply["exit"]!));
        Assert.Equal(reply.Headers.GetValues("X-Correlation-Id").Single(), (string?)reply["correlation"]);
        Assert.NotEmpty((string)reply["detail"]!);
        Assert.DoesNotContain("   at ", reply.Text, StringComparison.Ordinal);
        Assert.Equal(head, await Host.Head());
    }

    [Theory]
    [InlineData("no/such/thing", "not_found")]
    [InlineData("/nowhere", "not_found")]
    [InlineData("missions/m-1", "not_found")]
    [InlineData("report?minPosition=x", "request.invalid")]
    [InlineData("report?limit=99999999999", "request.invalid")]
    [InlineData("report?agent=%00", "agent.unknown")]
    public async Task a_bad_read_is_refused_with_its_code(string path, string code) => (await Host.Get(path)).Refused(code);

    [Theory]
    [InlineData(null, "idempotency.missing")]
    [InlineData("", "idempotency.missing")]
    [InlineData("two words", "request.invalid")]
    public async Task a_key_is_text_without_spaces(string? key, string code) => (await Host.Send(HttpMethod.Post, "agents", new { name = "x" }, key)).Refused(code);

    [Fact]
    public async Task a_key_has_up_to_200_characters_and_there_is_one()
    {
        (await Host.Send(HttpMethod.Post, "agents", new { name = "x" }, new string('k', 201))).Refused("request.invalid");
        (await Host.Send(HttpMethod.Post, "agents", new { name = "x" }, "one", r => r.Headers.Add("Idempotency-Key", "two"))).Refused("idempotency.missing");
        (await Host.Send(HttpMethod.Post, "agents", new { name = "long-key" }, new string('k', 200))).Ok();
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("application/json-patch+json")]
    public async Task another_content_type_is_refused(string type)
    {
        var reply = (await Host.Send(HttpMethod.Post, "agents", null, "typed", r => r.Content = new StringContent("""{"name":"x"}""", Encoding.UTF8, type))).Refused("request.content_type");
        Assert.Equal(415, reply.Status);
        Assert.StartsWith(type, (string?)reply["value"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rebound.example.org", 400)]
    [InlineData("127.0.0.1.example.org", 400)]
    [InlineData("localhost", 200)]
    [InlineData("127.0.0.1:7480", 200)]
    public async Task only_known_host_names_are_answered(string name, int status) =>
        Assert.Equal(status, (await Host.Send(HttpMethod.Get, "/health/live", null, null, r => r.Headers.Host = name)).Status);

    /// <summary>The size is bounded by the server, so this one listens.</summary>
    [Fact]
    public async Task a_body_of_more_than_a_megabyte_is_refused_whether_it_says_its_size_or_not()
    {
        await using var app = LedgerService.Compose(Host.Options, Host.Clock).Build();
        LedgerService.Map(app);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", LedgerHost.AdminToken);
        foreach (var isChunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/agents") { Content = new StringContent($$"""{"name":"{{new string('x', 1_100_000)}}"}""", Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", $"large-{isChunked}");
            (request.Headers.ExpectContinue, request.Headers.TransferEncodingChunked) = (true, isChunked);
            using var response = await client.SendAsync(request);
            var reply = new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers.ContentType?.MediaType);
            Assert.Equal(413, reply.Refused("request.too_large").Status);
        }
        await app.StopAsync();
        Assert.DoesNotContain((await Host.Get("agents")).Ok()["agents"]!.AsArray(), a => ((string)a!["name"]!).StartsWith("xx", StringComparison.Ordinal));
    }
}
