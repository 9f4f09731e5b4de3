
namespace Ledger.Cli.Tests;

public sealed class GuardTests
{
    private const string Hold = """{"id":"h-1a2b3c4d","agent":"ba","amount":"2.50","left":"2.50","until":"2026-11-16T11:20:00Z","at":"2026-11-16T10:50:00Z"}""";

    private static string Said(string decision, int exit, string reason = "agent:ba has $12.30 left of $50.00 this month.", string hold = "null") => $$"""
        {"schema":"1.0","scope":"agent:ba","budget":"agent:ba","decision":"{{decision}}","remaining":{"amount":"12.30","currency":"USD","low":"10.10","high":"14.80","of":"budget","name":"agent:ba","period":"month"},"threshold":null,"runsOutAt":"2026-11-25T14:00:00Z",
         "asOf":"2026-11-16T10:46:00Z","lagSeconds":240,"reason":"{{reason}}","exitCode":{{exit}},"hold":{{hold}}}
        """;

    [Theory]
    [InlineData("allow", 0, Exit.Ok)]
    [InlineData("warn", 0, Exit.Ok)]
    [InlineData("deny", 1, Exit.No)]
    [InlineData("unknown", 69, Exit.Unavailable)]
    public void the_exit_code_is_the_answer(string decision, int said, int exit)
    {
        using var service = new FakeService(Said(decision, said));
        using var desk = new Desk(service.Url);
        var ran = desk.Run("guard", "--agent", "ba");
        Assert.Equal((exit, ""), (ran.Exit, ran.Err));
        Screen.Matches(ran.Out, "guard-" + decision);
        Assert.Equal(decision + "\n", desk.Run("guard", "--agent", "ba", "--quiet").Out);
        var json = desk.Run("guard", "--agent", "ba", "--json");
        Assert.Equal((exit, decision, exit), (json.Exit, json.Json.Text("decision"), (int)json.Json.Number("exitCode")!.Value));
    }

    [Fact]
    public void fail_open_turns_only_unknown_into_0_and_still_says_unknown()
    {
        using var service = new FakeService(Said("unknown", 69));
        using var desk = new Desk(service.Url);
        var open = desk.Run("guard", "--fail-open", "--json");
        Assert.Equal((Exit.Ok, "unknown", 0), (open.Exit, open.Json.Text("decision"), (int)open.Json.Number("exitCode")!.Value));
        using var denying = new FakeService(Said("deny", 1));
        using var other = new Desk(denying.Url);
        Assert.Equal(Exit.No, other.Run("guard", "--fail-open").Exit);
        using var refusing = new FakeService(_ => FakeService.Problem(404, "agent.unknown", 65));
        using var third = new Desk(refusing.Url);
        Assert.Equal(Exit.Data, third.Run("guard", "--agent", "nobody", "--fail-open").Exit);
    }

    [Theory]
    [InlineData(false, Exit.Unavailable)]
    [InlineData(true, Exit.Ok)]
    public void a_service_that_is_away_is_unknown_in_the_shape_of_an_answer(bool open, int exit)
    {
        using var desk = new Desk();
        string[] words = open ? ["guard", "--agent", "ba", "--fail-open"] : ["guard", "--agent", "ba"];
        var plain = desk.Run(words);
        Assert.Equal(exit, plain.Exit);
        Assert.StartsWith("UNKNOWN", plain.Out, StringComparison.Ordinal);
        Assert.Contains("can't be reached", plain.Out, StringComparison.Ordinal);
        var json = desk.Run([.. words, "--json"]);
        Assert.Equal((exit, "unknown", "agent:ba", exit), (json.Exit, json.Json.Text("decision"), json.Json.Text("scope"), (int)json.Json.Number("exitCode")!.Value));
        using var full = new FakeService(Said("allow", 0));
        using var reached = new Desk(full.Url);
        Assert.Equal(reached.Run("guard", "--json").Json.EnumerateObject().Select(m => m.Name), json.Json.EnumerateObject().Select(m => m.Name));
    }

    [Fact]
    public void what_is_asked_is_sent_and_the_agent_may_come_from_the_environment()
    {
        using var service = new FakeService(asked => new(200, asked.Path.EndsWith("/release", StringComparison.Ordinal) ? $$"""{"hold":{{Hold}}}""" : Said("allow", 0, hold: asked.Method == "POST" ? Hold : "null")));
        using var desk = new Desk(service.Url) { Variables = { ["LEDGER_AGENT"] = "ba" } };
        desk.Run("guard", "--budget", "team", "--max-age", "15m");
        Assert.Equal(("GET", "/api/v1/guard", "?agent=ba&budget=team&maxAge=900s"), (service.Requests[0].Method, service.Requests[0].Path, service.Requests[0].Query));
        var taken = desk.Run("guard", "--agent", "vigilio", "--reserve", "$2.50", "--for", "1h", "--max-age", "15m");
        Assert.Equal((Exit.Ok, ""), (taken.Exit, taken.Err));
        Assert.Equal("""{"agent":"vigilio","reserve":"2.50","forSeconds":3600,"maxAgeSeconds":900}""", service.Requests[1].Body);
        Screen.Matches(taken.Out, "guard-hold");
        Assert.Equal(1800, System.Text.Json.JsonDocument.Parse((desk.Run("guard", "--reserve", "1"), service.Requests[2].Body).Item2).RootElement.Number("forSeconds"));
        var released = desk.Run("guard", "--release", "h-1a2b3c4d");
        Assert.Equal((Exit.Ok, "released h-1a2b3c4d: $2.50 are free again\n", "/api/v1/holds/h-1a2b3c4d/release"), (released.Exit, released.Out, service.Requests[3].Path));
    }

    [Fact]
    public void names_in_the_answer_can_not_move_the_cursor()
    {
        using var service = new FakeService(Said("allow", 0, "\\u001b[2Jte\\u202eam has $1.00"));
        using var desk = new Desk(service.Url);
        Assert.StartsWith("ALLOW  [2Jteam has $1.00\n", desk.Run("guard").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--for", "30m")]
    [InlineData("--reserve", "1", "--for", "soon")]
    [InlineData("--release", "h-1", "--agent", "ba")]
    [InlineData("--max-age", "old")]
    public void a_wrong_command_line_is_64(params string[] words)
    {
        using var desk = new Desk();
        Assert.Equal(Exit.Usage, desk.Run(["guard", .. words]).Exit);
    }
}
