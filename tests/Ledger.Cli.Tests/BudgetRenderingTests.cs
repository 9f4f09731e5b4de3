
namespace Ledger.Cli.Tests;

/// <summary>What people read of budgets, alerts, run-out and forecast, kept in golden files.</summary>
public sealed class BudgetRenderingTests
{
    private const string Fresh = """
        "asOf":{"position":1234,"time":"2026-11-16T10:50:00Z"},"data":{"through":"2026-11-16T10:46:00Z","lagSeconds":240,"stale":false,"preliminary":null,"missing":[]}
        """;

    private const string Month = """{"period":"month","window":{"start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z"},"limit":"50.00","setLimit":"50.00","raisedUntil":null,"spent":"24.10","percent":48.2,"forecast":{"expected":"58.20","low":"41.00","high":"77.10","method":"mean-7d","exceeds":"2026-11-25T14:00:00Z","why":null},"runsOut":"2026-11-25T14:00:00Z","resets":"2026-12-01T00:00:00Z","state":"warn","passed":["forecast 100%"]}""";

    private const string Day = """{"period":"day","window":{"start":"2026-11-16T00:00:00Z","end":"2026-11-17T00:00:00Z"},"limit":"8.00","setLimit":"5.00","raisedUntil":"2026-11-23T10:00:00Z","spent":"8.004","percent":100.0,"forecast":{"expected":null,"low":null,"high":null,"method":null,"exceeds":null,"why":"too little data: 3 h of spend, 6 h needed"},"runsOut":null,"resets":"2026-11-17T00:00:00Z","state":"over","passed":["50%","80%","100%"]}""";

    private const string Unknown = """{"period":"2026-11-01T00:00:00Z..2026-12-01T00:00:00Z","window":{"start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z"},"limit":"1000.00","setLimit":"1000.00","raisedUntil":null,"spent":null,"percent":null,"forecast":{"expected":null,"low":null,"high":null,"method":null,"exceeds":null,"why":"no account was read completely yet"},"runsOut":null,"resets":null,"state":"unknown","passed":[]}""";

    private const string Ba = $$"""{"id":"b-1a2b3c4d","name":"agent:ba","scope":"agent:ba","scopeName":"agent:Hannibal\u202e B","zone":"UTC","weekStart":"monday","thresholds":["50%"],"recipients":[],"channels":[],"closed":false,"setAt":"2026-11-01T00:00:00Z","periods":[{{Month}},{{Day}}]}""";

    private const string Budgets = $$"""
        {"budgets":[{{Ba}},{"id":"b-2","name":"campaign","scope":"all","scopeName":"all","zone":"UTC","weekStart":"monday","thresholds":["50%"],"recipients":[],"channels":[],"closed":false,"setAt":"2026-11-01T00:00:00Z","periods":[{{Unknown}}]}],"more":false,{{Fresh}}}
        """;

    private const string NoBudgets = $$"""{"budgets":[],"more":false,{{Fresh}}}""";

    private const string SetAnswer = $$"""{"budget":{{Ba}},"change":"set"}""";

    private const string Plan = """
        {"budgets":[{"name":"stays","action":"unchanged","differences":[]},{"name":"grows","action":"changed","differences":[{"field":"limits","before":"week $5.00","after":"week $7.50"},{"field":"recipients","before":null,"after":"ludo@example.org"}]},
                    {"name":"agent:ba","action":"set","differences":[{"field":"limits","before":null,"after":"month $31.00"}]},{"name":"goes","action":"closed","differences":[]}],
         "set":1,"changed":1,"closed":1,"unchanged":1,"changes":true}
        """;

    private const string Backtest = $$"""
        {"since":"2026-08-18T00:00:00Z","until":"2026-11-17T00:00:00Z","count":2,"alerts":[
          {"at":"2026-11-10T09:00:00Z","budget":"agent:ba","scope":"agent:ba","period":"month","window":{"start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z"},"threshold":"forecast 100%","basis":"forecast","severity":"warning","spent":"20.00","limit":"50.00","forecast":"58.20","also":[]},
          {"at":"2026-11-14T12:30:00Z","budget":"agent:ba","scope":"agent:ba","period":"month","window":{"start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z"},"threshold":"100%","basis":"actual","severity":"critical","spent":"51.00","limit":"50.00","forecast":null,"also":["80%"]}],
         "more":false,{{Fresh}}}
        """;

    private const string Alerts = """
        {"alerts":[{"id":"a-1a2b3c4d","kind":"budget","severity":"critical","headline":"Agent ba is over its month: $51.00 of $50.00. 2 % over.","state":"open","at":"2026-11-16T10:40:00Z","recoveredAt":null,"acknowledgedAt":null,"acknowledgedBy":null,"scope":"agent:ba","event":{}},
                   {"id":"a-2a2b3c4d","kind":"runway","severity":"warning","headline":"Credit ends Wed 14:00: $31.00 left. On \u202eprod\u0007.","state":"recovered","at":"2026-11-15T10:40:00Z","recoveredAt":"2026-11-15T12:00:00Z","acknowledgedAt":null,"acknowledgedBy":null,"scope":"account:x","event":{}}],
         "more":true,"asOf":{"position":1234,"time":"2026-11-16T10:50:00Z"}}
        """;

    private const string Runway = $$"""
        {"runways":[{"account":"xai-1","accountName":"prod","left":"3.19","of":"50.00","perDay":"6.00","creditReadAt":"2026-11-16T08:12:00Z","billedSince":"1.10","creditTrouble":"xAI does not let the key read the balance: HTTP 403.","lastHour":"0.40","lastDay":"6.00","lastWeek":"20.00","runsOut":"2026-11-16T23:31:00Z","earliest":"2026-11-16T18:44:00Z","latest":"2026-11-17T13:34:00Z","through":"2026-11-16T10:46:00Z","why":null},
                    {"account":"xai-2","accountName":"lab","left":"20.00","of":null,"lastHour":"0.00","lastDay":"0.00","lastWeek":"0.00","runsOut":null,"earliest":null,"latest":null,"through":"2026-11-16T10:46:00Z","why":"nothing was spent in the last 7 days"}],{{Fresh}}}
        """;

    private const string Forecast = $$"""
        {"scope":"agent:ba","scopeName":"agent:ba","period":"month","window":{"start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z"},"zone":"UTC","spent":"24.10","forecast":{"expected":"58.20","low":"41.00","high":"77.10","method":"mean-7d","exceeds":null,"why":null},{{Fresh}}}
        """;

    private const string NoForecast = $$"""
        {"scope":"all","scopeName":"all","period":"week","window":{"start":"2026-11-16T00:00:00Z","end":"2026-11-23T00:00:00Z"},"zone":"UTC","spent":null,"forecast":{"expected":null,"low":null,"high":null,"method":null,"exceeds":null,"why":"nothing was read yet"},{{Fresh}}}
        """;

    private const string Outbox = """
        {"waitingCount":1,"deadCount":1,"oldestSeconds":7260,"waiting":[{"id":"3f2b8a52-0d4e-5f9c-a1aa-9a7be3a1f1b4","channel":"email","to":"l…@example.org","notification":"a-1","class":"alert","attempts":3,"unknown":1,"reason":"421 try again later","ageSeconds":7260,"dueAt":"2026-11-16T11:00:00Z"}],
         "dead":[{"id":"4f2b8a52-0d4e-5f9c-a1aa-9a7be3a1f1b4","channel":"webhook","to":null,"notification":"a-1","class":"alert","attempts":9,"unknown":0,"reason":"410 Gone\u001b[31m","ageSeconds":172800,"dueAt":null}],
         "channels":[{"name":"email","configured":false,"target":"/var/lib/ledger/mail","hint":"SMTP_HOST sends them instead.","down":null,"downSince":null,"nextTry":null},{"name":"webhook","configured":true,"target":"https://hooks.example.org","hint":null,"down":"410 Gone","downSince":"2026-11-14T10:00:00Z","nextTry":null}]}
        """;

    private const string Digests = """{"digests":[{"week":"2026-W46","at":"2026-11-16T07:00:00Z","subject":"[ours] AI spend week 46: $47.23 (+12%)","recipients":["ludo@example.org","x@example.org"]}]}""";

    private const string Status = """
        {"version":"0.2.0","position":1234,"views":[],"accounts":[],"missionsOpen":[],"outbox":{"waiting":2,"dead":1,"oldestWaiting":"2026-11-16T08:49:00Z","channels":[{"name":"email","configured":false,"target":"/var/lib/ledger/mail","hint":"SMTP_HOST sends them instead.","down":null,"downSince":null,"nextTry":null}]},
         "spend":{"today":"4.50","monthToDate":"31.00","unassigned":"0.00"},"credit":{"left":"3.19"},
         "alerts":{"open":2,"latest":[{"id":"a-1","at":"2026-11-16T10:40:00Z","severity":"critical","headline":"Agent ba is over its month: $51.00 of $50.00"},{"id":"a-2","at":"2026-11-16T09:40:00Z","headline":"[WARN 72h] prepaid credit of prod: $31.00 left"}]},
         "budgetsOver":[{"name":"agent:ba","period":"month","spent":"51.00","limit":"50.00"}],"pollEverySeconds":300,"warnings":[]}
        """;

    [Theory]
    [InlineData("budget-list", Budgets, "budget", "list")]
    [InlineData("budget-list-csv", Budgets, "budget", "list", "--csv")]
    [InlineData("budget-list-empty", NoBudgets, "budget", "list")]
    [InlineData("budget-set", SetAnswer, "budget", "set", "--scope", "agent:ba", "--limit", "50", "--period", "month")]
    [InlineData("budget-backtest", Backtest, "budget", "backtest", "--scope", "agent:ba", "--limit", "50", "--period", "month")]
    [InlineData("alert-list", Alerts, "alert", "list")]
    [InlineData("alert-list-csv", Alerts, "alert", "list", "--csv")]
    [InlineData("runway", Runway, "runway")]
    [InlineData("forecast", Forecast, "forecast", "--scope", "agent:ba")]
    [InlineData("forecast-none", NoForecast, "forecast", "--period", "week")]
    [InlineData("outbox-list", Outbox, "outbox", "list")]
    [InlineData("digest-list", Digests, "digest", "list")]
    [InlineData("status-trouble", Status, "status")]
    public void an_answer_reads_like_this(string golden, string answer, params string[] words)
    {
        using var service = new FakeService(answer);
        using var desk = new Desk(service.Url);
        var ran = desk.Run(words);
        Assert.Equal((Exit.Ok, ""), (ran.Exit, ran.Err));
        Assert.DoesNotContain('\u202e', ran.Out);
        Assert.DoesNotContain('\u001b', ran.Out);
        Screen.Matches(ran.Out.Replace(service.Url, "http://127.0.0.1:7171", StringComparison.Ordinal), golden);
        var json = desk.Run([.. words.Where(w => w != "--csv"), "--json"]);
        Assert.Equal(Exit.Ok, json.Exit);
        Assert.Equal(System.Text.Json.JsonDocument.Parse(answer).RootElement.EnumerateObject().Count(), json.Json.EnumerateObject().Count(p => p.Name != "spool"));
    }

    [Fact]
    public void a_narrow_terminal_shortens_names_and_never_figures()
    {
        using var service = new FakeService(Budgets);
        using var desk = new Desk(service.Url) { Width = 110 };
        var shown = desk.Run("budget", "list", "--no-color").Out;
        Screen.Matches(shown, "budget-list-narrow");
    }

    [Theory]
    [InlineData("plan", Exit.Changes)]
    [InlineData("apply", Exit.Ok)]
    public void a_plan_with_changes_is_2_and_an_apply_is_0(string verb, int exit)
    {
        using var service = new FakeService(Plan);
        using var desk = new Desk(service.Url);
        var file = Path.Combine(desk.Home, "budgets.json");
        File.WriteAllText(file, """
            {
              // what the team may spend
              "budgets": [ { "scope": "agent:ba", "limits": [ { "period": "month", "limit": 31, }, ], }, ],
              "prune": false,
            }
            """);
        var ran = desk.Run("budget", verb, file, "--prune");
        Assert.Equal((exit, ""), (ran.Exit, ran.Err));
        Screen.Matches(ran.Out, "budget-" + verb);
        Assert.Equal(exit, desk.Run("budget", verb, file, "--json").Exit);
        Assert.Equal("""{"budgets":[{"scope":"agent:ba","limits":[{"period":"month","limit":31}]}],"prune":true}""", service.Requests[0].Body);
        Assert.NotNull(service.Requests[0].Key);
        desk.Input = "{\"budgets\":[]}";
        Assert.Equal(exit, desk.Run("budget", verb, "-").Exit);
    }

    [Fact]
    public void a_plan_without_changes_is_0()
    {
        using var service = new FakeService("""{"budgets":[{"name":"stays","action":"unchanged","differences":[]}],"set":0,"changed":0,"closed":0,"unchanged":1,"changes":false}""");
        using var desk = new Desk(service.Url) { Input = "{\"budgets\":[]}" };
        Assert.Equal((Exit.Ok, "  unchanged stays\n0 to set, 0 to change, 0 to close, 1 unchanged\n"), desk.Run("budget", "plan", "-") is var ran ? (ran.Exit, ran.Out) : default);
    }

    [Theory]
    [InlineData("{\"budgets\": [}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"budgets\":[],\"budgets\":[]}")]
    public void a_file_that_is_no_such_json_is_65_and_says_where(string text)
    {
        using var desk = new Desk { Input = text };
        var ran = desk.Run("budget", "plan", "-", "--json");
        Assert.Equal((Exit.Data, "file.json"), (ran.Exit, ran.Json.Part("problem")!.Value.Text("code")));
    }

    [Fact]
    public void a_file_that_is_missing_too_large_or_nested_too_deeply_is_65()
    {
        using var desk = new Desk();
        Assert.Equal("file.unreadable", desk.Run("budget", "apply", Path.Combine(desk.Home, "none.json"), "--json").Json.Part("problem")!.Value.Text("code"));
        Assert.Equal("file.unreadable", desk.Run("budget", "apply", desk.Home, "--json").Json.Part("problem")!.Value.Text("code"));
        desk.Input = new string(' ', 1024 * 1024 + 1);
        Assert.Equal("file.too_large", desk.Run("budget", "apply", "-", "--json").Json.Part("problem")!.Value.Text("code"));
        desk.Input = $"{{\"budgets\":{new string('[', 40)}{new string(']', 40)}}}";
        Assert.Equal("file.json", desk.Run("budget", "apply", "-", "--json").Json.Part("problem")!.Value.Text("code"));
    }

    [Fact]
    public void flags_become_the_budget_that_is_sent()
    {
        using var service = new FakeService(SetAnswer);
        using var desk = new Desk(service.Url);
        desk.Run("budget", "set", "--scope", "all", "--name", "team", "--period", "day=$2,week=10", "--period", "month=31.50", "--threshold", "80%", "--threshold", "forecast 100%",
            "--to", "a@b.example,c@d.example", "--channel", "email", "--zone", "Europe/Brussels", "--week-start", "sunday");
        desk.Run("budget", "raise", "o/r#3", "--limit", "$80", "--until", "7d");
        Assert.Equal("""{"name":"team","scope":"all","limits":[{"period":"day","limit":"2"},{"period":"week","limit":"10"},{"period":"month","limit":"31.50"}],"thresholds":["80%","forecast 100%"],"zone":"Europe/Brussels","weekStart":"sunday","recipients":["a@b.example","c@d.example"],"channels":["email"]}""",
            service.Requests[0].Body);
        Assert.Equal(("/api/v1/budgets/o%2Fr%233/raise", """{"limit":"80","until":"2026-11-23T10:50:00Z"}"""), (service.Requests[1].Path, service.Requests[1].Body));
    }

    [Theory]
    [InlineData("budget", "set", "--limit", "50", "--period", "month")]
    [InlineData("budget", "set", "--scope", "all")]
    [InlineData("budget", "set", "--scope", "all", "--limit", "50")]
    [InlineData("budget", "set", "--scope", "all", "--period", "month")]
    [InlineData("budget", "set", "--scope", "all", "--limit", "50", "--period", "month=31")]
    [InlineData("budget", "set", "--scope", "all", "--limit", "50", "--period", "month,day")]
    [InlineData("budget", "set", "--scope", "all", "--limit", "", "--period", "month")]
    [InlineData("budget", "set", "--scope", "all", "--limit", "5", "--period", "month", "--to", ",")]
    [InlineData("budget", "raise", "x", "--limit", "50")]
    [InlineData("budget", "raise", "x", "--until", "7d")]
    [InlineData("budget", "raise", "x", "--limit", "50", "--until", "soon")]
    [InlineData("budget", "raise")]
    [InlineData("budget", "plan")]
    [InlineData("budget", "backtest", "f.json", "--scope", "all")]
    [InlineData("budget", "backtest", "--limit", "5")]
    [InlineData("alert", "list", "--kind", "odd")]
    [InlineData("alert", "list", "--limit", "0")]
    [InlineData("alert", "ack")]
    [InlineData("alert", "test")]
    [InlineData("alert", "test", "--channel", "pigeon")]
    [InlineData("alert", "test", "--channel", "email")]
    [InlineData("digest", "preview", "--format", "pdf")]
    [InlineData("digest", "preview", "--format", "html", "--json")]
    [InlineData("outbox", "retry")]
    public void a_wrong_command_line_is_64_before_anything_is_sent(params string[] words)
    {
        using var service = new FakeService("{}");
        using var desk = new Desk(service.Url);
        Assert.Equal(Exit.Usage, desk.Run(words).Exit);
        Assert.Empty(service.Requests);
    }

    [Theory]
    [InlineData("delivered", Exit.Ok)]
    [InlineData("waiting", Exit.Unavailable)]
    [InlineData("refused", Exit.Unavailable)]
    public void a_test_message_says_what_became_of_it(string outcome, int exit)
    {
        using var service = new FakeService($$"""{"id":"3f2b8a52-0d4e-5f9c-a1aa-9a7be3a1f1b4","channel":"email","outcome":"{{outcome}}","target":"mail.example.org:587","reason":"421 later","attempts":1,"hint":null}""");
        using var desk = new Desk(service.Url);
        var ran = desk.Run("alert", "test", "--channel", "email", "--to", "a@b.example");
        Assert.Equal((exit, $"{outcome} to mail.example.org:587{(outcome == "delivered" ? "" : ": 421 later")}\n"), (ran.Exit, ran.Out));
        Assert.Equal("""{"channel":"email","to":"a@b.example"}""", service.Requests[0].Body);
    }

    [Fact]
    public void a_digest_is_printed_as_it_came_and_text_is_made_harmless()
    {
        using var service = new FakeService(asked => new(200, asked.Query.Contains("format=html", StringComparison.Ordinal) ? "<p>Spend\n</p>" : asked.Query.Contains("format=json", StringComparison.Ordinal) ? "{\"week\":\"2026-W46\"}" : "AI spend\u001b[31m week 46\r\nTotal $47.23\n", "text/plain"));
        using var desk = new Desk(service.Url);
        Assert.Equal("AI spend[31m week 46\nTotal $47.23\n", desk.Run("digest", "preview", "--week", "2026-W46").Out);
        Assert.Equal("?week=2026-W46&format=text", service.Requests[0].Query);
        Assert.Equal("<p>Spend\n</p>", desk.Run("digest", "preview", "--format", "html").Out);
        Assert.Equal("2026-W46", desk.Run("digest", "preview", "--json", "--as-of", "12").Json.Text("week"));
        using var refusing = new FakeService(_ => FakeService.Problem(400, "digest.week", 65));
        using var other = new Desk(refusing.Url);
        Assert.Equal(Exit.Data, other.Run("digest", "preview", "--week", "x").Exit);
    }
}
