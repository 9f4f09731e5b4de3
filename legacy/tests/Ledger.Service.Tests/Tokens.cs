using System.Net.Http.Headers;
using Ledger.Service.Http;
using Ledger.Service.Tokens;
using Microsoft.AspNetCore.Routing;

namespace Ledger.Service.Tests;

public sealed class Tokens
{
    private static readonly string[] open = ["/health/live", "/health/ready", "/openapi/{documentName}.json"];

    [Fact]
    public async Task every_endpoint_demands_a_scope_or_is_one_of_the_few_that_are_open()
    {
        await using var host = await TestHost.Start();
        var endpoints = ((EndpointDataSource)host.Host.Services.GetService(typeof(EndpointDataSource))!).Endpoints.OfType<RouteEndpoint>().ToArray();
        Assert.True(endpoints.Length > 30);
        foreach (var endpoint in endpoints)
        {
            var scope = endpoint.Metadata.GetMetadata<ScopeMetadata>();
            var isOpen = endpoint.Metadata.GetMetadata<OpenToAllMetadata>() is not null;
            Assert.True(isOpen == open.Contains(endpoint.RoutePattern.RawText), endpoint.RoutePattern.RawText);
            Assert.True(isOpen != (scope is not null), endpoint.RoutePattern.RawText);
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods;
            Assert.Equal(methods is not ["GET"], endpoint.Metadata.GetMetadata<WriteMetadata>() is not null);
        }
    }

    [Fact]
    public async Task each_token_may_do_what_its_scope_says_on_every_endpoint_and_no_more()
    {
        await using var host = await TestHost.Start(s => s with { RequestsPerSecondMax = 100_000 });
        var endpoints = ((EndpointDataSource)host.Host.Services.GetService(typeof(EndpointDataSource))!).Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<ScopeMetadata>() is not null).ToArray();
        foreach (var scope in Enum.GetValues<Scope>())
        {
            var token = (string)(await host.Post("tokens", new { name = $"{scope}", scopes = new[] { $"{scope}".ToLowerInvariant() } })).Ok()["token"]!;
            foreach (var endpoint in endpoints)
            {
                var path = endpoint.RoutePattern.RawText!.Replace("{label}", "nowhere", StringComparison.Ordinal).Replace("{id}", "nothing", StringComparison.Ordinal);
                var reply = await host.Send(new(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]), path, null, null, With(token));
                var demanded = endpoint.Metadata.GetMetadata<ScopeMetadata>()!.Scope;
                Assert.True((reply.Status == 403) == (scope < demanded), $"{scope} on {path}: {reply.Status} {reply.Text}");
            }
        }
        foreach (var endpoint in endpoints)
            (await host.Send(new(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]), endpoint.RoutePattern.RawText!.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal), null, null, With("ldg_unknown"))).Refused("auth.missing");
    }

    [Fact]
    public async Task a_token_is_shown_once_kept_as_a_hash_and_ends_when_revoked_or_expired()
    {
        await using var host = await TestHost.Start();
        var body = new { name = "agent ba", scopes = new[] { "bookmark" }, expires = host.Clock.GetUtcNow().AddHours(1) };
        var created = (await host.Post("tokens", body, "make")).Ok();
        var token = (string)created["token"]!;
        Assert.True(TokenText.IsWellFormed(token));
        var replay = (await host.Post("tokens", body, "make")).Ok();
        Assert.True(replay.IsReplay);
        Assert.Null(replay["token"]);
        Assert.DoesNotContain(token, (await host.Get("tokens")).Ok().Text, StringComparison.Ordinal);
        Assert.Equal(0, await host.Database.Scalar<long>($"select count(*) from ledger_token_grant where ledger_token_grant::text like '%{token}%'"));

        (await host.Send(HttpMethod.Get, "agents", null, null, With(token))).Ok();
        Assert.NotNull((await host.Get("tokens"))["tokens"]!.AsArray().Single(t => (string?)t!["name"] == "agent ba")!["usedAt"]);
        (await host.Delete($"tokens/{(string)created["id"]!}")).Ok();
        (await host.Send(HttpMethod.Get, "agents", null, null, With(token))).Refused("auth.missing");

        var second = (string)(await host.Post("tokens", body)).Ok()["token"]!;
        host.Clock.Advance(TimeSpan.FromHours(2));
        (await host.Send(HttpMethod.Get, "agents", null, null, With(second))).Refused("auth.missing");
        (await host.Send(HttpMethod.Get, "agents", null, null, With(token[..^1] + "~"))).Refused("auth.missing");
    }

    [Fact]
    public async Task the_first_start_leaves_an_admin_token_for_this_user_alone()
    {
        await using var host = await TestHost.Start(s => s with { Token = null });
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(host.Settings.TokenFile));
        var token = (await File.ReadAllTextAsync(host.Settings.TokenFile)).Trim();
        (await host.Send(HttpMethod.Get, "tokens", null, null, With(token))).Ok();
        Assert.DoesNotContain(host.Said, line => line.Contains(token, StringComparison.Ordinal));
        await using var again = await host.Another(s => s with { Token = null });
        Assert.Equal(token, (await File.ReadAllTextAsync(host.Settings.TokenFile)).Trim());
    }

    [Fact]
    public async Task a_caller_that_asks_too_fast_is_told_to_wait()
    {
        await using var host = await TestHost.Start(s => s with { RequestsPerSecondMax = 5 });
        var replies = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => host.Get("agents")));
        var refused = replies.First(r => r.Status == 429).Refused("rate.limited");
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    private static Action<HttpRequestMessage> With(string token) => request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
}
