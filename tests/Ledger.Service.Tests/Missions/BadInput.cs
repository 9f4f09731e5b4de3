using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Missions;

/// <summary>What bad input about missions, agents, keys and reports gets: a stable code, and nothing written.</summary>
public sealed class BadInput(BadInput.World world) : IClassFixture<BadInput.World>
{
    /// <summary>One host with two agents, an account with two keys of one name, an open, an ended and two missions of one reference.</summary>
    public sealed class World(TestDatabases databases) : IAsyncLifetime
    {
        internal LedgerHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Host = await LedgerHost.Start(databases);
            var given = await Given.Account(Host);
            var yesterday = Host.Clock.GetUtcNow().FloorToHour().AddDays(-1);
            await given.Bills((await given.Key("twin", "twin-1"), yesterday, "1.00"), (await given.Key("twin", "twin-2"), yesterday, "1.00"), (await given.Key("lone"), yesterday, "1.00"));
            (await Host.Post("agents", new { name = "ba" })).Ok();
            (await Host.Post("agents", new { name = "vigilio" })).Ok();
            (await Host.Post("missions", new { title = "Open", agents = new[] { "ba" }, @ref = "x/y#1", at = "2026-11-16T08:00:00Z" }, "open")).Ok();
            (await Host.Post("missions", new { title = "Shared 1", agents = new[] { "ba" }, @ref = "x/y#2", at = "2026-11-16T08:00:00Z" }, "shared-1")).Ok();
            (await Host.Post("missions", new { title = "Shared 2", agents = new[] { "ba" }, @ref = "x/y#2", at = "2026-11-16T08:00:00Z" }, "shared-2")).Ok();
            (await Host.Post("missions", new { title = "Ended", agents = new[] { "vigilio" }, @ref = "x/y#3", at = "2026-11-16T07:00:00Z" }, "ended")).Ok();
            (await Host.Post("missions/end", new { mission = "x/y#3", at = "2026-11-16T08:00:00Z" }, "end")).Ok();
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }

    public static TheoryData<string, string, string, string> Writes => new()
    {
        // Missions.
        { "POST missions/end", """{"mission":"m-nothing00"}""", "mission.unknown", "mission" },
        { "POST missions/end", """{"mission":"x/y#2"}""", "mission.ambiguous", "mission" },
        { "POST missions/end", """{"mission":"m-"}""", "mission.ambiguous", "mission" },
        { "POST missions/end", """{"mission":" "}""", "mission.unknown", "mission" },
        { "POST missions/end", """{"mission":"x/y#3"}""", "mission.not_open", "" },
        { "POST missions/end", """{"mission":"x/y#1","at":"2026-11-16T07:00:00Z"}""", "mission.end_before_start", "at" },
        { "POST missions/end", """{"mission":"x/y#1","at":"2026-11-16T08:00:00Z"}""", "mission.end_before_start", "at" },
        { "POST missions/end", """{"agent":"nobody"}""", "agent.unknown", "agent" },
        { "POST missions/end", """{"agent":"vigilio"}""", "mission.none_open", "" },
        { "POST missions/end", """{"agent":"ba"}""", "mission.ambiguous", "mission" },
        { "POST missions/end", "{}", "agent.which", "agent" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"2027-01-01T00:00:00Z"}""", "time.out_of_range", "at" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"2014-12-31T23:59:59Z"}""", "time.invalid", "at" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"yesterday-ish"}""", "time.invalid", "at" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"2026-11-16T10:00:00+99:00"}""", "time.invalid", "at" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"2026-02-30T10:00:00Z"}""", "time.invalid", "at" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"10/11/2026 09:00"}""", "time.invalid", "at" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"12:30:00 PM"}""", "time.invalid", "at" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"2026-13-01"}""", "time.invalid", "at" },
        { "POST missions", """{"title":"x","agents":["ba"],"at":"2026-02-30"}""", "time.invalid", "at" },
        { "POST missions", """{"title":"x","agents":["nobody"]}""", "agent.unknown", "agents" },
        { "POST missions", """{"title":"x"}""", "agent.which", "agents" },
        { "POST missions", """{"title":"x","agents":["ba"],"weight":0}""", "weight.invalid", "weight" },
        { "POST missions", """{"title":"x","agents":["ba"],"weight":1000001}""", "weight.invalid", "weight" },
        { "POST missions", """{"title":"x","agents":["ba"],"weight":1.5}""", "request.json", "weight" },
        { "POST missions", """{"title":"x","agents":["ba"],"weight":1e400}""", "request.json", "weight" },
        { "POST missions", """{"title":"","agents":["ba"]}""", "text.invalid", "title" },
        { "POST missions", """{"agents":["ba"]}""", "request.invalid", "title" },
        { "POST missions", """{"title":"a\u0000b","agents":["ba"]}""", "text.invalid", "title" },
        { "POST missions", """{"title":"a\ud800b","agents":["ba"]}""", "text.invalid", "title" },
        { "POST missions", """{"title":"a\u202eb","agents":["ba"]}""", "text.invalid", "title" },
        { "POST missions", """{"title":"a\nb","agents":["ba"]}""", "text.invalid", "title" },
        { "POST missions", """{"title":"(idle)","agents":["ba"]}""", "text.invalid", "title" },
        { "POST missions", """{"title":"x","agents":["ba"],"ref":"a\u2066b"}""", "text.invalid", "ref" },
        { "POST missions", """{"title":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}""", "request.json", "" },
        { "POST missions/x%2Fy%232/cancel", "{}", "mission.ambiguous", "mission" },
        { "POST missions/x%2Fy%231/cancel", """{"why":"no"}""", "request.json", "why" },
        { "POST missions/m-nothing00/cancel", "{}", "mission.unknown", "mission" },
        { "PATCH missions/x%2Fy%233", """{"start":"2026-11-16T09:00:00Z"}""", "mission.end_before_start", "start" },
        { "PATCH missions/x%2Fy%231", """{"end":"2026-11-16T09:00:00Z"}""", "mission.not_ended", "end" },
        { "PATCH missions/x%2Fy%231", """{"agents":[]}""", "request.invalid", "agents" },
        { "PATCH missions/x%2Fy%231", """{"agents":["nobody"]}""", "agent.unknown", "agents" },
        { "POST missions/x%2Fy%231/reopen", "{}", "mission.not_ended", "" },
        { "POST missions/x%2Fy%233/reopen", """{"at":"2026-11-16T07:30:00Z"}""", "mission.overlaps_itself", "at" },
        { "POST missions/switch", """{"title":"x","mission":"m-nothing00"}""", "mission.unknown", "mission" },
        { "POST missions/switch", """{"title":"x","agents":["ba"]}""", "mission.ambiguous", "mission" },
        // Agents and keys.
        { "POST agents", """{"name":"BA"}""", "agent.exists", "name" },
        { "POST agents", """{"name":"(unassigned)"}""", "text.invalid", "name" },
        { "POST agents", """{"name":"a,b"}""", "text.invalid", "name" },
        { "POST agents", """{"name":"x","idle":"maybe"}""", "request.invalid", "idle" },
        { "PATCH agents/nobody", """{"name":"x"}""", "agent.unknown", "id" },
        { "PATCH agents/ba", """{"idle":"maybe"}""", "request.invalid", "idle" },
        { "POST agents/from-keys", """{"account":"nowhere"}""", "account.unknown", "account" },
        { "POST keys/assign", """{"key":"nothing","owners":{"ba":1}}""", "key.unknown", "key" },
        { "POST keys/assign", """{"key":"twin","owners":{"ba":1}}""", "key.ambiguous", "key" },
        { "POST keys/assign", """{"key":"lone","owners":{"ba":0}}""", "weight.invalid", "owners.ba" },
        { "POST keys/assign", """{"key":"lone","owners":{"ba":-3}}""", "weight.invalid", "owners.ba" },
        { "POST keys/assign", """{"key":"lone","owners":{"nobody":1}}""", "agent.unknown", "owners" },
        { "POST keys/assign", """{"key":"lone"}""", "request.invalid", "owners" },
        { "POST keys/assign", """{"key":"lone","owners":{"ba":1},"from":"2030-01-01T00:00:00Z"}""", "time.out_of_range", "from" },
        { "POST keys/assign", """{"account":"nowhere","key":"lone","owners":{"ba":1}}""", "account.unknown", "account" },
    };

    /// <summary>What readings and the watch write by themselves is nobody's bad input.</summary>
    private const string commanded = "select count(*) from mt_events where stream_id not like 'account-%' and stream_id not like 'alert-%' and type <> 'key-seen.v1'";

    [Theory, MemberData(nameof(Writes))]
    public async Task a_bad_write_is_refused_with_its_code_and_nothing_is_written(string call, string body, string code, string field)
    {
        var host = world.Host;
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        var written = await host.Scalar<long>(commanded);
        var reply = (await host.Send(new(method), path, body, Guid.NewGuid().ToString("N"))).Refused(code);
        Assert.Equal(field, (string?)reply["field"] ?? "");
        Assert.Equal(Refusals.All[code].Status, reply.Status);
        Assert.Equal(Refusals.All[code].Exit, (int)reply["exit"]!);
        Assert.NotEmpty((string)reply["detail"]!);
        Assert.DoesNotContain("   at ", reply.Text, StringComparison.Ordinal);
        Assert.Equal(written, await host.Scalar<long>(commanded));
    }

    [Theory]
    [InlineData("report?since=nonsense", "time.invalid")]
    [InlineData("report?since=2026-11-10&until=2026-11-01", "range.invalid")]
    [InlineData("report?since=2015-01-01&until=2099-01-01", "range.invalid")]
    [InlineData("report?by=colour", "group.invalid")]
    [InlineData("report?by=day,day", "group.invalid")]
    [InlineData("report?asOf=999999999", "position.unknown")]
    [InlineData("report?asOf=2026-13-01", "time.invalid")]
    [InlineData("report?asOf=2026-02-30", "time.invalid")]
    [InlineData("report?asOf=10/11/2026%2009:00", "time.invalid")]
    [InlineData("report?since=10/11/2026%2009:00", "time.invalid")]
    [InlineData("report?since=12:30:00%20PM", "time.invalid")]
    [InlineData("report?until=2026-13-01", "time.invalid")]
    [InlineData("report?until=2026-02-30", "time.invalid")]
    [InlineData("report?minPosition=x", "request.invalid")]
    [InlineData("report?limit=0", "request.invalid")]
    [InlineData("report?agent=nobody", "agent.unknown")]
    [InlineData("report?account=nowhere", "account.unknown")]
    [InlineData("report?key=nothing", "key.unknown")]
    [InlineData("report?mission=nothing", "mission.unknown")]
    [InlineData("missions?state=odd", "request.invalid")]
    [InlineData("missions?limit=1001", "request.invalid")]
    [InlineData("missions?limit=many", "request.invalid")]
    [InlineData("missions?mission=m-nothing00", "mission.unknown")]
    [InlineData("missions/cost", "request.invalid")]
    [InlineData("missions/cost?mission=m-nothing00", "mission.unknown")]
    [InlineData("missions/cost?mission=a%00b", "mission.unknown")]
    [InlineData("missions/cost?mission=x/y%231&by=hour", "group.invalid")]
    [InlineData("missions/cost?mission=x/y%231&asOf=1", "mission.unknown")]
    [InlineData("missions/diff?mission=x/y%231", "request.invalid")]
    [InlineData("missions/diff?mission=x/y%232&from=1", "mission.ambiguous")]
    [InlineData("missions/diff?mission=x/y%231&from=2&to=1", "range.invalid")]
    [InlineData("missions/diff?mission=x/y%231&from=999999999", "position.unknown")]
    [InlineData("missions/explain?mission=x/y%232", "mission.ambiguous")]
    public async Task a_bad_read_is_refused_with_its_code(string path, string code) => (await world.Host.Get(path)).Refused(code);

    [Fact]
    public async Task candidates_are_listed()
    {
        var reply = (await world.Host.Post("missions/end", new { mission = "x/y#2" })).Refused("mission.ambiguous");
        Assert.Equal(2, reply["candidates"]!.AsArray().Count);
        Assert.Contains("\"Shared 1\" (open since 2026-11-16T08:00:00Z)", reply["candidates"]!.AsArray().Select(c => (string)c!).Single(c => c.Contains("Shared 1", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(["ba", "vigilio"], (await world.Host.Post("missions", new { title = "x" }))["candidates"]!.AsArray().Select(c => (string?)c));
    }
}
