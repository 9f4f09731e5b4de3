using System.Text.Json.Nodes;
using Ledger.Alerts;
using Ledger.Demo.Simulator;
using Ledger.Service.Alerts;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Tests.Storage;

/// <summary>The books of version 0.1, opened: they answer what 0.1 answered from them, and go on.</summary>
public sealed class OldBooksAnswers(TestDatabases databases) : IAsyncLifetime
{
    /// <summary>The seed of the demo's team: the same team has the same id, and its key opens its account.</summary>
    private const int demoSeed = 31;

    private const long lastOfOld = 51;

    private readonly TestClock clock = new(BooksOfVersion01.Stopped);
    private string database = null!;
    private LedgerHost host = null!;

    public async ValueTask InitializeAsync()
    {
        database = await BooksOfVersion01.Restore(databases);
        await BooksVersion.Open(new LedgerOptions { Home = "/nowhere", Database = database, AllowUnsafeDatabase = true }, _ => { }, CancellationToken.None);
        host = await LedgerHost.On(database, databases, clock);
        await LedgerHost.Until(async () => (await host.Get("status")).Ok()["views"]!.AsArray().All(v => (long)v!["position"]! >= lastOfOld), "the views at the last old event");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task figures_are_those_that_0_1_gave()
    {
        await Same("report-by-mission-and-day", "report?by=mission,day", "rows", "total", "idle", "unassigned", "window", "groupBy");
        await Same("report-by-agent-and-model", "report?by=agent,model", "rows", "total", "idle", "unassigned");
        await Same("mission-cost", "missions/cost?mission=trentuna/token-monitor%233", "mission", "billed", "low", "high", "methods", "restated", "by");
        await Same("missions", "missions", "missions");
        // What a limit's end and a warning mean is another matter since: to the hour, and whatever the thresholds.
        Assert.Equal(Spent(BooksOfVersion01.Answer("budgets")), Spent((await host.Get("budgets")).Ok().Json));
        await Same("agents", "agents", "agents");
        await Same("keys", "keys", "keys");
        // As of the end of the old books too, by the facts up to there.
        var then = (await host.Get($"report?by=mission,day&asOf={lastOfOld}")).Ok();
        Assert.Equal(Ordered(BooksOfVersion01.Answer("report-by-mission-and-day")["rows"])!.ToJsonString(), Ordered(then["rows"])!.ToJsonString());
        Assert.Equal(BooksOfVersion01.Answer("report-by-mission-and-day")["asOf"]!.ToJsonString(), then["asOf"]!.ToJsonString());
        var account = (await host.Get("accounts")).Ok()["accounts"]![0]!;
        var before = BooksOfVersion01.Answer("accounts")["accounts"]![0]!;
        foreach (var member in new[] { "id", "label", "provider", "team", "bucketSeconds", "balance", "credential" })
            Assert.Equal(before[member]?.ToJsonString(), account[member]?.ToJsonString());
        Assert.Equal((int?)before["settlementLag"]!["seconds"], (int?)account["settlementLag"]!["seconds"]);
        // What hours were is split where missions begin and end from now on.
        Assert.Equal("auto", (string?)account["bucket"]);
    }

    private static string[] Spent(JsonNode budgets) =>
        [.. budgets["budgets"]!.AsArray().SelectMany(b => b!["periods"]!.AsArray().Select(p => $"{b["id"]} {b["name"]} {b["scopeName"]} {p!["period"]} {p["window"]!.ToJsonString()} {p["limit"]} {p["spent"]} {p["percent"]} {p["passed"]!.ToJsonString()}"))];

    /// <summary>Leftovers stand last now; 0.1 had them by amount.</summary>
    private static JsonNode? Ordered(JsonNode? answer) =>
        answer is JsonArray rows ? new JsonArray([.. rows.Select(r => r!.DeepClone()).OrderBy(r => r.ToJsonString(), StringComparer.Ordinal)]) : answer;

    [Fact]
    public async Task what_0_1_told_is_not_told_again()
    {
        // A look at everything, as the watch takes it every minute.
        await using (var scope = host.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<IMessageBus>().InvokeAsync(new WatchClock(clock.GetUtcNow()));
        await using (var looked = host.Services.GetRequiredService<IDocumentStore>().QuerySession())
            Assert.True((await WatchState.Of(looked, CancellationToken.None)).Position >= lastOfOld);

        // Of the levels of one credit only the worst is open by now; 0.1 called all of them so.
        var (before, now) = (BooksOfVersion01.Answer("alerts")["alerts"]!.AsArray(), (await host.Get("alerts")).Ok()["alerts"]!.AsArray());
        foreach (var alert in before.Concat(now)) Assert.True(alert!.AsObject().Remove("state"));
        // The words are those of today.
        Assert.All(now, a => Assert.DoesNotMatch(@"^\[(CRIT|WARN|INFO)|\bUTC\b", (string?)a!["headline"]));
        foreach (var alert in before.Concat(now)) Assert.True(alert!.AsObject().Remove("headline"));
        Assert.True(JsonNode.DeepEquals(Ordered(before), Ordered(now)), $"was {before.ToJsonString()}\nis  {now.ToJsonString()}");
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var raised = await session.Query<Alert>().ToListAsync();
        var old = await host.Scalar<string[]>($"select array_agg(stream_id::text) from mt_events where seq_id <= {lastOfOld} and stream_id like 'alert-%'");
        Assert.Equal(old.Order(StringComparer.Ordinal), raised.Where(a => a.Kind != "source-stale").Select(a => a.Stream).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task missions_budgets_alerts_and_the_account_go_on()
    {
        (await host.Post("missions/m-cdxx2hb4/reopen")).Ok();
        var ended = (await host.Post("missions/end", new { mission = "trentuna/token-monitor#4" })).Ok();
        Assert.True(ended.Position > lastOfOld);
        Assert.Equal(2, ended["mission"]!["windows"]!.AsArray().Count);
        (await host.Post("budgets/runway%20TUI/raise", new { limit = "1.00", until = clock.GetUtcNow().AddDays(1).ToText() })).Ok();
        (await host.Post("alerts/a-sf6j7ths/ack")).Ok();

        // The key is asked for again; then the account is read as before. What this team does not show any more keeps its figures.
        var team = new SimulatedTeam(clock, demoSeed);
        (await host.Post("accounts/trentuna/rotate", new { credential = host.Xai.Issue(team).Text })).Ok();
        (await host.Post("accounts/trentuna/sync")).Ok();
        Assert.Equal("ok", (string?)(await host.Get("accounts")).Ok()["accounts"]![0]!["state"]);
        Assert.Equal("34.47", (string?)(await host.Get("report")).Ok()["total"]);

        var verified = (await host.Post("verify")).Ok();
        Assert.True((bool)verified["ok"]!, verified.Text);
        Assert.Equal(await host.Head(), (long)verified["position"]!);
    }

    [Fact]
    public async Task the_chain_goes_on_from_where_0_1_left_it()
    {
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
        // Its last hash is where the new chain begins: who changes it changes all that follows.
        await BooksOfVersion01.Execute(database, $"alter table ledger_chain disable trigger all; update ledger_chain set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where seq_id = {lastOfOld}");
        Assert.False((bool)(await host.Post("verify")).Ok()["ok"]!);
    }

    private async Task Same(string recorded, string path, params string[] members)
    {
        var before = BooksOfVersion01.Answer(recorded);
        var now = (await host.Get(path)).Ok();
        foreach (var member in members)
            Assert.True(JsonNode.DeepEquals(Ordered(before[member]), Ordered(now[member])), $"{path} {member}\nwas {before[member]?.ToJsonString()}\nis  {now[member]?.ToJsonString()}");
    }
}
