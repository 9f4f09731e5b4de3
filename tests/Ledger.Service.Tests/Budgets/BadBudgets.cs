using System.Text.Json.Nodes;
using Ledger.Missions;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Budgets;

/// <summary>What bad input gets around budgets, guard and holds: a stable code with the field, and nothing written.</summary>
public sealed class BadBudgets(BadBudgets.World world) : IClassFixture<BadBudgets.World>
{
    public sealed class World(TestDatabases databases) : IAsyncLifetime
    {
        internal SpendScene Scene { get; private set; } = null!;

        internal LedgerHost Host => Scene.Host;

        public async ValueTask InitializeAsync()
        {
            Scene = await SpendScene.Begin(databases);
            await Scene.Agent("ba");
            foreach (var key in new[] { "k-one", "k-two" }) await Scene.Key(key, "twin", "ba");
            foreach (var id in new[] { "m-11111111", "m-22222222" })
                await Scene.Append(Mission.StreamOf(id), new MissionStarted(id, id, "x/y#2", ["ba"], 1, SpendScene.Hour.AddHours(-2), Scene.Now, null));
            await Scene.Read(("ba", "1.00", SpendScene.Hour.AddDays(-1)));
            (await Host.Post("budgets", """{"name":"team","scope":"all","limits":[{"period":"day","limit":"5"},{"period":"month","limit":"50"}]}""")).Ok();
            (await Host.Post("budgets", """{"name":"gone","scope":"agent:ba","limits":[{"period":"day","limit":"5"}]}""")).Ok();
            (await Host.Post("budgets/gone/close")).Ok();
        }

        public ValueTask DisposeAsync() => Scene.DisposeAsync();
    }

    public static TheoryData<string, string, string, string> Writes => new()
    {
        { "budgets", Budget(limit: "\"0\""), "budget.invalid", "limit" },
        { "budgets", Budget(limit: "\"-5\""), "budget.invalid", "limit" },
        { "budgets", Budget(limit: "-5"), "budget.invalid", "limit" },
        { "budgets", Budget(limit: "\"1000000001\""), "budget.invalid", "limit" },
        { "budgets", Budget(limit: "\"99999999999999999999\""), "budget.invalid", "limit" },
        { "budgets", Budget(limit: "1e30"), "budget.invalid", "limit" },
        { "budgets", Budget(limit: "\"NaN\""), "budget.invalid", "limit" },
        { "budgets", Budget(limit: "\"0.00000000001\""), "budget.invalid", "limit" },
        { "budgets", Budget(limit: "true"), "request.json", "limits[0].limit" },
        { "budgets", Budget(limit: "null"), "budget.invalid", "limits[0]" },
        { "budgets", Budget(period: "fortnight"), "budget.invalid", "period" },
        { "budgets", Budget(period: "life"), "budget.invalid", "period" },
        { "budgets", Budget(period: "2026-12-01..2026-11-01"), "budget.invalid", "period" },
        { "budgets", Budget(period: "2026-01-01..2026-02-01"), "budget.invalid", "period" },
        { "budgets", """{"scope":"all","limits":[]}""", "budget.invalid", "limits" },
        { "budgets", """{"scope":"all"}""", "budget.invalid", "limits" },
        { "budgets", """{"scope":"all","limits":[{"period":"day","limit":"1"},{"period":"DAY","limit":"2"}]}""", "budget.invalid", "limits" },
        { "budgets", """{"limits":[{"period":"day","limit":"1"}]}""", "request.invalid", "scope" },
        { "budgets", Budget(scope: "team"), "scope.invalid", "scope" },
        { "budgets", Budget(scope: "planet:mars"), "scope.invalid", "scope" },
        { "budgets", Budget(scope: "agent:"), "scope.invalid", "scope" },
        { "budgets", Budget(scope: "model:a\\u202eb"), "scope.invalid", "scope" },
        { "budgets", Budget(scope: "key:(none)"), "scope.invalid", "scope" },
        { "budgets", Budget(scope: "agent:nobody"), "agent.unknown", "scope" },
        { "budgets", Budget(scope: "account:nowhere"), "account.unknown", "scope" },
        { "budgets", Budget(scope: "key:nothing"), "key.unknown", "scope" },
        { "budgets", Budget(scope: "key:twin"), "key.ambiguous", "scope" },
        { "budgets", Budget(scope: "mission:x/y#2"), "mission.ambiguous", "scope" },
        { "budgets", Budget(scope: "mission:x/y#9"), "mission.unknown", "scope" },
        { "budgets", Budget(more: ""","zone":"Mars/Olympus" """), "zone.unknown", "zone" },
        { "budgets", Budget(more: ""","zone":"../../etc/passwd" """), "zone.unknown", "zone" },
        { "budgets", Budget(more: ""","zone":"" """), "zone.unknown", "zone" },
        { "budgets", Budget(more: ""","weekStart":"someday" """), "budget.invalid", "weekStart" },
        { "budgets", Budget(more: ""","thresholds":["80%","50%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","thresholds":["50%","50%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","thresholds":["$20","50%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","thresholds":["forecast 100%","forecast 50%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","thresholds":["0%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","thresholds":["1001%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","thresholds":["-5%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","thresholds":["lots"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","thresholds":["guess 50%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(limit: "\"100000000\"", more: ""","thresholds":["1000%"]"""), "budget.invalid", "thresholds" },
        { "budgets", Budget(more: ""","channels":["pigeon"]"""), "channel.unknown", "channels" },
        { "budgets", Budget(more: ""","channels":["email","email"]"""), "budget.invalid", "channels" },
        { "budgets", Budget(more: ""","recipients":[""]"""), "recipient.invalid", "recipients[0]" },
        { "budgets", Budget(more: ""","recipients":["a@b.example","A@b.example"]"""), "budget.invalid", "recipients" },
        { "budgets", Budget(more: ""","recipients":["a@b.example","nobody"]"""), "recipient.invalid", "recipients[1]" },
        { "budgets", Budget(more: ""","recipients":["a@b.example, c@d.example"]"""), "recipient.invalid", "recipients[0]" },
        { "budgets", Budget(more: ""","recipients":["a@b.example\r\nBcc: c@d.example"]"""), "recipient.invalid", "recipients[0]" },
        { "budgets", Budget(more: ""","recipients":["Ludo <a@b.example>"]"""), "recipient.invalid", "recipients[0]" },
        { "budgets", Budget(more: ""","name":"a\r\nBcc: x@y.example" """), "text.invalid", "name" },
        { "budgets", Budget(more: ""","name":"a\u202eb" """), "text.invalid", "name" },
        { "budgets", Budget(more: ""","name":"(idle)" """), "text.invalid", "name" },
        { "budgets", Budget(more: ""","name":"" """), "text.invalid", "name" },
        { "budgets", Budget(more: ""","colour":"red" """), "request.json", "colour" },

        { "budgets/nothing/raise", """{"limit":"80","until":"2026-12-01T00:00:00Z"}""", "budget.unknown", "budget" },
        { "budgets/gone/raise", """{"limit":"80","until":"2026-12-01T00:00:00Z"}""", "budget.closed", "budget" },
        { "budgets/team/raise", """{"limit":"80","until":"2026-12-01T00:00:00Z"}""", "budget.invalid", "period" },
        { "budgets/team/raise", """{"limit":"80","until":"2026-12-01T00:00:00Z","period":"week"}""", "budget.invalid", "period" },
        { "budgets/team/raise", """{"limit":"4","until":"2026-12-01T00:00:00Z","period":"day"}""", "budget.invalid", "limit" },
        { "budgets/team/raise", """{"limit":"-4","until":"2026-12-01T00:00:00Z","period":"day"}""", "budget.invalid", "limit" },
        { "budgets/team/raise", """{"limit":"80","until":"2026-11-16T09:00:00Z","period":"day"}""", "time.out_of_range", "until" },
        { "budgets/team/raise", """{"limit":"80","until":"2036-11-16T09:00:00Z","period":"day"}""", "time.out_of_range", "until" },
        { "budgets/team/raise", """{"limit":"80","until":"soon","period":"day"}""", "time.invalid", "until" },
        { "budgets/team/raise", """{"limit":"80","period":"day"}""", "request.invalid", "until" },
        { "budgets/team/raise", """{"until":"2026-12-01T00:00:00Z"}""", "request.invalid", "limit" },
        { "budgets/nothing/close", "{}", "budget.unknown", "budget" },

        { "budgets/plan", "{}", "budget.invalid", "budgets" },
        { "budgets/plan", """{"budgets":[null]}""", "budget.invalid", "budgets[0]" },
        { "budgets/plan", """{"budgets":"all"}""", "request.json", "budgets" },
        { "budgets/plan", $$"""{"budgets":[{{Budget()}},{{Budget(limit: "\"2\"")}}]}""", "budget.invalid", "budgets[1].name" },
        { "budgets/apply", $$"""{"budgets":[{{Budget()}},{{Budget(scope: "agent:nobody")}}]}""", "agent.unknown", "budgets[1].scope" },
        { "budgets/apply", $$"""{"budgets":[{{Budget()}},{{Budget(limit: "\"-1\"", more: ",\"name\":\"b\"")}}]}""", "budget.invalid", "budgets[1].limit" },
        { "budgets/apply", $$"""{"budgets":[{{string.Join(',', Enumerable.Repeat(Budget(), 401))}}]}""", "budget.invalid", "budgets" },
        { "budgets/backtest", """{"since":"whenever"}""", "time.invalid", "since" },
        { "budgets/backtest", """{"since":"2024-01-01","until":"2026-01-01"}""", "range.invalid", "since" },
        { "budgets/backtest", $$"""{"budgets":[{{Budget(limit: "\"0\"")}}]}""", "budget.invalid", "limit" },

        { "guard", """{"agent":"ba"}""", "hold.invalid", "reserve" },
        { "guard", """{"agent":"ba","reserve":"0"}""", "hold.invalid", "reserve" },
        { "guard", """{"agent":"ba","reserve":"-1"}""", "hold.invalid", "reserve" },
        { "guard", """{"agent":"ba","reserve":"1000001"}""", "hold.invalid", "reserve" },
        { "guard", """{"agent":"ba","reserve":"some"}""", "hold.invalid", "reserve" },
        { "guard", """{"agent":"ba","reserve":"1","forSeconds":0}""", "hold.invalid", "forSeconds" },
        { "guard", """{"agent":"ba","reserve":"1","forSeconds":86401}""", "hold.invalid", "forSeconds" },
        { "guard", """{"agent":"ba","reserve":"1","maxAgeSeconds":-1}""", "request.invalid", "maxAgeSeconds" },
        { "guard", """{"agent":"nobody","reserve":"1"}""", "agent.unknown", "agent" },
        { "guard", """{"budget":"nothing","reserve":"1"}""", "budget.unknown", "budget" },
        { "guard", """{"budget":"gone","reserve":"1"}""", "budget.closed", "budget" },
        { "holds/h-nothing00/release", "{}", "hold.unknown", "hold" },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task a_bad_write_is_refused_with_its_code_and_field_and_nothing_is_written(string path, string body, string code, string field)
    {
        var written = await world.Scene.Written();
        var reply = (await world.Host.Post(path, body)).Refused(code);
        Assert.Equal(field, (string?)reply["field"] ?? "");
        Assert.Equal(written, await world.Scene.Written());
    }

    [Theory]
    [InlineData("runway?account=nowhere", "account.unknown")]
    [InlineData("forecast?scope=planet:mars", "scope.invalid")]
    [InlineData("forecast?scope=agent:nobody", "agent.unknown")]
    [InlineData("forecast?period=life", "budget.invalid")]
    [InlineData("forecast?period=eon", "budget.invalid")]
    [InlineData("forecast?zone=Mars/Olympus", "zone.unknown")]
    [InlineData("guard?agent=nobody", "agent.unknown")]
    [InlineData("guard?budget=nothing", "budget.unknown")]
    [InlineData("guard?budget=gone", "budget.closed")]
    [InlineData("guard?maxAge=soon", "request.invalid")]
    public async Task a_bad_read_is_refused_with_its_code(string path, string code) => (await world.Host.Get(path)).Refused(code);

    [Fact]
    public async Task candidates_are_listed()
    {
        Assert.Equal(["team"], Candidates(await world.Host.Get("guard?budget=taem")));
        Assert.Equal(["ba"], Candidates(await world.Host.Post("budgets", Budget(scope: "agent:bah"))));
        Assert.Equal(2, Candidates(await world.Host.Post("budgets", Budget(scope: "key:twin"))).Count);
        Assert.Equal(["day", "month"], Candidates(await world.Host.Post("budgets/team/raise", """{"limit":"80","until":"2026-12-01T00:00:00Z"}""")));
        static List<string?> Candidates(Reply reply) => [.. ((JsonArray)reply["candidates"]!).Select(c => (string?)c)];
    }

    private static string Budget(string scope = "all", string period = "month", string limit = "\"10\"", string more = "") =>
        $$"""{"scope":"{{scope}}","limits":[{"period":"{{period}}","limit":{{limit}}}]{{more}}}""";
}
