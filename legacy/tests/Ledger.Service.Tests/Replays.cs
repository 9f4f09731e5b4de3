using System.Net.Http.Headers;
using Ledger.Providers;
using Ledger.Service.Vault;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

/// <summary>A key that was used answers before anything else happens.</summary>
public sealed class Replays
{
    [Fact]
    public async Task a_key_used_before_revokes_no_other_token()
    {
        await using var host = await TestHost.Start();
        var body = new { name = "agent ba", scopes = new[] { "read" }, expires = host.Clock.GetUtcNow().AddHours(1) };
        var (first, second) = ((await host.Post("tokens", body, "make")).Ok(), (await host.Post("tokens", body)).Ok());
        (await host.Delete($"tokens/{first["id"]}", "revoke")).Ok();
        (await host.Delete($"tokens/{second["id"]}", "revoke")).Refused("idempotency.reused");
        (await host.Send(HttpMethod.Get, "agents", null, null, r => r.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (string)second["token"]!))).Ok();
        Assert.True((await host.Delete($"tokens/{first["id"]}", "revoke")).Ok().IsReplay);

        host.Clock.Advance(TimeSpan.FromHours(2));
        Assert.True((await host.Post("tokens", body, "make")).Ok().IsReplay);
    }

    [Fact]
    public async Task connecting_and_rotating_again_under_the_same_key_ask_the_provider_nothing()
    {
        await using var host = await TestHost.Start();
        var (first, second) = (host.Xai.Issue(host.Team), host.Xai.Issue(host.Team));
        var (connect, rotate) = (new { provider = "xai", label = "prod", credential = first.Text }, new { credential = second.Text });
        (await host.Post("accounts", connect, "connect")).Ok();
        (await host.Post("accounts/prod/rotate", rotate, "rotate")).Ok();
        (first.Revoked, second.Revoked) = (true, true);
        var (calls, head) = (host.Xai.Calls(XaiCall.Validation), await host.Head());

        var connected = (await host.Post("accounts", connect, "connect")).Ok();
        Assert.True(connected.IsReplay);
        Assert.Equal("prod", (string?)connected["account"]!["label"]);
        Assert.True((await host.Post("accounts/prod/rotate", rotate, "rotate")).Ok().IsReplay);
        (await host.Post("accounts/prod/rotate", connect with { label = "x" }, "rotate")).Refused("request.json");
        (await host.Post("accounts", connect with { label = "other" }, "connect")).Refused("idempotency.reused");
        (await host.Delete("accounts/prod")).Ok();
        Assert.True((await host.Post("accounts", connect, "connect")).Ok().IsReplay);
        Assert.Equal((calls, head + 1), (host.Xai.Calls(XaiCall.Validation), await host.Head()));
    }

    [Fact]
    public async Task only_the_credential_that_the_log_names_stays_stored()
    {
        await using var host = await TestHost.Start();
        var id = (string)(await host.Connect())["account"]!["id"]!;
        var vault = (CredentialVault)host.Host.Services.GetService(typeof(CredentialVault))!;
        Task Stray() => vault.Store("c-stray", id, "xai", Secret.FromPaste("xai-token-of-a-call-that-died"), CancellationToken.None);
        async Task OnlyOne()
        {
            Assert.Equal(1, await host.Database.Scalar<long>("select count(*) from ledger_credential where id <> 'c-stray'"));
            Assert.Equal(1, await host.Database.Scalar<long>("select count(*) from ledger_credential"));
        }

        var rotate = new { credential = host.Xai.Issue(host.Team).Text };
        (await host.Post("accounts/prod/rotate", rotate, "rotate")).Ok();
        await Stray();
        (await host.Post("accounts/prod/rotate", rotate, "rotate")).Ok();
        await OnlyOne();
        await Stray();
        (await host.Post("accounts", new { provider = "xai", label = "again", credential = host.Xai.Issue(host.Team).Text })).Refused("account.exists");
        await OnlyOne();

        var keys = Enumerable.Range(0, 8).Select(_ => host.Xai.Issue(host.Team).Text).ToArray();
        foreach (var reply in await Task.WhenAll(keys.Select(key => host.Post("accounts/prod/rotate", new { credential = key })))) reply.Ok();
        await OnlyOne();
        Assert.True((bool)(await host.Post("accounts/prod/test")).Ok()["ok"]!);
        (await host.Delete("accounts/prod", "remove")).Ok();
        await Stray();
        (await host.Delete("accounts/prod", "remove")).Ok();
        Assert.Equal(0, await host.Database.Scalar<long>("select count(*) from ledger_credential"));
    }
}
