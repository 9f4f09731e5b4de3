using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Tests.Polling;
using Ledger.Service.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Accounts;

/// <summary>Connecting, editing, rotating, removing.</summary>
public sealed class Connecting(TestDatabases databases)
{
    [Fact]
    public async Task an_account_is_connected_read_edited_removed_and_connected_again()
    {
        await using var host = await LedgerHost.Start(databases);
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-6));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("2.00"), host.Clock.GetUtcNow().AddDays(-5));
        var body = new { provider = "xai", label = "prod", credential = $" {host.Xai.Issue(host.Team).Text}\n", settlementLag = "0s" };
        var added = (await host.Post("accounts", body, "add-1")).Ok();
        Assert.NotNull(added.Position);
        Assert.Equal(Usd.Parse("2.00"), added.Money("billed"));
        Assert.Equal((9, 1L), ((int)added["readings"]!, (long)added["lines"]!));
        Assert.Equal(("prod", "ok", false), ((string?)added["account"]!["label"], (string?)added["account"]!["state"], (bool)added["account"]!["settlementLag"]!["assumed"]!));
        Assert.Equal("xai-ba", (string?)added["keys"]![0]!["name"]);
        Assert.Contains("whitespace", (string?)added["warnings"]![0], StringComparison.Ordinal);
        Assert.NotNull((await host.Get("accounts"))["accounts"]![0]!["balance"]);

        // The same command again connects nothing twice.
        var facts = await host.Facts();
        var again = (await host.Post("accounts", body, "add-1")).Ok();
        Assert.Equal((string?)added["account"]!["id"], (string?)again["account"]!["id"]);
        Assert.Equal(facts, await host.Facts());
        (await host.Post("accounts", body with { credential = host.Xai.Issue(host.Team).Text }, "add-1")).Refused("idempotency.reused");
        (await host.Post("accounts", body)).Refused("account.exists");

        Assert.Equal("auto", (string?)added["account"]!["bucket"]);
        // What 0.1 called learned is the provider's default.
        var edited = (await host.Patch("accounts/prod", new { label = "main", bucket = "15m", settlementLag = "learned" })).Ok();
        Assert.Equal(("main", 900, 300, true), ((string?)edited["account"]!["label"], (int)edited["account"]!["bucketSeconds"]!, (int)edited["account"]!["settlementLag"]!["seconds"]!, (bool)edited["account"]!["settlementLag"]!["assumed"]!));
        edited = (await host.Patch("accounts/main", new { bucket = "1m", settlementLag = "90s" })).Ok();
        Assert.Equal(("1m", 3600, 90), ((string?)edited["account"]!["bucket"], (int)edited["account"]!["bucketSeconds"]!, (int)edited["account"]!["settlementLag"]!["seconds"]!));
        (await host.Post("accounts/prod/sync")).Refused("account.unknown");

        var removed = (await host.Delete("accounts/main")).Ok();
        Assert.Equal("removed", (string?)removed["account"]!["state"]);
        Assert.Equal(0, await host.Scalar<long>("select count(*) from mt_doc_credential where data ->> 'sealed' is not null"));
        (await host.Post("accounts/main/sync")).Refused("account.removed");
        Assert.Contains("removed since", (string?)(await host.Post("accounts", body, "add-1")).Ok()["warnings"]![1], StringComparison.Ordinal);

        var back = (await host.Post("accounts", new { body.provider, body.label, body.credential })).Ok();
        // The settings it had are kept.
        Assert.Equal(("1m", 90), ((string?)back["account"]!["bucket"], (int)back["account"]!["settlementLag"]!["seconds"]!));
        Assert.Equal((string?)added["account"]!["id"], (string?)back["account"]!["id"]);
        Assert.Equal(Usd.Parse("2.00"), back.Money("billed"));
    }

    [Fact]
    public async Task the_history_of_a_removed_account_stays_in_sight()
    {
        await using var host = await PollingScene.Connected(databases);
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("budgets", new { name = "team", scope = "all", limits = new[] { new { period = "month", limit = "5.00" } } })).Ok();
        (await host.Delete("accounts/prod")).Ok();

        var status = (await host.Get("status")).Ok();
        var account = status["accounts"]![0]!;
        Assert.Equal(("prod", "removed", true), ((string?)account["label"], (string?)account["state"], (bool)account["stale"]!));
        Assert.NotNull(account["since"]);
        Assert.NotNull(account["through"]);
        Assert.Equal(Usd.Parse("2.00"), Usd.Parse((string)status["spend"]!["monthToDate"]!));

        var report = (await host.Get("report?since=today")).Ok();
        Assert.Equal(Usd.Parse("2.00"), report.Money("total"));
        Assert.Equal((string?)account["through"], (string?)report["data"]!["through"]);
        Assert.Equal(("prod", (string?)account["since"]), ((string?)report["data"]!["removed"]![0]!["account"], (string?)report["data"]!["removed"]![0]!["at"]));

        var guard = (await host.Get("guard")).Ok();
        Assert.Equal(("unknown", 69, "3.00"), ((string?)guard["decision"], (int)guard["exitCode"]!, (string?)guard["remaining"]!["amount"]));
        Assert.StartsWith("prod was removed at ", (string?)guard["reason"], StringComparison.Ordinal);
        Assert.Equal((string?)account["through"], (string?)guard["asOf"]);

        // Connected again, nothing of that is left.
        await host.Connect();
        Assert.Empty((await host.Get("report?since=today")).Ok()["data"]!["removed"]!.AsArray());
        Assert.Equal("allow", (string?)(await host.Get("guard")).Ok()["decision"]);
    }

    [Fact]
    public async Task two_that_connect_at_once_connect_once()
    {
        await using var host = await LedgerHost.Start(databases);
        var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => host.Post("accounts", new { provider = "xai", label = $"a{i}", credential = host.Xai.Issue(host.Team).Text, noWait = true })));
        Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r.Status != 200), r => Assert.Contains(r.Code, (string[])["account.exists", "conflict.retry"]));
        Assert.Equal(1, await host.Scalar<long>("select count(*) from mt_doc_credential where data ->> 'sealed' is not null"));
        Assert.Equal(1, await host.Scalar<long>("select count(*) from mt_events where type = 'account-connected.v1'"));
    }

    [Fact]
    public async Task a_label_is_taken_once_and_a_key_of_another_team_rotates_nothing()
    {
        await using var host = await LedgerHost.Start(databases);
        await host.Connect();
        var team = new SimulatedTeam(host.Clock, seed: 2);
        var other = host.Xai.Issue(team);
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = other.Text })).Refused("account.label_taken");
        (await host.Post("accounts/prod/rotate", new { credential = other.Text })).Refused("credential.other_team");
        (await host.Post("accounts", new { provider = "xai", label = "two", credential = other.Text })).Ok();
        (await host.Patch("accounts/two", new { label = "prod" })).Refused("account.label_taken");
        (await host.Post("accounts/-/sync")).Refused("account.ambiguous");
        Assert.Equal(["prod", "two"], (await host.Get("accounts")).Ok()["accounts"]!.AsArray().Select(a => (string?)a!["label"]));
        var rotated = (await host.Post("accounts/two/rotate", new { credential = host.Xai.Issue(team).Text }, "rot")).Ok();
        Assert.NotEqual(Secret.FromPaste(other.Text).Redacted, (string?)rotated["account"]!["credential"]!["redacted"]);
    }

    [Fact]
    public async Task the_key_in_the_environment_is_connected_at_start_tried_again_and_rotated()
    {
        await using var host = await LedgerHost.Start(databases);
        await host.Stop();
        var (first, second) = (host.Xai.Issue(host.Team), host.Xai.Issue(host.Team));
        host.Xai.Faults.Order(Fault.ServerError, XaiCall.Any, times: 4);
        await using (var node = await host.Another(s => s with { XaiKey = new(first.Text) }))
        {
            await LedgerHost.Until(() => Task.FromResult(node.Services.GetRequiredService<EnvironmentAccount>().Warning is not null), "a warning");
            await LedgerHost.Until(async () => await node.Scalar<long>("select count(*) from mt_doc_account") == 1, "connected after all");
            await LedgerHost.Until(() => Task.FromResult(node.Services.GetRequiredService<EnvironmentAccount>().Warning is null), "no warning");
            Assert.Equal("xai", (string?)(await node.Get("accounts"))["accounts"]![0]!["label"]);
        }
        await using var again = await host.Another(s => s with { XaiKey = new(second.Text) });
        await LedgerHost.Until(async () => await again.Scalar<long>("select count(*) from mt_events where type = 'credential-stored.v1'") == 2, "rotated");
        Assert.Equal(1, await again.Scalar<long>("select count(*) from mt_events where type = 'account-connected.v1'"));
    }
}
