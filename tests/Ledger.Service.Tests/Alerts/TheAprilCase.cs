using Ledger.Budgets;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Demo.Simulator;
using Ledger.Service.Alerts;
using Ledger.Service.Tests.Support;
using Marten;
using Marten.Events;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Alerts;

/// <summary>
/// The case the product comes from, replayed as time passes: five keys, $31.00 of credit, and three days later $3.19 of it left. The
/// simulator's true record says when what was spent; the service, which only sees what billing shows at its polls, must have said so.
/// </summary>
public sealed class TheAprilCase(TestDatabases databases)
{
    private static readonly DateTimeOffset end = new(2026, 4, 18, 9, 30, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset begin = end.AddDays(-3);

    [Fact]
    public async Task it_is_told_in_time_in_order_and_why_and_the_backtest_says_the_same()
    {
        await using var host = await LedgerHost.Start(databases, s => s with { PollEvery = TimeSpan.FromDays(30), BackfillDays = 2 }, new TestClock(begin.AddMinutes(-45)));
        var played = TokenMonitorCase.Play(host.Team, end);
        await host.Connect();
        foreach (var agent in new[] { "vigilio", "ba", "face", "amy", "murdock" }) (await host.Post("agents", new { name = agent })).Ok();
        (await host.Post("keys/assign", new { key = "xai-vigilio", owners = new { vigilio = 1, ba = 1 } })).Ok();
        foreach (var agent in new[] { "face", "amy", "murdock" })
            (await host.Post("keys/assign", new { key = $"xai-{agent}", owners = new Dictionary<string, int> { [agent] = 1 } })).Ok();
        var watch = host.Services.GetRequiredService<AlertWatch>();
        var everything = await Set(host, "everything", "all", "31.00");
        var shared = await Set(host, "vigilio's", "agent:vigilio", "10.00");

        var polls = new List<DateTimeOffset> { host.Clock.GetUtcNow() };
        var random = new Random(4);
        for (var at = begin; at < end.AddHours(1); at = at.AddMinutes(random.Next(30, 61)))
        {
            if (at < host.Clock.GetUtcNow()) continue;
            host.Clock.AdvanceTo(at);
            polls.Add(host.Clock.GetUtcNow());
            await host.Sync();
            var head = await host.Scalar<long>("select max(seq_id) from mt_events where stream_id like 'account-%'");
            await LedgerHost.Until(async () => await Mark(host) is { Trouble: null, Position: { } looked } && looked >= head, $"a look at {head}");
            await AlertScene.Look(watch);
        }

        var raised = await Raised(host);
        var crossed = raised.OfType<BudgetThresholdCrossed>().ToArray();
        foreach (var (budget, limit, mine) in new (Budget, Usd, Func<Spent, bool>)[]
        {
            (everything, Usd.Parse("31.00"), _ => true),
            // Two own the key with equal weights: half of it is vigilio's, which no bill can say better.
            (shared, Usd.Parse("20.00"), s => s.Key == played.Vigilio.Id),
        })
        {
            foreach (var percent in new[] { 50, 80, 100 })
            {
                var edge = new Usd(limit.Ticks * percent / 100);
                var truth = When(host.Team.Record.Where(mine), edge);
                var alert = crossed.SingleOrDefault(a => a.Budget == budget.Id && a.Threshold is { Basis: Basis.Actual } t && t.Percent == percent);
                if (truth is not { } when)
                {
                    Assert.Null(alert);
                    continue;
                }
                // Said at the first poll after the money was really spent, and not at the one before.
                Assert.NotNull(alert);
                var poll = polls.First(p => p >= when);
                Assert.True(alert.At >= when && alert.At >= poll && alert.At < poll.AddMinutes(1), $"{budget.Name} {percent} %: spent at {when.ToText()}, polled at {poll.ToText()}, said at {alert.At.ToText()}");
                var spent = host.Team.Record.Where(s => mine(s) && s.At <= alert.At).Aggregate(Usd.Zero, (sum, s) => sum + s.Amount);
                Assert.InRange(alert.Spent.Ticks * (limit.Ticks / alert.Limit.Ticks), edge.Ticks, spent.Ticks + 10);
                Assert.True(alert.Spent > Usd.Zero && alert.Window.Contains(alert.At));
            }
        }
        // Half, four fifths; all of $31 is never spent by the end of the three days plus free credit: 32.81 is.
        Assert.Equal([50, 80, 100], crossed.Where(a => a.Budget == everything.Id && a.Threshold.Basis == Basis.Actual).Select(a => a.Threshold.Percent!.Value));
        var forecast = crossed.Single(a => a.Budget == everything.Id && a.Threshold.Basis == Basis.Forecast);
        Assert.True(forecast.At < crossed.First(a => a.Budget == everything.Id && a.Threshold.Basis == Basis.Actual).At, "The forecast comes first.");
        Assert.Equal("rate-24h", forecast.Forecast.Method);
        Assert.True(host.Team.CreditLeft(forecast.At) > Usd.Parse("25.00"), $"{host.Team.CreditLeft(forecast.At)} was left");

        var eighty = crossed.Single(a => a.Budget == everything.Id && a.Threshold is { Basis: Basis.Actual, Percent: 80 });
        Assert.True(host.Team.CreditLeft(eighty.At) > Usd.Parse("9.00"), $"{host.Team.CreditLeft(eighty.At)} was left at 80 %");
        var key = eighty.Circumstances.Drivers.First(d => d.Dimension == "key");
        Assert.Equal(("xai-vigilio", played.Vigilio.Id), (key.Name, key.Value));
        Assert.InRange(eighty.Spent.Ticks, host.Team.Billed(null, polls.Last(p => p <= eighty.At)).Ticks, host.Team.Billed(null, eighty.At).Ticks);
        Assert.Contains("search", eighty.Circumstances.Drivers.First(d => d.Dimension == "unit").Value, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("xai-vigilio", eighty.Circumstances.SharedKeys.Single().Name);
        Assert.Equal("stop-unit", eighty.Circumstances.Action!.Kind);
        Assert.Contains("searches through xai-vigilio", eighty.Circumstances.Action.Text, StringComparison.Ordinal);
        var runway = eighty.Circumstances.Runway!;
        Assert.InRange(runway.RunsOut!.Value, eighty.At, end.AddHours(14));
        // What was left is what the provider said at that poll.
        Assert.InRange(runway.Left.Ticks, (host.Team.CreditLeft(eighty.At) - Usd.FromCents(1)).Ticks, (host.Team.CreditLeft(polls.Last(p => p <= eighty.At)) + Usd.FromCents(1)).Ticks);

        var short72 = raised.OfType<RunwayShort>().First(r => r.Level == "72h");
        Assert.True(host.Team.CreditLeft(short72.At) > Usd.Parse("20.00"), "The run-out is told early.");
        Assert.Contains(raised, e => e is RunwayShort { Level: "24h" } r && host.Team.CreditLeft(r.At) > Usd.Parse("9.00"));
        Assert.Single(raised.OfType<KeyShared>());
        Assert.Equal(crossed.Length, crossed.Select(a => a.Key).Distinct().Count());
        Assert.Equal(played.Days.End, end);

        var backtest = (await host.Post("budgets/backtest", new { since = begin.AddHours(-3).ToText(), until = end.AddHours(2).ToText() })).Ok();
        Assert.False((bool)backtest["more"]!);
        var told = crossed.Where(a => a.ToldBy is null).OrderBy(a => a.At).ThenBy(a => a.Name, StringComparer.Ordinal).ToArray();
        var again = backtest["alerts"]!.AsArray().OrderBy(a => (string?)a!["at"], StringComparer.Ordinal).ThenBy(a => (string?)a!["budget"], StringComparer.Ordinal).ToArray();
        Assert.Equal(
            told.Select(a => $"{a.Name} {a.Threshold} {a.Spent} {a.Limit}"),
            again.Select(a => $"{a!["budget"]} {((string?)a["basis"] == "forecast" ? "forecast " : "")}{a["threshold"]} {a["spent"]} {a["limit"]}".Replace("forecast forecast", "forecast", StringComparison.Ordinal)));
        foreach (var (live, then) in told.Zip(again))
        {
            Assert.True(Instants.TryParse((string?)then!["at"], out var at));
            Assert.InRange((live.At - at).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
            Assert.Equal(live.Circumstances.Drivers.Select(d => (d.Value, d.Amount)), then["drivers"]!.AsArray().Select(d => ((string?)d!["value"], Usd.Parse((string)d["amount"]!))));
        }
    }

    private static async Task<Budget> Set(LedgerHost host, string name, string scope, string limit)
    {
        var at = begin.AddHours(-1);
        var set = new BudgetSet
        {
            Budget = Budget.IdOf(name),
            Name = name,
            Scope = scope,
            Limits = [new("month", Usd.Parse(limit))],
            Zone = "Europe/Brussels",
            WeekStart = DayOfWeek.Monday,
            Thresholds = Threshold.Defaults,
            Recipients = [],
            Channels = [],
            At = at,
        };
        await using var session = host.Services.GetRequiredService<IDocumentStore>().LightweightSession();
        session.Events.StartStream<Budget>(Budget.StreamOf(set.Budget), set);
        await session.SaveChangesAsync();
        return Budget.Fold(null, set)!;
    }

    private static async Task<WatchMark?> Mark(LedgerHost host)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return await session.LoadAsync<WatchMark>(WatchMark.Only);
    }

    private static async Task<IReadOnlyList<ILedgerEvent>> Raised(LedgerHost host)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var events = await session.Events.QueryAllRawEvents().Where(e => e.EventTypesAre(typeof(BudgetThresholdCrossed), typeof(RunwayShort), typeof(KeyShared))).OrderBy(e => e.Sequence).Take(10_000).ToListAsync();
        return [.. events.Select(e => (ILedgerEvent)e.Data)];
    }

    /// <summary>When the true record had reached an amount; null: never.</summary>
    private static DateTimeOffset? When(IEnumerable<Spent> record, Usd amount)
    {
        var sum = Usd.Zero;
        foreach (var spent in record.OrderBy(s => s.At))
        {
            sum += spent.Amount;
            if (sum >= amount) return spent.At;
        }
        return null;
    }
}
