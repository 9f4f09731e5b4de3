using System.Text.Json.Nodes;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Spend;

/// <summary>Reports and costs by day, week and month of a zone: a bucket belongs to the day in which it begins.</summary>
public sealed class DaysOfZones(TestDatabases databases)
{
    private static readonly DateTimeOffset evening = new(2026, 11, 25, 18, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Asia/Kolkata", "2026-11-25 5.00", "2026-11-26 8.00")]
    [InlineData("America/Los_Angeles", "2026-11-25 13.00")]
    [InlineData("UTC", "2026-11-25 13.00")]
    [InlineData("Asia/Tokyo", "2026-11-26 13.00")]
    public async Task an_hour_belongs_to_the_day_of_the_zone_in_which_it_begins(string zone, params string[] days)
    {
        await using var host = await LedgerHost.Start(databases, clock: new(evening.AddDays(1).AddHours(15)));
        var given = await Given.Account(host);
        var key = await given.Spender("ba", evening, "5.00");
        var last = await given.Bills((key, evening.AddHours(2), "8.00"));
        (await host.Post("missions", new { title = "Both", at = evening })).Ok();

        foreach (var asOf in (string[])["", $"&asOf={last}"])
        {
            var report = (await host.Get($"report?since=2026-11-25&until=2026-11-26&by=day&zone={zone}&minPosition={last}{asOf}")).Ok();
            Assert.Equal(days, Rows(report["rows"]!, "day"));
            Assert.Equal(("13.00", zone), ((string?)report["total"], (string?)report["zone"]));
            Assert.Equal(zone == "Asia/Kolkata" ? ["Asia/Kolkata is half an hour off UTC's hours: an hour of the bill counts on the day in which it begins."] : [], report["notes"]!.AsArray().Select(n => (string?)n));
        }
        var cost = (await host.Get($"missions/cost?mission={await Only(host)}&by=day&zone={zone}")).Ok();
        Assert.Equal(days, Rows(cost["by"]!, "day"));
        Assert.Equal(zone, (string?)cost["zone"]);
        Assert.Equal(days, Rows((await host.Get($"missions/cost?mission={await Only(host)}&by=day&zone={zone}&asOf={await host.Head()}")).Ok()["by"]!, "day"));
    }

    [Fact]
    public async Task without_a_zone_days_are_those_of_the_team()
    {
        await using var host = await LedgerHost.Start(databases, o => o with { People = o.People with { Zone = "Europe/Brussels" } }, new(new DateTimeOffset(2026, 10, 27, 12, 0, 0, TimeSpan.Zero)));
        var given = await Given.Account(host);
        var midnight = new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero);
        var key = await given.Spender("ba", midnight.AddHours(-1), "1.00");
        // Sunday the 25th has 25 hours, and Monday begins an hour later.
        var last = await given.Bills((key, midnight, "2.00"), (key, midnight.AddHours(24), "4.00"), (key, midnight.AddHours(25), "8.00"));
        (await host.Post("missions", new { title = "All", at = midnight.AddDays(-1) })).Ok();

        string[] asked = ["2026-10-24 1.00", "2026-10-25 6.00", "2026-10-26 8.00"];
        foreach (var query in (string[])["", $"&asOf={last}"])
        {
            async Task<string[]> Of(string period) => Rows((await host.Get($"report?since=2026-10-20&by={period}&minPosition={last}{query}")).Ok()["rows"]!, period);
            Assert.Equal(asked, await Of("day"));
            Assert.Equal(["2026-W43 7.00", "2026-W44 8.00"], await Of("week"));
            Assert.Equal(["2026-10 15.00"], await Of("month"));
        }
        Assert.Equal("7.00", (string?)(await host.Get("report?since=last-week")).Ok()["total"]);
        Assert.Equal("2026-10-18T22:00:00Z", (string?)(await host.Get("report?since=last-week")).Ok()["window"]!["since"]);
        Assert.Equal("2026-10-25T23:00:00Z", (string?)(await host.Get("report?since=last-week")).Ok()["window"]!["until"]);
        Assert.Equal(asked, Rows((await host.Get($"missions/cost?mission={await Only(host)}&by=day")).Ok()["by"]!, "day"));
        Assert.Equal("15.00", (string?)(await host.Get($"missions/explain?mission={await Only(host)}")).Ok()["billed"]);
        Assert.Equal(["2026-10-24 3.00", "2026-10-25 12.00"], Rows((await host.Get($"missions/cost?mission={await Only(host)}&by=day&zone=UTC")).Ok()["by"]!, "day"));
    }

    [Theory]
    [InlineData("Mars/Olympus")]
    [InlineData("")]
    [InlineData("UTC+1")]
    public async Task a_zone_that_nobody_knows_is_refused(string zone)
    {
        await using var host = await LedgerHost.Start(databases);
        Assert.Equal("zone", (string?)(await host.Get($"report?zone={Uri.EscapeDataString(zone)}")).Refused("zone.unknown")["field"]);
    }

    [Fact]
    public async Task every_answer_says_the_zone_of_the_team()
    {
        await using var host = await LedgerHost.Start(databases, o => o with { People = o.People with { Zone = "Asia/Kolkata" } });
        foreach (var path in (string[])["/health/live", "/api/v1/report", "/api/v1/report?by=planet", "/api/v1/nothing", "/api/v1/missions/cost?mission=none"])
        {
            var answer = await host.Get(path);
            Assert.Equal(["Asia/Kolkata"], answer.Headers.TryGetValues("Ledger-Zone", out var zones) ? zones : [path]);
        }
    }

    private static async Task<string> Only(LedgerHost host) => (string)(await host.Get("missions")).Ok()["missions"]![0]!["id"]!;

    private static string[] Rows(JsonNode rows, string member) => [.. rows.AsArray().Select(r => $"{r![member]} {r["billed"]}")];
}
