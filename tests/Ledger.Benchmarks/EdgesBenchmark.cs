using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Benchmarks;

/// <summary>
/// What fine buckets cost: requests and time of a poll in which no edge hour moved, beside one in which one did, through the real service and the
/// simulated provider; and the requests of a busy day: 20 missions, 10 keys, a poll every five minutes.
/// </summary>
internal static class EdgesBenchmark
{
    private const int keys = 10;
    private const int rounds = 25;
    private static readonly string[] units = [Prices.Prompt, Prices.Cached, Prices.Completion, Prices.Thought];
    private static readonly DateTimeOffset day = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    public static async Task Run(TestDatabases databases)
    {
        await OneHour(databases);
        await BusyDay(databases);
    }

    private static async Task OneHour(TestDatabases databases)
    {
        await using var host = await Team(databases, day.AddHours(10).AddMinutes(5));
        host.Clock.AdvanceTo(day.AddHours(10).AddMinutes(7).AddSeconds(20));
        (await host.Post("missions", new { title = "Edge", agents = new[] { "a0" } })).Ok();
        host.Clock.AdvanceTo(day.AddHours(10).AddMinutes(12));
        Spend(host, 0, day.AddHours(10).AddMinutes(7).AddSeconds(25));
        await Polled(host);
        var (still, moved) = (new List<double>(), new List<double>());
        var (requestsStill, requestsMoved) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            // The same new spend in both, so that as much is written: once in an hour without an edge, once in the edge minute.
            Spend(host, 0, day.AddHours(9).AddMinutes(round));
            still.Add(await Figures.Milliseconds(async () => requestsStill = Math.Max(requestsStill, await Polled(host))));
            Spend(host, 0, day.AddHours(10).AddMinutes(7).AddSeconds(30));
            moved.Add(await Figures.Milliseconds(async () => requestsMoved = Math.Max(requestsMoved, await Polled(host))));
        }
        Figures.Say($"a poll of {keys} keys and three days: {requestsStill} request and {still.Median():F0} ms where no edge hour moved, {requestsMoved} requests and {moved.Median():F0} ms where one did: {moved.Median() / still.Median():F2} (wanted: at most 2 more, 1.20)");
    }

    private static async Task BusyDay(TestDatabases databases)
    {
        await using var host = await Team(databases, day.AddSeconds(5));
        var begun = host.Xai.Calls(XaiCall.Usage);
        var (minute, missions) = (0, 0);
        for (; minute < 24 * 60; minute += 5)
        {
            host.Clock.AdvanceTo(day.AddMinutes(minute).AddSeconds(30));
            // From 8 to 18 o'clock ten agents work: 20 missions of 25 minutes, a spend of each agent every five.
            if (minute is >= 480 and < 1080)
            {
                if (minute % 30 == 0)
                    await Bookmarked(host, () => host.Post("missions", new { title = $"Mission {missions}", @ref = $"t/x#{missions}", agents = new[] { $"a{missions % keys}" } }));
                else if (minute % 30 == 25)
                    await Bookmarked(host, () => host.Post("missions/end", new { mission = $"t/x#{missions++}" }));
                for (var k = 0; k < keys; k++) Spend(host, k, day.AddMinutes(minute).AddSeconds(k));
            }
            await Polled(host);
        }
        Figures.Say($"a busy day, {missions} missions, {keys} keys, a poll every 5 minutes: {host.Xai.Calls(XaiCall.Usage) - begun} requests for usage, of which {minute / 5} by the hour at polls");
        Assert.All((await host.Post("verify")).Ok()["checks"]!.AsArray(), c => Assert.True((bool)c!["ok"]!, c.ToJsonString()));
    }

    private static async Task<LedgerHost> Team(TestDatabases databases, DateTimeOffset at)
    {
        var host = await LedgerHost.Start(databases, clock: new(at));
        for (var k = 0; k < keys; k++)
        {
            var key = host.Team.AddKey($"xai-a{k}", day.AddDays(-10));
            for (var h = -72; h < (at - day).TotalHours - 1; h++)
                for (var u = 0; u < units.Length; u++)
                    host.Team.Spend($"a{k}", key.Id, Prices.Reasoning, units[u], Usd.FromCents(1 + ((h + k + u + 100) % 7)), day.AddHours(h).AddMinutes(k));
        }
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text })).Ok();
        (await host.Post("agents/from-keys")).Ok();
        return host;
    }

    private static void Spend(LedgerHost host, int key, DateTimeOffset at)
    {
        foreach (var unit in units) host.Team.Spend($"a{key}", host.Team.Key($"xai-a{key}").Id, Prices.Reasoning, unit, Usd.FromCents(3), at);
    }

    private static async Task<int> Polled(LedgerHost host)
    {
        var calls = host.Xai.Calls(XaiCall.Usage);
        var account = await host.Scalar<string>("select id from mt_doc_source");
        await host.Services.GetRequiredService<IMessageBus>().InvokeAsync(new PollAccount(account, PollReason.Due, host.Clock.GetUtcNow(), HoursMax: 7 * 24));
        return host.Xai.Calls(XaiCall.Usage) - calls;
    }

    /// <summary>A bookmark, and the reading that it asked for.</summary>
    private static async Task Bookmarked(LedgerHost host, Func<Task<Reply>> bookmark)
    {
        var before = host.Clock.GetUtcNow();
        (await bookmark()).Ok();
        await LedgerHost.Until(async () => await host.Scalar<bool>($"select (data ->> 'attempted')::timestamptz >= '{before:O}' from mt_doc_source"), "the bookmark's reading");
    }
}
