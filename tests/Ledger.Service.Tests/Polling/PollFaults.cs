using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

/// <summary>Whatever the provider does: nothing half done, the figures stay as they were and say how old they are.</summary>
public sealed class PollFaults(TestDatabases databases)
{
    [Fact]
    public async Task a_bad_answer_leaves_the_books_as_they_were_and_says_since_when()
    {
        await using var host = await PollingScene.Connected(databases);
        var total = Usd.Parse("2.00");
        foreach (var (fault, argument, kind, code) in new (Fault, string?, string, string)[]
        {
            (Fault.TooManyRequests, "120", "rate-limited", "provider.unavailable"),
            (Fault.ServerError, "500", "unreachable", "provider.unavailable"),
            (Fault.Html, null, "unreachable", "provider.unavailable"),
            (Fault.HtmlAsJson, null, "unreachable", "provider.unavailable"),
            (Fault.Truncated, null, "unreachable", "provider.unavailable"),
            (Fault.Body, """{"code":13,"message":"internal error","details":[]}""", "contract", "provider.contract"),
            (Fault.Body, """{"data":{"timeSeries":[]}}""", "contract", "provider.contract"),
            (Fault.Body, """{"limitReached":false}""", "contract", "provider.contract"),
            (Fault.Body, "{}", "contract", "provider.contract"),
            (Fault.Body, "[]", "contract", "provider.contract"),
            (Fault.Nested, null, "contract", "provider.contract"),
            (Fault.Figure, "1e400", "contract", "provider.contract"),
            (Fault.DuplicateSeries, null, "contract", "provider.contract"),
            (Fault.MisalignedBucket, null, "contract", "provider.contract"),
        })
        {
            var facts = await host.Facts();
            host.Spends("1.00");
            host.Xai.Faults.Order(fault, XaiCall.Usage, times: 1_000, argument);
            var through = (string?)(await host.Get("accounts")).Ok()["accounts"]![0]!["through"];
            (await host.Post("accounts/-/sync")).Refused(code);

            Assert.Equal(through, (string?)(await host.Get("accounts")).Ok()["accounts"]![0]!["through"]);
            Assert.Equal(total, await host.Billed());
            var account = (await host.Get("accounts")).Ok()["accounts"]![0]!;
            // Failing is a note; how old the figures are is another thing.
            Assert.Equal(("failing", kind, false), ((string?)account["state"], (string?)account["error"]!["kind"], (bool)account["stale"]!));
            var data = (await host.Get("report")).Ok()["data"]!;
            Assert.Equal((false, (string?)account["error"]!["detail"]), ((bool)data["stale"]!, (string?)Assert.Single(data["failing"]!.AsArray())!["detail"]));
            Assert.Equal("allow", (string?)(await host.Get("guard")).Ok()["decision"]);
            Assert.Equal(facts + 1, await host.Facts());
            (await host.Post("accounts/-/sync")).Refused(code);
            Assert.Equal(facts + 1, await host.Facts());

            host.Xai.Faults.Clear();
            host.Clock.Advance(TimeSpan.FromMinutes(3));
            await host.Sync();
            total += Usd.Parse("1.00");
            Assert.Equal(total, await host.Billed());
            account = (await host.Get("accounts")).Ok()["accounts"]![0]!;
            Assert.Equal(("ok", false), ((string?)account["state"], (bool)account["stale"]!));
        }
    }

    [Fact]
    public async Task a_revoked_key_is_named_and_probed_no_more_than_every_quarter_of_an_hour()
    {
        await using var host = await LedgerHost.Start(databases, s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        var key = host.Xai.Issue(host.Team);
        await host.Connect(key: key);
        key.Revoked = true;
        await LedgerHost.Until(async () => await host.State() == "failing", "failing");
        var calls = host.Xai.Calls(XaiCall.Any);
        for (var i = 0; i < 3; i++)
        {
            await host.Bookmarks($"m-{i}");
            await Task.Delay(500);
        }
        Assert.Equal(calls, host.Xai.Calls(XaiCall.Any));
        Assert.Equal("auth", (string?)(await host.Get("accounts")).Ok()["accounts"]![0]!["error"]!["kind"]);
        Assert.False((bool)(await host.Post("accounts/-/test")).Ok()["ok"]!);
        Assert.InRange(((await host.Source()).NextDue!.Value - host.Clock.GetUtcNow()).TotalMinutes, 14, 15);

        (await host.Post("accounts/-/rotate", new { credential = host.Xai.Issue(host.Team).Text })).Ok();
        await LedgerHost.Until(async () => await host.State() == "ok", "read with the new key at once");
    }

    [Fact]
    public async Task a_missing_permission_is_named_when_connecting_and_nothing_is_kept()
    {
        await using var host = await LedgerHost.Start(databases);
        var weak = host.Xai.Issue(host.Team, "weak", "team-token:endpoint:ListApiKeys");
        var refused = (await host.Post("accounts", new { provider = "xai", label = "prod", credential = weak.Text })).Refused("credential.refused");
        Assert.Contains("team-token:endpoint:BillingRead", (string?)refused["detail"], StringComparison.Ordinal);
        Assert.Equal(77, (int)refused["exit"]!);
        Assert.Equal(0, await host.Facts());
        Assert.Equal(0, await host.Scalar<long>("select count(*) from mt_doc_credential"));
    }

    [Fact]
    public async Task a_balance_that_can_not_be_read_does_not_hold_the_spend_up()
    {
        await using var host = await PollingScene.Connected(databases);
        host.Spends("1.00");
        host.Xai.Faults.Order(Fault.Html, XaiCall.Preview, times: 1_000);
        await host.Sync();
        Assert.Equal(Usd.Parse("3.00"), await host.Billed());
    }

    [Fact]
    public async Task polls_that_bring_nothing_new_write_no_event_and_no_held_day()
    {
        await using var host = await PollingScene.Connected(databases);
        await host.Sync();
        var facts = await host.Facts();
        var held = await host.Scalar<DateTime>("select max(mt_last_modified) from mt_doc_heldday");
        for (var i = 0; i < 5; i++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            await host.Sync();
        }
        Assert.Equal(facts, await host.Facts());
        Assert.Equal(held, await host.Scalar<DateTime>("select max(mt_last_modified) from mt_doc_heldday"));
        Assert.InRange((long)(await host.Get("accounts")).Ok()["accounts"]![0]!["lagSeconds"]!, 0, 30);
    }

    [Fact]
    public async Task books_that_have_snapshots_and_no_documents_get_them_from_the_log()
    {
        await using var host = await PollingScene.Connected(databases);
        var before = await host.Source();
        await host.Scalar<long>("with gone as (delete from mt_doc_heldday returning 1), gone2 as (delete from mt_doc_source returning 1) select count(*) from gone");
        var facts = await host.Facts();
        await host.Sync();
        Assert.Equal(facts, await host.Facts());
        Assert.Equal(1, await host.Scalar<long>("select count(*) from mt_doc_heldday"));
        Assert.Equal(before.Covered.Stretches[0].Start < host.Clock.GetUtcNow(), (await host.Source()).Asked is not null);
        host.Spends("0.50");
        await host.Sync();
        Assert.Equal(Usd.Parse("2.50"), await host.Billed());
    }

    [Fact]
    public async Task a_key_that_billing_names_otherwise_is_renamed()
    {
        await using var host = await PollingScene.Connected(databases);
        Assert.Equal("xai-ba", await host.Scalar<string>("select data ->> 'name' from mt_doc_keyownership"));
        Assert.Equal(1, await host.Scalar<long>("select count(*) from mt_events where type = 'key-seen.v1'"));
    }
}
