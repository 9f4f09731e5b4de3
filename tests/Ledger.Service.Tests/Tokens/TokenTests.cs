using System.Net.Http.Headers;
using System.Text;
using Ledger.Service.Http;
using Ledger.Service.Tests.Support;
using Ledger.Service.Tokens;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Service.Tests.Tokens;

public sealed class TokenTests(TestDatabases databases) : IAsyncLifetime
{
    /// <summary>And the page that shows the description, with its files.</summary>
    private static readonly string[] open = ["/health/live", "/health/ready", "/openapi/{documentName}.json"];

    private LedgerHost host = null!;

    public async ValueTask InitializeAsync() => host = await LedgerHost.Start(databases, o => o with { RequestsPerSecondMax = 100_000 });

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private RouteEndpoint[] Endpoints => [.. host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    [Fact]
    public void every_endpoint_demands_a_scope_or_is_one_of_the_few_that_are_open()
    {
        string[] words = [Scopes.Read, Scopes.Bookmark, Scopes.Write, Scopes.Admin];
        Assert.NotEmpty(Endpoints);
        foreach (var endpoint in Endpoints)
        {
            var path = endpoint.RoutePattern.RawText!;
            var isOpen = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
            Assert.True(isOpen == (open.Contains(path) || path.TrimStart('/').StartsWith("reference", StringComparison.Ordinal)), path);
            Assert.True(isOpen != words.Contains(PolicyOf(endpoint)), path);
            Assert.True((MethodOf(endpoint) == "GET") == (endpoint.Metadata.GetMetadata<WritesMetadata>() is null), path);
        }
    }

    [Fact]
    public async Task each_token_may_do_what_its_scope_says_on_every_endpoint_and_no_more()
    {
        var endpoints = Endpoints.Where(e => PolicyOf(e) is not null).ToArray();
        foreach (var scope in Enum.GetValues<TokenScope>())
        {
            var token = (string)(await host.Post("tokens", new { name = $"{scope}", scopes = new[] { Scopes.Word(scope) } })).Ok()["token"]!;
            foreach (var endpoint in endpoints)
            {
                var path = endpoint.RoutePattern.RawText!.Replace("{label}", "nowhere", StringComparison.Ordinal).Replace("{id}", "nothing", StringComparison.Ordinal).Replace("{name}", "nothing", StringComparison.Ordinal);
                // Without a key no write gets further than the question whether it may.
                var reply = await host.Send(new(MethodOf(endpoint)), path, null, null, With(token));
                Assert.True((reply.Status == 403) == (scope < Enum.Parse<TokenScope>(PolicyOf(endpoint)!, ignoreCase: true)), $"{scope} on {path}: {reply.Status} {reply.Text}");
            }
        }
        foreach (var endpoint in endpoints)
            (await host.Send(new(MethodOf(endpoint)), endpoint.RoutePattern.RawText!.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal), null, null, With("ldg_unknown"))).Refused("auth.missing");
    }

    [Fact]
    public async Task a_token_is_shown_once_kept_as_a_hash_and_ends_when_revoked_or_expired()
    {
        var body = new { name = "agent ba", scopes = new[] { "bookmark" }, expires = host.Clock.GetUtcNow().AddHours(1).ToText() };
        var created = (await host.Post("tokens", body, "make")).Ok();
        var token = (string)created["token"]!;
        Assert.True(TokenText.IsWellFormed(token));
        var replay = (await host.Post("tokens", body, "make")).Ok();
        Assert.True(replay.IsReplay);
        Assert.Null(replay["token"]);
        Assert.Equal((string?)created["id"], (string?)replay["id"]);
        (await host.Post("tokens", new { name = "agent ba", scopes = new[] { "admin" } }, "make")).Refused("idempotency.reused");
        Assert.DoesNotContain(token, (await host.Get("tokens")).Ok().Text, StringComparison.Ordinal);

        (await host.Send(HttpMethod.Get, "agents", null, null, With(token))).Ok();
        Assert.NotNull((await host.Get("tokens"))["tokens"]!.AsArray().Single(t => (string?)t!["name"] == "agent ba")!["usedAt"]);
        (await host.Delete($"tokens/{(string)created["id"]!}")).Ok();
        (await host.Send(HttpMethod.Get, "agents", null, null, With(token))).Refused("auth.missing");
        (await host.Delete($"tokens/{(string)created["id"]!}")).Ok();
        (await host.Delete("tokens/t-nothing")).Refused("token.unknown");

        var second = (string)(await host.Post("tokens", body)).Ok()["token"]!;
        host.Clock.Advance(TimeSpan.FromHours(2));
        (await host.Send(HttpMethod.Get, "agents", null, null, With(second))).Refused("auth.missing");
        (await host.Send(HttpMethod.Get, "agents", null, null, With(token[..^1] + "~"))).Refused("auth.missing");
        (await host.Post("tokens", body)).Refused("time.out_of_range");
    }

    [Fact]
    public async Task of_many_calls_with_one_key_one_makes_a_token()
    {
        var body = new { name = "race", scopes = new[] { "read" } };
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => host.Post("tokens", body, "race")));
        Assert.Single(replies, r => r.Status == 200 && r["token"] is not null);
        Assert.All(replies, r => Assert.True(r.Status == 200 || r.Code == "conflict.retry", r.Text));
        Assert.Equal(1, await host.Scalar<long>("select count(*) from mt_doc_token where data ->> 'name' = 'race'"));
    }

    [Fact]
    public async Task the_text_of_a_token_is_in_no_table()
    {
        var token = (string)(await host.Post("tokens", new { name = "canary", scopes = new[] { "write" } }, "canary")).Ok()["token"]!;
        (await host.Post("tokens", new { name = "canary", scopes = new[] { "write" } }, "canary")).Ok();
        (await host.Send(HttpMethod.Post, "agents", new { name = "canary" }, "canary-agent", With(token))).Ok();
        var dump = await Dump();
        Assert.Contains(TokenText.Hash(token), dump, StringComparison.Ordinal);
        Assert.DoesNotContain(token, dump, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(token)), dump, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"x"}""")]
    [InlineData("""{"name":"x","scopes":[]}""")]
    [InlineData("""{"name":"x","scopes":["root"]}""")]
    [InlineData("""{"name":"x","scopes":["3"]}""")]
    [InlineData("""{"scopes":["read"]}""")]
    public async Task a_token_without_a_name_or_with_scopes_there_are_not_is_refused(string body) => (await host.Post("tokens", body)).Refused("request.invalid");

    [Fact]
    public async Task the_first_start_leaves_an_admin_token_for_this_user_alone()
    {
        await using var first = await LedgerHost.Start(databases, o => o with { Token = null });
        var said = new List<string>();
        await FirstToken.Ensure(first.Services, said.Add, CancellationToken.None);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(first.Options.TokenFile));
        var token = (await File.ReadAllTextAsync(first.Options.TokenFile)).Trim();
        (await first.Send(HttpMethod.Get, "tokens", null, null, With(token))).Ok();
        Assert.DoesNotContain(said, line => line.Contains(token, StringComparison.Ordinal));
        await FirstToken.Ensure(first.Services, said.Add, CancellationToken.None);
        Assert.Equal(token, (await File.ReadAllTextAsync(first.Options.TokenFile)).Trim());
    }

    [Fact]
    public async Task a_caller_that_asks_too_fast_is_told_to_wait()
    {
        await using var slow = await LedgerHost.Start(databases, o => o with { RequestsPerSecondMax = 5 });
        var replies = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => slow.Get("agents")));
        var refused = replies.First(r => r.Status == 429).Refused("rate.limited");
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    private static string MethodOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET";

    private static string? PolicyOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy;

    private static Action<HttpRequestMessage> With(string token) => request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    /// <summary>Every table of every schema as text, the bytes of messages too.</summary>
    private async Task<string> Dump()
    {
        var db = host.Services.GetRequiredService<NpgsqlDataSource>();
        var tables = await host.Scalar<string[]>("select array_agg(format('%I.%I', schemaname, tablename)) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')");
        Assert.Contains(tables, t => t.StartsWith("messages.", StringComparison.Ordinal));
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            await using var command = db.CreateCommand($"select coalesce(string_agg(t::text || encode(convert_to(t::text, 'utf8'), 'escape'), e'\\n'), '') from {table} t");
            text.Append((string)(await command.ExecuteScalarAsync())!);
            await foreach (var bytes in Bytes(db, table)) text.Append(Encoding.Latin1.GetString(bytes));
        }
        return text.ToString();
    }

    private static async IAsyncEnumerable<byte[]> Bytes(NpgsqlDataSource db, string table)
    {
        var columns = new List<string>();
        await using (var named = db.CreateCommand($"select quote_ident(attname) from pg_attribute where attrelid = '{table}'::regclass and atttypid = 'bytea'::regtype and attnum > 0 and not attisdropped"))
        await using (var reader = await named.ExecuteReaderAsync())
            while (await reader.ReadAsync()) columns.Add(reader.GetString(0));
        foreach (var column in columns)
        {
            await using var command = db.CreateCommand($"select {column} from {table} where {column} is not null");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) yield return reader.GetFieldValue<byte[]>(0);
        }
    }
}
