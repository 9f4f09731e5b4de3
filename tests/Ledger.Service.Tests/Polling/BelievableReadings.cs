using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

/// <summary>What an answer without series means, what a bad name costs, and what people are told of a failure.</summary>
public sealed class BelievableReadings(TestDatabases databases)
{
    [Fact]
    public async Task an_answer_that_leaves_its_list_out_is_empty_where_nothing_was_spent_and_unknown_where_something_was()
    {
        await using var host = await LedgerHost.Start(databases);
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        host.Xai.Faults.Order(Fault.Body, XaiCall.Usage, times: 1_000, "{}");
        await host.Connect();
        await host.Sync();
        Assert.Equal(("ok", Usd.Zero), (await host.State(), await host.Billed()));

        host.Xai.Faults.Clear();
        host.Spends("1.00");
        await host.Sync();
        host.Xai.Faults.Order(Fault.Body, XaiCall.Usage, times: 1_000, "{}");
        var refused = (await host.Post("accounts/-/sync")).Refused("provider.contract");
        Assert.Equal(65, (int)refused["exit"]!);
        Assert.Contains("no timeSeries in the answer", (string?)refused["detail"], StringComparison.Ordinal);
        Assert.Equal(("failing", Usd.Parse("1.00")), (await host.State(), await host.Billed()));

        // What is said to be empty is an answer.
        host.Xai.Faults.Clear();
        host.Xai.Faults.Order(Fault.Body, XaiCall.Usage, times: 1_000, """{"timeSeries":[],"limitReached":false}""");
        await host.Sync();
        Assert.Equal("ok", await host.State());
    }

    [Fact]
    public async Task a_list_of_keys_that_can_not_be_read_does_not_hold_the_spend_up()
    {
        await using var host = await LedgerHost.Start(databases);
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("2.00"), host.Clock.GetUtcNow().AddMinutes(-4));
        host.Xai.Faults.Order(Fault.Body, XaiCall.Keys, times: 1_000, """{"code":13,"message":"internal error"}""");
        await host.Connect();
        Assert.Equal(Usd.Parse("2.00"), await host.Billed());
    }

    [Fact]
    public async Task a_name_that_is_too_long_is_cut_and_said_once_in_status_and_doctor()
    {
        await using var host = await LedgerHost.Start(databases);
        var key = host.Team.AddKey(new string('x', 230), host.Clock.GetUtcNow().AddDays(-3));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("2.00"), host.Clock.GetUtcNow().AddMinutes(-4));
        await host.Connect();
        await host.Sync();
        Assert.Equal(("ok", Usd.Parse("2.00")), (await host.State(), await host.Billed()));
        Assert.Equal(new string('x', 199) + "…", (string?)(await host.Get("keys")).Ok()["keys"]![0]!["name"]);
        var said = $"The name of key {key.Id} is longer than 200 characters and shown cut; figures are complete.";
        Assert.Single((await host.Get("status")).Ok()["warnings"]!.AsArray(), w => (string?)w == said);
        Assert.Single((await host.Get("doctor")).Ok()["checks"]!.AsArray(), c => (string?)c!["detail"] == said);
    }

    [Fact]
    public async Task a_key_that_billing_names_by_its_id_keeps_the_name_it_had()
    {
        await using var host = await PollingScene.Connected(databases);
        host.Team.Keys[0].Deleted = true;
        host.Spends("1.00");
        await host.Sync();
        Assert.Equal(Usd.Parse("3.00"), await host.Billed());
        Assert.Equal("xai-ba", (string?)(await host.Get("keys")).Ok()["keys"]![0]!["name"]);
        Assert.Equal("xai-ba", (string?)(await host.Get("report?by=key&since=today")).Ok()["rows"]![0]!["keyName"]);
    }

    [Fact]
    public async Task being_told_to_wait_says_until_when_in_all_places()
    {
        await using var host = await LedgerHost.Start(databases);
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        var key = host.Xai.Issue(host.Team);
        var other = host.Xai.Issue(host.Team);
        host.Xai.Faults.Order(Fault.TooManyRequests, XaiCall.Validation, 1, "3600");
        var refused = (await host.Post("accounts", new { provider = "xai", label = "prod", credential = other.Text })).Refused("provider.unavailable");
        var at = DateTimeOffset.Parse((string)refused["retryAt"]!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(host.Clock.GetUtcNow().AddHours(1), at, TimeSpan.FromMinutes(1));
        Assert.Equal($"xAI asks us to wait until {at:HH:mm:ss} UTC; try again then.", (string?)refused["detail"]);

        await host.Connect(key: key);
        host.Xai.Faults.Order(Fault.TooManyRequests, XaiCall.Usage, 1, "3600");
        refused = (await host.Post("accounts/-/sync")).Refused("provider.unavailable");
        at = DateTimeOffset.Parse((string)refused["retryAt"]!, System.Globalization.CultureInfo.InvariantCulture);
        var words = $"xAI asks us to wait until {at:HH:mm:ss} UTC; reading goes on by itself then.";
        Assert.Equal((words, 69), ((string?)refused["detail"], (int)refused["exit"]!));
        var error = (await host.Get("status")).Ok()["accounts"]![0]!["error"]!;
        Assert.Equal(("rate-limited", words, (string?)refused["retryAt"]), ((string?)error["kind"], (string?)error["detail"], (string?)error["retryAt"]));
    }

    [Fact]
    public async Task connecting_to_something_else_connects_nothing_and_says_what_it_is()
    {
        await using var host = await LedgerHost.Start(databases);
        var body = new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text };
        foreach (var (call, fault, argument, code, exit, words) in new[]
        {
            (XaiCall.Usage, Fault.Body, """{"code":13,"message":"internal error","details":[]}""", "provider.contract", 65, "xAI's answer is not what it should be: no timeSeries in the answer; it says \"internal error\". Nothing of it was used."),
            (XaiCall.Validation, Fault.Body, "{}", "provider.contract", 65, "xAI's answer is not what it should be: no scope in the answer. Nothing of it was used."),
            (XaiCall.Validation, Fault.Html, null, "provider.unavailable", 69, "xAI gives no usable answer: The answer is text/html where JSON was expected."),
            (XaiCall.Validation, Fault.HtmlAsJson, null, "provider.unavailable", 69, "xAI gives no usable answer: The answer is not valid JSON (line 1, byte 1): it looks like HTML."),
            (XaiCall.Usage, Fault.ServerError, "500", "provider.unavailable", 69, "xAI gives no usable answer: HTTP 500: The service is currently unavailable."),
        })
        {
            host.Xai.Faults.Order(fault, call, times: 100, argument);
            var refused = (await host.Post("accounts", body)).Refused(code);
            Assert.Equal((words, exit), ((string?)refused["detail"], (int)refused["exit"]!));
            host.Xai.Faults.Clear();
        }
        var wrong = (await host.Post("accounts", body with { credential = "xai-token-nobody-knows" })).Refused("credential.refused");
        Assert.Equal("xAI refuses the key (mistyped, revoked or expired?). A management key is made in the xAI console under Settings, Management Keys. (xAI says: Invalid bearer token: this is not a management key.)", (string?)wrong["detail"]);
        Assert.Empty((await host.Get("accounts")).Ok()["accounts"]!.AsArray());
    }

    [Fact]
    public async Task a_revoked_key_is_told_with_the_command_that_mends_it()
    {
        await using var host = await LedgerHost.Start(databases);
        var key = host.Xai.Issue(host.Team);
        await host.Connect(key: key);
        key.Revoked = true;
        var refused = (await host.Post("accounts/-/sync")).Refused("credential.refused");
        const string words = "xAI refuses prod's key (revoked?). `ledger account rotate prod` gives a new one.";
        Assert.StartsWith(words, (string?)refused["detail"], StringComparison.Ordinal);
        Assert.StartsWith(words, (string?)(await host.Get("status")).Ok()["accounts"]![0]!["error"]!["detail"], StringComparison.Ordinal);
        Assert.Null(refused["field"]);
    }
}
