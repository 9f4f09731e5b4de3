using System.Text.Json.Nodes;
using Ledger.Alerts;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Polling;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Forecasts;

/// <summary>Prepaid credit as everybody is told of it: read at connecting, carried on by what was billed, never given back by a calendar.</summary>
public sealed class CreditStories(TestDatabases databases)
{
    [Fact]
    public async Task connecting_reads_the_credit_at_once_and_a_bookmark_reads_it_again()
    {
        await using var host = await Team("31.00", "27.81");
        Assert.Equal(("3.19", "31.00"), await Left(host));
        Assert.Equal(("deny", "3.19", "credit", "prod"), await Asked(host, "4"));

        host.Clock.Advance(TimeSpan.FromMinutes(2));
        host.Spends("0.50");
        var at = await host.Bookmarks("m-1");
        await LedgerHost.Until(async () => (await host.Source()).CreditReadAt >= at, "the bookmark's reading of the balance");
        Assert.Equal(("2.69", "31.00"), await Left(host));
    }

    [Fact]
    public async Task a_balance_that_cannot_be_read_any_more_is_carried_on_by_what_was_billed_since()
    {
        await using var host = await Team("31.00", "1.00");
        Assert.Equal(("30.00", "31.00"), await Left(host));
        var readAt = (string?)(await Runway(host))["creditReadAt"];

        // Usage goes on, the invoice preview is forbidden from now on.
        host.Xai.Faults.Order(Fault.Body, XaiCall.Preview, times: 1_000, """{"code":13,"message":"internal error"}""");
        host.Clock.Advance(TimeSpan.FromMinutes(12));
        host.Spends("29.50");
        await host.Sync();
        var runway = await Runway(host);
        Assert.Equal(("0.50", "29.50", readAt), ((string?)runway["left"], (string?)runway["billedSince"], (string?)runway["creditReadAt"]));
        Assert.StartsWith("xAI's balance is not what it should be", (string?)runway["creditTrouble"], StringComparison.Ordinal);
        Assert.Equal(("deny", "0.50", "credit", "prod"), await Asked(host, "1"));

        var status = (await host.Get("status")).Ok();
        Assert.Equal(("0.50", "29.50", readAt), ((string?)status["credit"]!["left"], (string?)status["credit"]!["billedSince"], (string?)status["credit"]!["readAt"]));
        Assert.Single(status["warnings"]!.AsArray(), w => ((string)w!).Contains("At most $0.50 of prepaid credit is left: $29.50 was billed since", StringComparison.Ordinal));
        Assert.Single((await host.Get("doctor")).Ok()["checks"]!.AsArray(), c => (string?)c!["name"] == "balance prod" && c["ok"] is null);
        Assert.Contains("$0.50", (string?)(await host.Get("digest?format=text")).Text, StringComparison.Ordinal);

        // Two polls later it is old news, however fresh the usage is.
        host.Clock.Advance(TimeSpan.FromHours(3));
        await host.Sync();
        Assert.True((bool)(await Runway(host))["creditStale"]!);
        Assert.False((bool)(await host.Get("runway")).Ok()["data"]!["stale"]!);

        // It can be read again: the provider's figure counts, and nothing is to be said.
        host.Xai.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        await host.Sync();
        runway = await Runway(host);
        Assert.Equal(("0.50", "0.00", null), ((string?)runway["left"], (string?)runway["billedSince"], runway["creditTrouble"]));
        Assert.DoesNotContain((await host.Get("status")).Ok()["warnings"]!.AsArray(), w => ((string)w!).Contains("balance", StringComparison.Ordinal));
    }

    [Fact]
    public async Task what_a_mission_spends_is_taken_off_once_though_its_seconds_are_read_after_the_balance()
    {
        await using var host = await Team("31.00", "1.00");
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("keys/assign", new { key = "xai-ba", owners = new { ba = 1 } })).Ok();
        var started = host.Clock.GetUtcNow();
        (await host.Post("missions", new { title = "Runway", agents = new[] { "ba" } })).Ok();
        await LedgerHost.Until(async () => (await host.Source()).Asked >= started, "the reading at its start");
        host.Clock.Advance(TimeSpan.FromSeconds(20));
        host.Spends("0.50");
        host.Clock.Advance(TimeSpan.FromSeconds(2));
        var (usage, prepaid) = (host.Xai.Calls(XaiCall.Usage), host.Xai.Calls(XaiCall.Prepaid));
        await host.Sync();
        Assert.True(host.Xai.Calls(XaiCall.Usage) - usage > 1 && host.Xai.Calls(XaiCall.Prepaid) > prepaid, "both its minutes and the balance are read");
        Assert.Equal(("29.50", "31.00"), await Left(host));
        Assert.Equal("0.00", (string?)(await Runway(host))["billedSince"]);
    }

    [Fact]
    public async Task a_month_that_turns_gives_no_credit_back_and_no_good_news()
    {
        await using var host = await LedgerHost.Start(databases);
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        Says(host, 11, "-8100", "-7900");
        await host.Connect();
        Assert.Equal(("2.00", "81.00"), await Left(host));

        host.Clock.AdvanceTo(new(2026, 12, 1, 0, 4, 0, TimeSpan.Zero));
        Says(host, 12, "-8100", "0");
        await host.Sync();
        Assert.Equal(("2.00", "81.00"), await Left(host));
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        Says(host, 12, "-200", "0", """{"changeOrigin":"SPEND","amount":{"val":"7900"},"spendBpKeyYear":2026,"spendBpKeyMonth":11}""");
        await host.Sync();
        Assert.Equal(("2.00", "81.00"), await Left(host));
        // Bought: that is good news.
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        Says(host, 12, "-5200", "0", """{"changeOrigin":"PURCHASE","topupStatus":"SUCCEEDED","amount":{"val":"-5000"}}""");
        await host.Sync();
        Assert.Equal(("52.00", "52.00"), await Left(host));
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        Assert.DoesNotContain(await session.Events.QueryAllRawEvents().Where(e => e.Timestamp < host.Clock.GetUtcNow().AddYears(1)).ToListAsync(), e => e.Data is RunwayRecovered { Left.Ticks: < 520_000_000_000 });
    }

    [Fact]
    public async Task what_is_left_is_the_least_of_all_that_binds_and_says_what_it_is()
    {
        await using var host = await Team("31.00", "25.35");
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("keys/assign", new { key = "xai-ba", owners = new { ba = 1 } })).Ok();
        (await host.Post("budgets", new { name = "TUI", scope = "agent:ba", limits = new[] { new { period = "week", limit = "100" }, new { period = "month", limit = "400" } } })).Ok();
        var answer = (await host.Get($"guard?agent=ba&minPosition={await host.Head()}")).Ok();
        Assert.Equal(("5.65", "credit", "prod", null), ((string?)answer["remaining"]!["amount"], (string?)answer["remaining"]!["of"], (string?)answer["remaining"]!["name"], (string?)answer["remaining"]!["period"]));

        // The week has less than the month and the credit.
        (await host.Post("budgets", new { name = "TUI", scope = "agent:ba", limits = new[] { new { period = "week", limit = "30" }, new { period = "month", limit = "400" } } })).Ok();
        answer = (await host.Get($"guard?agent=ba&minPosition={await host.Head()}")).Ok();
        Assert.Equal(("4.65", "budget", "TUI", "week"), ((string?)answer["remaining"]!["amount"], (string?)answer["remaining"]!["of"], (string?)answer["remaining"]!["name"], (string?)answer["remaining"]!["period"]));
        Assert.Equal(("warn", "Budget TUI is at 84 %: $25.35 of $30.00 this week."), ((string?)answer["decision"], (string?)answer["reason"]));

        // Holds are taken off the credit too, and said.
        (await host.Post("guard", new { agent = "ba", reserve = "4", forSeconds = 600 })).Ok();
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        var denied = (await host.Post("guard", new { agent = "vigilio", reserve = "2" })).Ok();
        Assert.Equal("Prepaid credit of prod has $1.65 free, $4.00 is held (`ledger hold list`); $2.00 was asked for.", (string?)denied["reason"]);
    }

    [Fact]
    public async Task one_failed_poll_makes_nobody_unknown()
    {
        await using var host = await Team("31.00", "1.00");
        host.Xai.Faults.Order(Fault.ServerError, XaiCall.Usage, times: 1_000);
        await host.Post("accounts/-/sync");
        Assert.Equal("failing", await host.State());
        Assert.Equal("allow", (string?)(await host.Get("guard")).Ok()["decision"]);
        // A bookmark asks again at once: the provider may be back any moment.
        host.Xai.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(20));
        var at = await host.Bookmarks("m-1");
        await LedgerHost.Until(async () => (await host.Source()).Asked >= at, "the bookmark's reading");
        Assert.Equal("ok", await host.State());
    }

    [Fact]
    public async Task whoever_connects_an_account_hears_that_nobody_would_be_told()
    {
        await using var host = await LedgerHost.Start(databases);
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        var connected = (await host.Connect()).Ok();
        Assert.Single(connected["warnings"]!.AsArray(), w => ((string)w!).StartsWith("Nobody is told when credit or a budget ends: set LEDGER_MAIL_TO", StringComparison.Ordinal));
        Assert.Single((await host.Get("status")).Ok()["warnings"]!.AsArray(), w => ((string)w!).StartsWith("Nobody is told", StringComparison.Ordinal));
        Assert.Single((await host.Get("doctor")).Ok()["checks"]!.AsArray(), c => (string?)c!["name"] == "people");
        await using var told = await host.Another(o => o with { People = new() { MailTo = ["ludo@example.org"] } });
        Assert.DoesNotContain((await told.Get("status")).Ok()["warnings"]!.AsArray(), w => ((string)w!).StartsWith("Nobody is told", StringComparison.Ordinal));
    }

    /// <summary>A team that bought credit and spent some of it in the hour before now.</summary>
    private async Task<LedgerHost> Team(string bought, string spent)
    {
        var host = await LedgerHost.Start(databases);
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-30));
        host.Team.BuyCredit(Usd.Parse(bought), host.Clock.GetUtcNow().AddDays(-10));
        host.Spends(spent, host.Clock.GetUtcNow().AddMinutes(-4));
        await host.Connect();
        return host;
    }

    /// <summary>The provider's own words of its money, from now on.</summary>
    private static void Says(LedgerHost host, int month, string credit, string used, params string[] more)
    {
        host.Xai.Faults.Clear();
        host.Xai.Faults.Order(Fault.Body, XaiCall.Preview, times: 1_000,
            $$$"""{"coreInvoice":{"lines":[],"totalWithCorr":{"val":"{{{used.TrimStart('-')}}}"},"prepaidCredits":{"val":"{{{credit}}}"},"prepaidCreditsUsed":{"val":"{{{used}}}"}},"effectiveSpendingLimit":"0","billingCycle":{"year":2026,"month":{{{month}}}}}""");
        host.Xai.Faults.Order(Fault.Body, XaiCall.Prepaid, times: 1_000,
            $$$"""{"changes":[{{{string.Join(',', more.Prepend("""{"changeOrigin":"PURCHASE","topupStatus":"SUCCEEDED","amount":{"val":"-8100"}}"""))}}}],"total":{"val":"{{{credit}}}"}}""");
    }

    private static async Task<JsonNode> Runway(LedgerHost host) => Assert.Single((await host.Get($"runway?minPosition={await host.Head()}")).Ok()["runways"]!.AsArray())!;

    private static async Task<(string? Left, string? Of)> Left(LedgerHost host) => await Runway(host) is var runway ? ((string?)runway["left"], (string?)runway["of"]) : default;

    private static async Task<(string? Decision, string? Amount, string? Of, string? Name)> Asked(LedgerHost host, string reserve)
    {
        var answer = (await host.Post("guard", new { reserve })).Ok();
        return ((string?)answer["decision"], (string?)answer["remaining"]!["amount"], (string?)answer["remaining"]!["of"], (string?)answer["remaining"]!["name"]);
    }
}
