
namespace Ledger.Cli.Tests;

/// <summary>What people read, kept in golden files.</summary>
public sealed class RenderingTests
{
    private const string Fresh = """
        "asOf":{"position":1234,"time":"2026-11-16T10:50:00Z"},"data":{"through":"2026-11-16T10:46:00Z","lagSeconds":240,"stale":false,"preliminary":"0.00","missing":[]}
        """;
    private const string Stale = """
        "asOf":{"position":1234,"time":"2026-11-16T10:50:00Z"},"data":{"through":"2026-11-15T10:46:00Z","lagSeconds":86640,"stale":true,"preliminary":"1.20","missing":[{"start":"2026-11-15T10:00:00Z","account":"prod","key":"k1","model":"grok-4","unit":"tokens","total":"0.40","since":"2026-11-16T09:00:00Z"}]}
        """;
    private const string Mission = """{"id":"01jcv7m2","title":"Budget TUI","ref":"trentuna/token-monitor#3","state":"ended","start":"2026-11-16T10:15:00Z","end":"2026-11-16T10:45:00Z","windows":[{"start":"2026-11-16T10:15:00Z","end":"2026-11-16T10:45:00Z"}],"agents":["hannibal","ba"],"weight":1""";

    private const string Cost = $$$$"""
        {"mission":{{{{Mission}}}}},"currency":"USD","billed":"4.50","low":"0.00","high":"6.00","reason":null,"methods":{"whole":"3.25","shared":"0.00","prorated":"1.25"},"restated":"-0.0025",
         "by":[{"agent":"hannibal","model":"grok-4","unit":"reasoning tokens","billed":"3.25"},{"agent":"ba","model":"grok-4-fast","unit":"searches","billed":"1.2475"},{"agent":"ba","model":"grok-4-fast","unit":"tokens","billed":"0.0025"}],{{{{Fresh}}}}}
        """;

    private const string NoKey = $$$$"""{"mission":{{{{Mission}}}}},"currency":"USD","billed":null,"low":null,"high":null,"reason":"no_key","methods":{},"restated":"0.00","by":[],{{{{Fresh}}}}}""";

    private const string Shared = $$$$"""
        {"missions":[{"mission":{{{{Mission}}}}},"billed":"4.50","low":"4.50","high":"4.50","reason":null,"methods":{"whole":"4.50"},"by":[]},
                     {"mission":{"id":"01jd0000","title":"Budget TUI, second try","ref":"trentuna/token-monitor#3","state":"open","start":"2026-11-16T10:46:00Z","end":null,"windows":[{"start":"2026-11-16T10:46:00Z","end":null}],"agents":["ba"]},"billed":"0.50","low":"0.00","high":"1.00","reason":null,"methods":{"prorated":"0.50"},"by":[]}],
         "mission":null,"billed":"5.00",{{{{Stale}}}}}
        """;

    private const string Report = $$$$"""
        {"since":"2026-11-01T00:00:00Z","until":"2026-11-17T00:00:00Z","window":{"since":"2026-11-01T00:00:00Z","until":"2026-11-17T00:00:00Z"},"groupBy":["agent","mission"],"currency":"USD",
         "rows":[{"agent":"vigilio","mission":"Nightly crawl","billed":"1027.88"},{"agent":"ba","mission":"東京 – a very long title that goes on and on, longer than anybody would like to read","billed":"0.0041"},
                 {"agent":"ba","mission":"(idle)","billed":"2.00"},{"agent":"(unassigned)","mission":"(unassigned)","billed":"-1.10"},{"agent":null,"mission":"=cmd|' /C calc'!A0","billed":"0.00"}],
         "total":"1028.7841","idle":"2.00","unassigned":"-1.10",{{{{Stale}}}}}
        """;

    private const string Missions = $$$$"""
        {"missions":[{{{{Mission}}}},"billed":"4.50","low":"0.00","high":"6.00","reason":null},
         {"id":"01jd0000","title":"=HYPERLINK(\"http://x\",\"y\")","ref":null,"state":"open","start":"2026-11-13T07:00:00Z","end":null,"windows":[{"start":"2026-11-13T07:00:00Z","end":null}],"agents":[{"id":"a1","name":"ba"}],"weight":3,"billed":null,"low":null,"high":null,"reason":"no_key"}],
         "more":true,{{{{Fresh}}}}}
        """;

    private const string Explained = $$$$"""
        {"mission":{{{{Mission}}}}},"billed":"4.5000000001","low":"0.00","high":"6.00","lines":[{"account":"prod","key":"k1","keyName":"xai-vigilio","start":"2026-11-16T10:00:00Z","seconds":3600,"model":"grok-4","unit":"searches","lineTotal":"6.00","billed":"4.5000000001","low":"0.00","high":"6.00",
          "parts":[{"agent":"ba","mission":"Budget TUI","method":"whole","billed":"4.5000000001"},{"agent":"ba","mission":"(idle)","method":"prorated","billed":"1.4999999999"}],
          "readings":[{"position":1200,"event":"0192f3aa","reading":"r1","asked":"2026-11-16T10:45:00Z","answered":"2026-11-16T10:45:01Z","total":"5.50","replaces":"1.00","raw":"5.5000000000012345","evidence":{"start":"2026-11-16T10:15:00Z","end":"2026-11-16T10:45:00Z"},"settlementLag":{"seconds":300,"learned":false,"assumed":true}}]}],
         "more":false,{{{{Fresh}}}}}
        """;

    private const string Difference = $$$$"""
        {"mission":{{{{Mission}}}}},"from":{"position":1200,"time":"2026-11-16T10:45:00Z","billed":"3.00","low":"0.00","high":"6.00"},"to":{"position":1234,"time":"2026-11-16T10:50:00Z","billed":"4.50","low":"0.00","high":"6.00"},
         "change":"1.50","moved":"1.00","billed":"0.50","by":[{"agent":"ba","model":"grok-4","unit":"tokens","moved":"1.00","billed":"0.50"}],"counterparts":[{"party":"(idle) ba","moved":"-1.00"}],{{{{Fresh}}}}}
        """;

    private const string Status = """
        {"version":"0.1.0","position":1234,"chain":"ab12","views":[{"name":"spend","position":1230,"lag":4},{"name":"keys","position":1234,"lag":0}],
         "accounts":[{"label":"prod","provider":"xai","state":"ok","through":"2026-11-16T10:46:00Z","lagSeconds":240,"stale":false,"error":null},{"label":"lab","provider":"xai","state":"failing","through":null,"lagSeconds":null,"stale":true,"error":{"kind":"auth","detail":"The key was revoked."}}],
         "missionsOpen":[{"id":"01jd0000","title":"Nightly crawl","start":"2026-11-13T07:00:00Z","agents":["vigilio"],"billed":"9.68","low":"1.26","high":"18.10"},{"id":"01jd0001","title":"Budget TUI","start":"2026-11-16T05:50:00Z","agents":["ba"],"billed":"0.58","low":"0.58","high":"0.58"},
           {"id":"01jd0002","title":"חיפוש","start":"2026-11-16T10:20:00Z","agents":["keyless"],"billed":null,"low":null,"high":null}],"outbox":{"waiting":0,"dead":0,"oldestWaiting":null},
         "spend":{"today":"4.50","yesterday":"3.26","week":"33.61","lastWeek":"6.12","monthToDate":"31.00","unassigned":"0.003"},"credit":{"left":"3.19"},
         "needs":[{"severity":"critical","what":"Credit ends Mon 17:20: $3.19 of $31.00 is left.","why":"Between Mon 03:50 and Tue 14:20. At $4.80 a day. Credit does not refill at the month's end."},
           {"severity":"critical","what":"lab is not read since Sun 08:00.","why":"The key was revoked. What it spent since is not in these figures."},{"severity":"warning","what":"All spend is on track for $153 of $60.00 in its month: $31.00 so far.","why":"It limits all spend."},{"severity":"warning","what":"ba is at 91 %.","why":null}],
         "budgets":[{"name":"vigilio","scope":"agent vigilio","period":"week","limit":"12.00","spent":"14.57","state":"over"},{"name":"all","scope":"all spend","period":"month","limit":"60.00","spent":"31.00","state":"warn"},
           {"name":"face","scope":"agent face","period":"month","limit":"12.00","spent":"1.65","state":"ok"},{"name":"new","scope":"agent new","period":"day","limit":"12.00","spent":null,"state":"unknown"}],
         "runways":[{"account":"xai-1","accountName":"prod","left":"3.19","of":"31.00","runsOut":"2026-11-16T17:20:00Z","perDay":"4.80"}],
         "nodes":[{"number":1,"machine":"alpha","since":"2026-11-16T08:00:00Z","seen":"2026-11-16T10:20:00Z","silent":true,"runs":["chain","leader","polls1","polls2","polls3","spend"]},{"number":2,"machine":"beta","since":"2026-11-16T09:00:00Z","seen":"2026-11-16T10:49:59Z","silent":false,"runs":[]}],
         "pollEverySeconds":300,"warnings":["fsync is off"]}
        """;

    private const string Accounts = """
        {"accounts":[{"id":"a1","label":"prod","provider":"xai","team":"team_123","bucketSeconds":3600,"bucket":"auto","settlementLag":{"seconds":300,"learned":false,"assumed":true},"state":"ok","since":null,"error":null,"through":"2026-11-16T10:46:00Z","lagSeconds":240,"stale":false,"credential":{"redacted":"xai-…4711","storedAt":"2026-11-01T00:00:00Z"},"balance":{"prepaidLeft":"3.19"}},
                     {"id":"a2","label":"lab","provider":"xai","team":null,"bucketSeconds":900,"bucket":"15m","settlementLag":null,"state":"failing","error":{"kind":"auth","detail":"The key was revoked."},"through":null,"lagSeconds":null,"stale":true,"credential":null,"balance":null}]}
        """;

    private const string Agents = """{"agents":[{"id":"a1","name":"ba","idle":"shares","keys":[{"account":"prod","key":"k1","name":"xai-vigilio","weight":1},{"account":"prod","key":"k2","name":"xai-ba","weight":3}],"openMissions":["01jd0000"]}]}""";

    private const string Keys = """
        {"keys":[{"account":"prod","key":"k1","name":"xai-vigilio","owners":[{"agent":"ba","weight":1},{"agent":"vigilio","weight":3}],"history":[{"from":null,"owners":[]},{"from":"2026-11-10T00:00:00Z","owners":[]}],"billed30d":"27.88","sharedNow":true},
                 {"account":"prod","key":"k2","name":null,"owners":[],"history":[],"billed30d":null,"sharedNow":false}],"listedAt":"2026-11-16T08:00:00Z"}
        """;

    private const string Partial = $$$$"""
        {"missions":[{"mission":{{{{Mission}}}},"agentNames":["Hannibal B","ba"]},"billed":"4.50","low":"4.50","high":"4.50","reason":null,"methods":{"whole":"4.50"},"by":[{"agent":"hannibal","agentName":"Hannibal B","billed":"4.50"}]},
                     {"mission":{"id":"01jd0000","title":"Second try","ref":"trentuna/token-monitor#3","state":"open","start":"2026-11-16T10:46:00Z","end":null,"windows":[{"start":"2026-11-16T10:46:00Z","end":null}],"agents":["keyless"]},"billed":null,"low":null,"high":null,"reason":"no_key","methods":{},"by":[]}],
         "mission":null,"billed":"4.50","partial":true,"more":false,"by":[{"agent":"hannibal","agentName":"Hannibal B","billed":"4.50"}],{{{{Fresh}}}}}
        """;

    private const string NoneKnown = $$$$"""
        {"missions":[{"mission":{{{{Mission}}}}},"billed":null,"low":null,"high":null,"reason":"no_key","methods":{},"by":[]},{"mission":{{{{Mission}}}}},"billed":null,"low":null,"high":null,"reason":"no_key","methods":{},"by":[]}],
         "mission":null,"billed":null,"reason":"no_key","partial":true,"more":false,"by":[],{{{{Fresh}}}}}
        """;

    private const string EmptyReport = $$$$"""
        {"window":{"since":"2026-11-01T00:00:00Z","until":"2026-11-17T00:00:00Z"},"groupBy":["agent"],"rows":[],"total":"0.00","idle":"0.00","unassigned":"0.00",{{{{Fresh}}}}}
        """;

    private const string UnknownReport = """
        {"window":{"since":"2026-11-01T00:00:00Z","until":"2026-11-17T00:00:00Z"},"groupBy":["agent"],"rows":[],"total":"0.00","idle":"0.00","unassigned":"0.00","asOf":{"position":0,"time":null},"data":{"through":null,"lagSeconds":null,"stale":false,"preliminary":null,"missing":[]}}
        """;

    private const string NoMissions = $$$$"""{"missions":[],"more":false,{{{{Fresh}}}}}""";

    private const string UnknownExplained = $$$$"""
        {"mission":{{{{Mission}}}}},"billed":"-1.10","low":"-2.00","high":null,"lines":[{"account":"prod","key":null,"keyName":null,"start":"2026-11-16T10:00:00Z","seconds":3600,"model":"grok-4","unit":null,"lineTotal":"-1.10","billed":"-1.10","low":null,"high":null,
          "parts":[{"agent":"ba","mission":"Budget TUI","method":"whole","billed":"-1.10"}],"readings":[]}],"more":false,{{{{Fresh}}}}}
        """;

    private const string UnknownDifference = $$$$"""
        {"mission":{{{{Mission}}}}},"from":{"position":1200,"time":"2026-11-16T10:45:00Z","billed":null,"low":null,"high":null},"to":{"position":1234,"time":"2026-11-16T10:50:00Z","billed":"4.50","low":"0.00","high":"6.00"},
         "change":"4.50","moved":"4.50","billed":"0.00","by":[],"counterparts":[],{{{{Fresh}}}}}
        """;

    private const string FirstStatus = """
        {"version":"0.1.0","position":0,"views":[],"accounts":[],"missionsOpen":[],"outbox":{"waiting":0,"dead":0,"oldestWaiting":null},"spend":{"today":null,"monthToDate":null,"unassigned":null},"credit":{"left":null},"pollEverySeconds":300,"warnings":[]}
        """;

    private const string Tokens = """
        {"tokens":[{"id":"t1","name":"ba","scopes":["bookmark"],"createdAt":"2026-11-01T00:00:00Z","expiresAt":"2027-01-01T00:00:00Z","usedAt":"2026-11-16T10:40:00Z","revokedAt":null},
                   {"id":"t2","name":"old laptop","scopes":["admin"],"createdAt":"2026-11-01T00:00:00Z","expiresAt":null,"usedAt":null,"revokedAt":"2026-11-10T09:00:00Z"},
                   {"id":"t3","name":"ci","scopes":["read"],"createdAt":"2026-11-01T00:00:00Z","expiresAt":"2026-11-15T00:00:00Z","usedAt":null,"revokedAt":null}]}
        """;

    private const string Cents = $$$$"""
        {"window":{"since":"2026-11-21T00:00:00Z","until":"2026-11-28T00:00:00Z"},"groupBy":["mission"],"currency":"USD",
         "rows":[{"mission":"m1","title":"Budget TUI","billed":"1.3624"},{"mission":"m2","title":"Digest","billed":"1.3620"},{"mission":"(idle)","title":null,"billed":"10.1846"}],
         "total":"12.9090","idle":"10.1846","unassigned":"0.00",{{{{Fresh}}}}}
        """;

    private const string Whole = $$$$"""
        {"window":{"since":"2026-11-21T00:00:00Z","until":"2026-11-28T00:00:00Z"},"groupBy":[],"currency":"USD","rows":[{"billed":"12.9090"}],"total":"12.9090","idle":"10.1846","unassigned":"-0.0050",{{{{Fresh}}}}}
        """;

    private const string OnlyIdle = $$$$"""
        {"window":{"since":"2026-11-21T00:00:00Z","until":"2026-11-28T00:00:00Z"},"groupBy":[],"currency":"USD","rows":[{"billed":"10.1846"}],"total":"10.1846","idle":"10.1846","unassigned":"0.00",{{{{Fresh}}}}}
        """;

    private const string Gone = """
        {"window":{"since":"2026-11-21T00:00:00Z","until":"2026-11-28T00:00:00Z"},"groupBy":[],"currency":"USD","rows":[{"billed":"2.00"}],"total":"2.00","idle":"0.00","unassigned":"2.00","asOf":{"position":1234,"time":"2026-11-16T10:50:00Z"},
         "data":{"through":"2026-11-15T10:46:00Z","lagSeconds":86640,"stale":true,"preliminary":"0.00","removed":[{"account":"prod","at":"2026-11-15T10:48:00Z"}],"missing":[]}}
        """;

    private const string GoneStatus = """
        {"version":"0.1.0","position":12,"views":[],"accounts":[{"label":"prod","provider":"xai","state":"removed","since":"2026-11-15T10:48:00Z","through":"2026-11-15T10:46:00Z","lagSeconds":86640,"stale":true,"error":null}],"missionsOpen":[],
         "outbox":{"waiting":0,"dead":0,"oldestWaiting":null},"spend":{"today":"0.00","monthToDate":"2.00","unassigned":"2.00"},"credit":{"left":null},"pollEverySeconds":300,"warnings":[]}
        """;

    private const string WaitingStatus = """
        {"version":"0.1.0","position":12,"views":[],"accounts":[{"label":"prod","provider":"xai","state":"failing","since":"2026-11-16T10:48:00Z","through":"2026-11-16T10:46:00Z","lagSeconds":240,"stale":true,
           "error":{"kind":"rate-limited","detail":"xAI asks us to wait until 11:48:00 UTC; reading goes on by itself then.","retryAt":"2026-11-16T11:48:00Z"}}],"missionsOpen":[],
         "outbox":{"waiting":0,"dead":0,"oldestWaiting":null},"spend":{"today":"0.00","monthToDate":"2.00","unassigned":"2.00"},"credit":{"left":null},"pollEverySeconds":300,
         "warnings":["prod can't be read (rate-limited): xAI asks us to wait until 11:48:00 UTC; reading goes on by itself then.","The name of key k1 is longer than 200 characters and shown cut; figures are complete."]}
        """;

    private const string NotedStatus = """
        {"version":"0.1.0","position":12,"views":[],"accounts":[
           {"label":"prod","provider":"xai","state":"ok","since":"2026-11-01T10:48:00Z","through":"2026-11-16T10:46:00Z","lagSeconds":240,"stale":false,"error":null,
            "lookedAfter":{"dailyDays":35,"dailyAt":"2026-11-16T08:00:00Z","monthlyDays":90,"monthlyAt":"2026-11-01T10:49:00Z"},
            "unsplit":[{"start":"2026-11-16T10:00:00Z","end":"2026-11-16T11:00:00Z","seconds":60,"reason":"does not add up","detail":"stays whole: its minutes don't add up to the hour; tried again each day","triedAt":"2026-11-16T10:46:00Z"},
                       {"start":"2026-11-15T10:31:00Z","end":"2026-11-15T10:32:00Z","seconds":1,"reason":"refused","detail":"stays whole: xAI serves no seconds for it; tried again each day","triedAt":"2026-11-16T10:46:00Z"},
                       {"start":"2026-11-14T10:31:00Z","end":"2026-11-14T10:32:00Z","seconds":1,"reason":"refused","detail":"stays whole: xAI serves no seconds for it; tried again each day","triedAt":"2026-11-16T10:46:00Z"},
                       {"start":"2026-11-13T10:31:00Z","end":"2026-11-13T10:32:00Z","seconds":1,"reason":"refused","detail":"stays whole: xAI serves no seconds for it; tried again each day","triedAt":"2026-11-16T10:46:00Z"}],
            "unsplitCount":31,"notes":["xAI serves no seconds for this account; tried again each day.","This machine's clock is at least 5 s behind xAI's: a mission's edges may be off by as much."]},
           {"label":"old","provider":"xai","state":"removed","since":"2026-11-02T10:48:00Z","through":"2026-11-02T10:46:00Z","lagSeconds":240,"stale":true,"error":null,"lookedAfter":null,"unsplit":[],"unsplitCount":0,"notes":[]}],
         "missionsOpen":[],"outbox":{"waiting":0,"dead":0,"oldestWaiting":null},"spend":{"today":"0.00","monthToDate":"2.00","unassigned":"2.00"},"credit":{"left":null},"pollEverySeconds":300,"warnings":[]}
        """;

    private const string WarnedCost = $$$$"""
        {"mission":{{{{Mission}}}}},"currency":"USD","billed":"4.50","low":"4.50","high":"4.50","reason":null,"methods":{"whole":"4.50"},"restated":"0.00","by":[],
         "warnings":["This machine's clock is at least 5 s behind xAI's: a mission's edges may be off by as much."],{{{{Fresh}}}}}
        """;

    private const string CentsOfADifference = $$$$"""
        {"mission":{{{{Mission}}}}},"from":{"position":1200,"time":"2026-11-16T10:45:00Z","billed":"3.0049","low":"0.00","high":"6.00"},"to":{"position":1234,"time":"2026-11-16T10:50:00Z","billed":"3.2899","low":"0.00","high":"6.00"},
         "change":"0.2850","moved":"0.6640","billed":"-0.3790","by":[{"agent":"ba","model":"grok-4","unit":"tokens","moved":"0.3320","billed":"-0.1895"},{"agent":"ba","model":"grok-4","unit":"searches","moved":"0.3320","billed":"-0.1895"}],
         "counterparts":[{"party":"(idle) ba","moved":"-0.3320"},{"party":"(unassigned)","moved":"-0.3320"}],{{{{Fresh}}}}}
        """;

    private const string SmallCost = $$$$"""
        {"mission":{{{{Mission}}}}},"currency":"USD","billed":"0.00418","low":"0.00","high":"0.0125","reason":null,"methods":{"whole":"0.0011","shared":"0.00","prorated":"0.00308"},"restated":"0.00",
         "by":[{"agent":"hannibal","model":"grok-4","billed":"0.00308"},{"agent":"ba","model":"grok-4-fast","billed":"0.0011"}],{{{{Fresh}}}}}
        """;

    private const string Uncancelled = $$$$"""{"missions":[{{{{Mission}}}},"billed":"4.50","low":"0.00","high":"6.00","reason":null}],"more":false,"cancelled":3,{{{{Fresh}}}}}""";

    private const string UnreadReport = """
        {"window":{"since":"2026-07-01T00:00:00Z","until":"2026-08-01T00:00:00Z"},"groupBy":[],"rows":[],"total":null,"atLeast":false,"idle":null,"unassigned":null,"zone":"UTC","notes":[],
         "asOf":{"position":1234,"time":"2026-11-16T10:50:00Z"},"data":{"through":"2026-11-16T10:46:00Z","lagSeconds":240,"stale":false,"preliminary":null,"missing":[],
           "unread":[{"account":"prod","from":"2026-07-01T00:00:00Z","until":"2026-08-01T00:00:00Z","readFrom":"2026-08-29T00:00:00Z"}]}}
        """;

    private const string PartlyUnreadReport = """
        {"window":{"since":"2026-08-20T00:00:00Z","until":"2026-08-31T00:00:00Z"},"groupBy":["day"],"rows":[{"day":"2026-08-29","billed":"8.00"},{"day":"2026-08-30","billed":"3.00"}],"total":"11.00","atLeast":true,
         "idle":"11.00","unassigned":"0.00","zone":"Asia/Kolkata","notes":["Asia/Kolkata is half an hour off UTC's hours: an hour of the bill counts on the day in which it begins."],
         "asOf":{"position":1234,"time":"2026-11-16T10:50:00Z"},"data":{"through":"2026-11-16T10:46:00Z","lagSeconds":240,"stale":false,"preliminary":"0.00","missing":[],
           "unread":[{"account":"prod","from":"2026-08-20T00:00:00Z","until":"2026-08-29T00:00:00Z","readFrom":"2026-08-29T00:00:00Z"}]}}
        """;

    [Theory]
    [InlineData("report-unread", UnreadReport, "report")]
    [InlineData("report-unread-partly", PartlyUnreadReport, "report", "--by", "day")]
    [InlineData("report-unread-sum", PartlyUnreadReport, "report", "--by", "day", "--quiet")]
    [InlineData("report-adds-up", Cents, "report", "--by", "mission")]
    [InlineData("report-adds-up-csv", Cents, "report", "--by", "mission", "--csv")]
    [InlineData("report-whole", Whole, "report")]
    [InlineData("report-only-idle", OnlyIdle, "report")]
    [InlineData("report-of-then", Whole, "report", "--as-of", "900")]
    [InlineData("report-removed", Gone, "report")]
    [InlineData("status-waiting", WaitingStatus, "status")]
    [InlineData("status-removed", GoneStatus, "status")]
    [InlineData("status-noted", NotedStatus, "status")]
    [InlineData("mission-cost-warned", WarnedCost, "mission", "cost", "X")]
    [InlineData("mission-diff-adds-up", CentsOfADifference, "mission", "diff", "X", "--from", "1200")]
    [InlineData("mission-cost-below-a-cent", SmallCost, "mission", "cost", "X")]
    [InlineData("mission-list-uncancelled", Uncancelled, "mission", "list")]
    [InlineData("token-list", Tokens, "token", "list")]
    [InlineData("token-list-csv", Tokens, "token", "list", "--csv")]
    [InlineData("mission-cost-partial", Partial, "mission", "cost", "X")]
    [InlineData("mission-cost-partial-csv", Partial, "mission", "cost", "X", "--csv")]
    [InlineData("mission-cost-none-known", NoneKnown, "mission", "cost", "X")]
    [InlineData("mission-explain-unknown", UnknownExplained, "mission", "explain", "X")]
    [InlineData("mission-diff-unknown", UnknownDifference, "mission", "diff", "X", "--from", "1200")]
    [InlineData("mission-list-empty", NoMissions, "mission", "list")]
    [InlineData("mission-list-empty-filtered", NoMissions, "mission", "list", "--state", "open")]
    [InlineData("report-empty", EmptyReport, "report", "--by", "agent")]
    [InlineData("report-empty-csv", EmptyReport, "report", "--by", "agent", "--csv")]
    [InlineData("report-unknown", UnknownReport, "report", "--by", "agent")]
    [InlineData("status-first", FirstStatus, "status")]
    [InlineData("mission-cost", Cost, "mission", "cost", "X")]
    [InlineData("mission-cost-zone", Cost, "mission", "cost", "X", "--timezone", "Europe/Berlin")]
    [InlineData("mission-cost-csv", Cost, "mission", "cost", "X", "--csv")]
    [InlineData("mission-cost-json", Cost, "mission", "cost", "X", "--json")]
    [InlineData("mission-cost-no-key", NoKey, "mission", "cost", "X")]
    [InlineData("mission-cost-shared-reference", Shared, "mission", "cost", "X")]
    [InlineData("mission-list", Missions, "mission", "list")]
    [InlineData("mission-list-csv", Missions, "mission", "list", "--csv")]
    [InlineData("mission-show", Missions, "mission", "show", "X")]
    [InlineData("mission-diff", Difference, "mission", "diff", "X", "--from", "1200")]
    [InlineData("mission-explain", Explained, "mission", "explain", "X")]
    [InlineData("mission-explain-csv", Explained, "explain", "mission", "X", "--csv")]
    [InlineData("report", Report, "report", "--by", "agent,mission")]
    [InlineData("report-ordered", Report, "report", "--by", "agent,mission", "--order", "asc", "--compact")]
    [InlineData("report-csv", Report, "report", "--by", "agent,mission", "--format", "csv")]
    [InlineData("status", Status, "status")]
    [InlineData("status-json", Status, "status", "--json", "--compact")]
    [InlineData("account-list", Accounts, "account", "list")]
    [InlineData("agent-list", Agents, "agent", "list")]
    [InlineData("key-list", Keys, "key", "list")]
    public void an_answer_reads_like_this(string golden, string answer, params string[] words)
    {
        using var service = new FakeService(answer);
        using var desk = new Desk(service.Url);
        var ran = desk.Run(words);
        Assert.Equal((Exit.Ok, ""), (ran.Exit, ran.Err));
        Assert.DoesNotContain("$-", ran.Out, StringComparison.Ordinal);
        Screen.Matches(ran.Out.Replace(service.Url, "http://127.0.0.1:7171", StringComparison.Ordinal), golden);
    }

    [Theory]
    [InlineData("report-narrow", Report, 60, "report", "--no-color")]
    [InlineData("mission-list-narrow", Missions, 80, "mission", "list", "--no-color")]
    [InlineData("account-list-narrow", Accounts, 80, "account", "list", "--no-color")]
    public void a_narrow_terminal_shortens_names_and_never_figures(string golden, string answer, int width, params string[] words)
    {
        using var service = new FakeService(answer);
        using var desk = new Desk(service.Url) { Width = width };
        var shown = desk.Run(words).Out;
        Screen.Matches(shown, golden);
        Assert.All(shown.Split('\n').Where(line => line.Contains("  ", StringComparison.Ordinal)), line => Assert.True(SafeText.Width(line) <= width, line));
    }

    [Fact]
    public void a_problem_reads_like_this()
    {
        using var service = new FakeService(_ => new(409, """
            {"title":"Ambiguous","status":409,"detail":"'a/b#1' is the reference of 2 open missions.","code":"mission.ambiguous","exit":65,"field":"mission","value":"a/b#1",
             "candidates":[{"id":"01jcv7m2","title":"Budget TUI","state":"open","start":"2026-11-16T10:15:00Z"},"01jd0000"]}
            """, "application/problem+json"));
        using var desk = new Desk(service.Url);
        Screen.Matches(desk.Run("mission", "end", "a/b#1").Err, "problem");
        Screen.Matches(desk.Run("mission", "end", "a/b#1", "--json").Out, "problem-json");
    }

    [Fact]
    public void starting_and_ending_reads_like_this()
    {
        using var service = new FakeService(asked => new(200, asked.Path.EndsWith("/end", StringComparison.Ordinal)
            ? $$$$"""{"mission":{{{{Mission}}}}},"overlaps":[],"queued":false}"""
            : """{"mission":{"id":"01jd0000","title":"Next","ref":null,"state":"open","start":"2026-11-16T10:50:00Z","end":null,"windows":[{"start":"2026-11-16T10:50:00Z","end":null}],"agents":["ba"]},"overlaps":[{"agent":"ba","mission":"01jcv7m2","title":"X","since":"2026-10-26T10:00:00Z","text":"ba is still on X since 21 d; spend is shared; `mission switch`?"}],"queued":false}""", Position: 12));
        using var desk = new Desk(service.Url);
        var (start, end) = (desk.Run("mission", "start", "Next"), desk.Run("mission", "end"));
        Screen.Matches(start.Out + start.Err + end.Out + end.Err, "mission-start-end");
        Assert.Equal("01jd0000\n", desk.Run("mission", "start", "Next", "--quiet").Out);
    }

    [Fact]
    public void rows_of_csv_add_up_to_the_total_the_service_states()
    {
        using var service = new FakeService(Report);
        using var desk = new Desk(service.Url);
        var lines = desk.Run("report", "--csv").Out.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var sum = lines.Skip(1).Aggregate(default(Money.Usd), (all, line) => all + Money.Usd.Parse(line[(line.LastIndexOf(',') + 1)..]));
        Assert.Equal("1028.7841", sum.ToString());
    }
}
