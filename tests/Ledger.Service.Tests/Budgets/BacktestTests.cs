using System.Text.Json.Nodes;
using Ledger.Demo.Simulator;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Budgets;

/// <summary>What budgets would have said of the past, also of a past that nobody watched.</summary>
public sealed class BacktestTests(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = SpendScene.Hour;

    [Fact]
    public async Task the_alerts_that_would_have_been_come_at_the_time_they_would_have_been()
    {
        // Read in by connecting: every bucket counts as read at its end, as if somebody had watched.
        await using var scene = await SpendScene.Begin(databases, connectedAt: hour.AddMinutes(5));
        await scene.Agent("ba");
        await scene.Read(("ba", "2.00", hour.AddHours(-50)), ("ba", "4.00", hour.AddHours(-49)), ("ba", "3.00", hour.AddHours(-20)), ("ba", "4.00", hour.AddHours(-3)));
        var head = await scene.Host.Head();

        var body = new { budgets = new[] { new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "10" } }, thresholds = new[] { "20%", "50%", "80%", "100%" } } }, since = "7d" };
        var tested = (await scene.Host.Post("budgets/backtest", body)).Ok();
        Assert.Equal(
            [
                $"{hour.AddHours(-49).ToText()} 20% 2.00 []",
                $"{hour.AddHours(-48).ToText()} 50% 6.00 []",
                $"{hour.AddHours(-19).ToText()} 80% 9.00 []",
                $"{hour.AddHours(-2).ToText()} 100% 13.00 []",
            ],
            tested["alerts"]!.AsArray().Select(a => $"{a!["at"]} {a["threshold"]} {a["spent"]} {a["also"]!.ToJsonString()}"));
        Assert.Equal(("agent:ba", "actual", "critical"), ((string?)tested["alerts"]![3]!["scope"], (string?)tested["alerts"]![3]!["basis"], (string?)tested["alerts"]![3]!["severity"]));
        var together = (await scene.Host.Post("budgets/backtest", new { budgets = new[] { new { scope = "all", limits = new[] { new { period = "day", limit = "3" } }, thresholds = new[] { "50%", "80%", "100%" } } }, since = "7d" })).Ok();
        // 14 November is over its limit at once: one message; 15 and 16 November are days of their own.
        Assert.Equal(["2026-11-14T09:00:00Z 50% []", "2026-11-14T10:00:00Z 100% [\"80%\"]", "2026-11-15T15:00:00Z 100% [\"80%\",\"50%\"]", "2026-11-16T08:00:00Z 100% [\"80%\",\"50%\"]"],
            together["alerts"]!.AsArray().Select(a => $"{a!["at"]} {a["threshold"]} {a["also"]!.ToJsonString()}"));
        Assert.Equal(0, (int)(await scene.Host.Post("budgets/backtest")).Ok()["count"]!);
        Assert.Equal(head, await scene.Host.Head());
    }

    [Fact]
    public async Task history_is_replayed_hour_by_hour_as_if_it_had_been_watched()
    {
        await using var scene = await SpendScene.Begin(databases, connectedAt: hour.AddMinutes(4));
        await scene.Agent("ba");
        await scene.Agent("vigilio");
        await scene.Read([.. Enumerable.Range(1, 240).Select(h => (h % 3 == 0 ? "vigilio" : "ba", "0.10", hour.AddHours(-h)))]);

        var alerts = await Tested(scene, null, ("all", "20.00", "month"), ("agent:vigilio", "2.00", "month"), ("agent:ba", "1.00", "day"), ("model:nothing", "0.01", "day"));
        // Ten cents an hour from the 6th 10:00 on: the hundredth hour, the hundred and sixtieth, the two hundredth; each known when it was over.
        var first = hour.AddHours(-240);
        var actual = alerts.Where(a => Is(a, "all", "actual")).ToArray();
        Assert.Equal([first.AddHours(100).ToText(), first.AddHours(160).ToText(), first.AddHours(200).ToText()], actual.Select(a => (string?)a["at"]));
        Assert.Equal(["10.00", "16.00", "20.00"], actual.Select(a => (string?)a["spent"]));
        var key = actual[0]["drivers"]!.AsArray().First(d => (string?)d!["dimension"] == "key")!;
        Assert.Equal(("k-ba", "xai-ba"), ((string?)key["value"], (string?)key["name"]));
        Assert.Null(actual[0]["runsOut"]);
        var forecast = Assert.Single(alerts, a => Is(a, "all", "forecast"));
        Assert.True(string.CompareOrdinal((string?)forecast["at"], (string?)actual[0]["at"]) < 0, "A forecast is told before.");
        // A day is $1.60 of ba's: over half and all of it, every whole day anew.
        Assert.Equal(9, alerts.Count(a => Is(a, "agent:ba", "actual") && (string?)a["threshold"] == "100%"));
        Assert.DoesNotContain(alerts, a => (string?)a["scope"] == "model:nothing");
        Assert.Equal(alerts.Select(a => (string?)a["at"]).Order(StringComparer.Ordinal), alerts.Select(a => (string?)a["at"]));

        // A later range knows what was told before it began.
        var later = await Tested(scene, first.AddHours(130).ToText(), ("all", "20.00", "month"));
        Assert.Equal(["80%", "100%"], later.Where(a => Is(a, "all", "actual")).Select(a => (string?)a["threshold"]));
    }

    [Fact]
    public async Task an_edit_of_history_counts_as_if_it_had_always_been_so()
    {
        await using var scene = await SpendScene.Begin(databases, connectedAt: hour.AddMinutes(4));
        await scene.Agent("ba");
        await scene.Agent("vigilio");
        await scene.Read([.. Enumerable.Range(1, 20).Select(h => ("ba", "1.00", hour.AddHours(-h)))]);
        await scene.Append(KeyOwnership.StreamOf(SpendScene.Account, "k-ba"), new KeyAssigned(SpendScene.Account, "k-ba", [new("vigilio", 1)], null, scene.Now, null));
        var alerts = await Tested(scene, null, ("agent:vigilio", "10.00", "month"), ("agent:ba", "10.00", "month"));
        Assert.All(alerts, a => Assert.Equal("agent:vigilio", (string?)a["scope"]));
        Assert.Equal(
            [hour.AddHours(-15).ToText(), hour.AddHours(-12).ToText(), hour.AddHours(-10).ToText()], alerts.Where(a => (string?)a["basis"] == "actual").Select(a => (string?)a["at"]));
    }

    /// <summary>
    /// The case the product comes from: five keys, $31.00 of credit, and three days later $3.19 of it left. The simulator's true record says
    /// when what was spent; a backtest over what polls had read must say so at the first poll after it.
    /// </summary>
    [Fact]
    public async Task the_april_case_would_have_been_told_in_time_and_why()
    {
        var end = new DateTimeOffset(2026, 4, 18, 9, 30, 0, TimeSpan.Zero);
        await using var scene = await SpendScene.Begin(databases, connectedAt: end.AddDays(-4), now: end.AddHours(2));
        var team = scene.Host.Team;
        var played = TokenMonitorCase.Play(team, end);
        foreach (var agent in new[] { "vigilio", "ba", "face", "amy", "murdock" }) (await scene.Host.Post("agents", new { name = agent })).Ok();
        await scene.Key(played.Vigilio.Id, "xai-vigilio", "ba", "vigilio");
        foreach (var (key, agent) in new[] { (played.Face, "face"), (played.Amy, "amy"), (played.Murdock, "murdock") }) await scene.Key(key.Id, key.Name, agent);
        var record = team.Record.OrderBy(s => s.At).ToArray();

        var polls = new List<DateTimeOffset>();
        var random = new Random(4);
        for (var at = end.AddDays(-3); at < end.AddHours(1); at = at.AddMinutes(random.Next(30, 61)))
        {
            polls.Add(at);
            await scene.Read(SpendScene.Account, at,
                [.. record.Where(s => s.At <= at).GroupBy(s => (s.At.FloorToHour(), s.Key, s.Model, s.Unit)).Select(g => (g.Key.Item1, g.Key.Key, g.Key.Model, g.Key.Unit, g.Aggregate(Usd.Zero, (sum, s) => sum + s.Amount)))]);
        }

        await scene.SetBudget("everything", "all", "31.00", zone: "Europe/Brussels", at: end.AddDays(-3));
        await scene.SetBudget("vigilio's", "agent:vigilio", "10.00", zone: "Europe/Brussels", at: end.AddDays(-3));
        var answer = (await scene.Host.Post("budgets/backtest", new { since = end.AddDays(-3).AddHours(-3).ToText(), until = end.AddHours(2).ToText() })).Ok();
        Assert.False((bool)answer["more"]!);
        var alerts = answer["alerts"]!.AsArray().Select(a => a!).ToArray();
        foreach (var (budget, limit, mine) in new[]
        {
            ("everything", Usd.Parse("31.00"), (Func<Spent, bool>)(_ => true)),
            // Two own the key with equal weights: half of it is vigilio's, which no bill can say better.
            ("vigilio's", Usd.Parse("20.00"), s => s.Key == played.Vigilio.Id),
        })
        {
            foreach (var percent in new[] { 50, 80, 100 })
            {
                var edge = new Usd(limit.Ticks * percent / 100);
                var alert = alerts.SingleOrDefault(a => (string?)a["budget"] == budget && (string?)a["threshold"] == $"{percent}%");
                if (When(record.Where(mine), edge) is not { } when)
                {
                    Assert.Null(alert);
                    continue;
                }
                Assert.NotNull(alert);
                var poll = polls.First(p => p >= when);
                Assert.Equal(poll.ToText(), (string?)alert["at"]);
                var spent = record.Where(s => mine(s) && s.At <= poll).Aggregate(Usd.Zero, (sum, s) => sum + s.Amount);
                Assert.InRange(Usd.Parse((string)alert["spent"]!).Ticks * (limit.Ticks / Usd.Parse((string)alert["limit"]!).Ticks), edge.Ticks, spent.Ticks + 10);
            }
        }
        var forecast = Assert.Single(alerts, a => Is(a, "all", "forecast"));
        Assert.True(string.CompareOrdinal((string?)forecast["at"], (string?)alerts.First(a => Is(a, "all", "actual"))["at"]) < 0, "The forecast comes first.");
        var drivers = alerts.Single(a => Is(a, "all", "actual") && (string?)a["threshold"] == "80%")["drivers"]!.AsArray();
        Assert.Equal("xai-vigilio", (string?)drivers.First(d => (string?)d!["dimension"] == "key")!["name"]);
        Assert.Contains("search", (string?)drivers.First(d => (string?)d!["dimension"] == "unit")!["value"], StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<JsonNode[]> Tested(SpendScene scene, string? since, params (string Scope, string Limit, string Period)[] budgets) =>
    [
        .. (await scene.Host.Post("budgets/backtest", new { budgets = budgets.Select(b => new { name = b.Scope, scope = b.Scope, limits = new[] { new { period = b.Period, limit = b.Limit } } }), since })).Ok()
            ["alerts"]!.AsArray().Select(a => a!),
    ];

    private static bool Is(JsonNode alert, string scope, string basis) => (string?)alert["scope"] == scope && (string?)alert["basis"] == basis;

    /// <summary>When the true record had reached an amount; null: never.</summary>
    private static DateTimeOffset? When(IEnumerable<Spent> record, Usd amount)
    {
        var sum = Usd.Zero;
        foreach (var spent in record)
        {
            sum += spent.Amount;
            if (sum >= amount) return spent.At;
        }
        return null;
    }
}
