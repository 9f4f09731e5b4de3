using System.Globalization;
using System.Text.Json.Nodes;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

/// <summary>What status, doctor and a mission's cost say of how finely and how far back an account is read, and of its clock.</summary>
public sealed class ToldBesideFigures(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(5.5, "This machine's clock is at least [45] s behind xAI's: a mission's edges may be off by as much.")]
    [InlineData(-5.5, "This machine's clock is at least [45] s ahead of xAI's: a mission's edges may be off by as much.")]
    public async Task a_clock_that_is_not_the_providers_is_told_beside_exact_figures(double seconds, string told)
    {
        await using var host = await Team();
        host.Xai.Faults.ClockAhead = TimeSpan.FromSeconds(seconds);
        await Work(host);

        var cost = await Cost(host);
        Assert.Equal("0.48", (string?)cost["billed"]);
        Assert.Matches(told, (string?)Assert.Single(cost["warnings"]!.AsArray()));
        Assert.Matches(told, (string?)Assert.Single((await Account(host))["notes"]!.AsArray()));
        var check = await Check(host, "clock prod");
        Assert.False((bool)check!["ok"]!);
        Assert.Matches(told, (string?)check["detail"]);

        host.Xai.Faults.ClockAhead = TimeSpan.Zero;
        await host.Sync();
        Assert.Null((await Cost(host))["warnings"]);
        Assert.Empty((await Account(host))["notes"]!.AsArray());
        Assert.True((bool)(await Check(host, "clock prod"))!["ok"]!);

        var explained = (await host.Get("missions/explain?mission=t/x%231")).Ok();
        var lag = explained["lines"]![0]!["readings"]![0]!["settlementLag"]!;
        Assert.Equal((300, true), ((int)lag["seconds"]!, (bool)lag["assumed"]!));
    }

    [Fact]
    public async Task what_stays_whole_is_told_until_it_no_longer_does()
    {
        await using var host = await Team();
        host.Xai.Faults.WidthsRefused = new() { [1] = DateTimeOffset.MaxValue };
        host.Xai.Faults.ClockAhead = TimeSpan.FromSeconds(9);
        await Work(host);

        // What is not exact says enough by its bounds.
        Assert.Null((await Cost(host))["warnings"]);
        host.Xai.Faults.ClockAhead = TimeSpan.Zero;
        await host.Sync();

        var account = await Account(host);
        Assert.Equal(2, (int)account["unsplitCount"]!);
        var newest = account["unsplit"]![0]!;
        Assert.Equal(("2026-11-16T10:31:00Z", "2026-11-16T10:32:00Z", 1, "refused"), ((string?)newest["start"], (string?)newest["end"], (int)newest["seconds"]!, (string?)newest["reason"]));
        Assert.Equal("stays whole: xAI serves no seconds for it; tried again each day", (string?)newest["detail"]);
        Assert.Equal("xAI serves no seconds for this account; tried again each day.", (string?)Assert.Single(account["notes"]!.AsArray()));
        Assert.Equal((35, 8), ((int)account["lookedAfter"]!["dailyDays"]!, (int)account["lookedAfter"]!["monthlyDays"]!));
        Assert.NotNull(account["lookedAfter"]!["dailyAt"]);
        Assert.NotNull(account["lookedAfter"]!["monthlyAt"]);
        Assert.Equal("2026-11-16T10:31:00Z to 2026-11-16T10:32:00Z stays whole: xAI serves no seconds for it; tried again each day. 2 such stretches in all; `ledger status --json` lists them.", (string?)(await Check(host, "edges prod"))!["detail"]);

        host.Xai.Faults.WidthsRefused = [];
        await host.Sync();
        account = await Account(host);
        Assert.Equal((0, 0, 0), ((int)account["unsplitCount"]!, account["unsplit"]!.AsArray().Count, account["notes"]!.AsArray().Count));
        Assert.Null(await Check(host, "edges prod"));
        Assert.Equal("0.48", (string?)(await Cost(host))["billed"]);
    }

    private async Task<LedgerHost> Team()
    {
        var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(5)));
        host.Team.AddKey("xai-ba", hour.AddDays(-10));
        host.Spends("5.00", At("10:02:11"));
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text })).Ok();
        (await host.Post("agents/from-keys")).Ok();
        return host;
    }

    private static async Task Work(LedgerHost host)
    {
        host.Spends("0.70", At("10:07:18"));
        host.Clock.AdvanceTo(At("10:07:20"));
        (await host.Post("missions", new { title = "Budget TUI", @ref = "t/x#1" })).Ok();
        host.Spends("0.11", At("10:07:25"));
        host.Spends("0.37", At("10:30:59"));
        host.Clock.AdvanceTo(At("10:31:05"));
        (await host.Post("missions/end", new { mission = "t/x#1" })).Ok();
        host.Spends("3.00", At("10:31:09"));
        await host.Sync();
        host.Clock.AdvanceTo(At("12:10:00"));
        await host.Sync();
    }

    private static async Task<Reply> Cost(LedgerHost host) => (await host.Get($"missions/cost?mission=t/x%231&minPosition={await host.Head()}")).Ok();

    private static async Task<JsonNode> Account(LedgerHost host) => (await host.Get("status")).Ok()["accounts"]![0]!;

    private static async Task<JsonNode?> Check(LedgerHost host, string name) => (await host.Get("doctor")).Ok()["checks"]!.AsArray().FirstOrDefault(c => (string?)c!["name"] == name);

    private static DateTimeOffset At(string time) => hour.Date.Add(TimeSpan.Parse(time, CultureInfo.InvariantCulture)) is var at ? new(at, TimeSpan.Zero) : default;
}
