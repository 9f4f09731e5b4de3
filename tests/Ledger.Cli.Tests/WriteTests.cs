
namespace Ledger.Cli.Tests;

/// <summary>What every write has: its position, and that it goes again when it lost a race.</summary>
public sealed class WriteTests
{
    private static readonly string[] add = ["agent", "add", "ba", "--json"];

    private static Answer Conflict(int? retryAfter = null) => FakeService.Problem(409, "conflict.retry", 69) with { RetryAfter = retryAfter };

    [Theory]
    [InlineData("""{"agent":{"name":"ba"}}""", """{"agent":{"name":"ba"},"position":12}""")]
    [InlineData("""{"agent":{"name":"ba"},"position":null}""", """{"agent":{"name":"ba"},"position":12}""")]
    public void the_position_in_the_header_is_a_member_of_the_json(string body, string printed)
    {
        using var service = new FakeService(_ => new(200, body, Position: 12));
        using var desk = new Desk(service.Url);
        Assert.Equal(printed + "\n", desk.Run([.. add, "--compact"]).Out);
    }

    [Fact]
    public void a_write_that_wrote_nothing_has_no_position()
    {
        using var service = new FakeService("""{"agent":{"name":"ba"}}""");
        using var desk = new Desk(service.Url);
        Assert.Equal("""{"agent":{"name":"ba"}}""" + "\n", desk.Run([.. add, "--compact"]).Out);
    }

    [Fact]
    public void the_position_of_a_long_operation_is_in_its_result_and_is_remembered()
    {
        using var service = new FakeService(asked => asked.Method == "GET"
            ? new(200, """{"missions":[]}""")
            : new(200, """{"result":{"account":{"label":"prod"},"queued":false,"position":31}}""", "application/x-ndjson"));
        using var desk = new Desk(service.Url);
        Assert.Equal(31, desk.Run("account", "sync", "--json").Json.Number("position"));
        desk.Run("mission", "list");
        Assert.Contains("minPosition=31", service.Requests[^1].Query, StringComparison.Ordinal);
    }

    [Fact]
    public void a_lost_race_is_repeated_with_the_same_bytes_under_the_same_key()
    {
        var left = 3;
        using var service = new FakeService(_ => left-- > 0 ? Conflict() : new(200, """{"agent":{"name":"ba"}}""", Position: 5));
        using var desk = new Desk(service.Url);
        Assert.Equal((Exit.Ok, 4), (desk.Run(add).Exit, service.Requests.Count));
        Assert.Single(service.Requests.Select(asked => (asked.Method, asked.Path, asked.Query, asked.Key, asked.Body)).Distinct());
    }

    [Fact]
    public void whoever_keeps_losing_is_told_and_ends_with_69()
    {
        using var service = new FakeService(_ => Conflict());
        using var desk = new Desk(service.Url);
        var ran = desk.Run(add);
        Assert.Equal((Exit.Unavailable, "conflict.retry", 4), (ran.Exit, ran.Json.Part("problem")!.Value.Text("code"), service.Requests.Count));
    }

    [Theory]
    [InlineData(null, 200)]
    [InlineData(0, 0)]
    [InlineData(1, 1_000)]
    [InlineData(3_600, 2_000)]
    public void between_two_attempts_is_the_pause_the_service_asks_for_within_bounds(int? retryAfter, int milliseconds)
    {
        using var service = new FakeService(_ => Conflict(retryAfter));
        using var desk = new Desk(service.Url);
        desk.Run(add);
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromMilliseconds(milliseconds), 3), desk.Pauses);
    }

    [Fact]
    public void a_long_operation_that_lost_a_race_is_repeated_too()
    {
        var left = 1;
        using var service = new FakeService(_ => left-- > 0
            ? new(200, $$"""{"problem":{{Conflict().Body}}}""", "application/x-ndjson")
            : new(200, """{"result":{"ok":true,"position":3,"chain":"c","checks":[]}}""", "application/x-ndjson"));
        using var desk = new Desk(service.Url);
        Assert.Equal((Exit.Ok, 2), (desk.Run("verify", "--json").Exit, service.Requests.Count));
        Assert.Single(service.Requests.Select(asked => asked.Key).Distinct());
    }

    [Theory]
    [InlineData(409, "agent.exists", 65)]
    [InlineData(500, "database.unknown", 78)]
    [InlineData(503, "log.busy", 69)]
    public void any_other_refusal_is_not_repeated(int status, string code, int exit)
    {
        using var service = new FakeService(_ => FakeService.Problem(status, code, exit) with { RetryAfter = 1 });
        using var desk = new Desk(service.Url);
        Assert.Equal((exit, 1), (desk.Run(add).Exit, service.Requests.Count));
    }

    [Theory]
    [InlineData("""{"billed":"0.42","data":{"lagSeconds":240}}""", 200, "Budget TUI ended 10:45 UTC after 30 min: $0.42 so far, read 4 min ago; the final reading follows\n")]
    [InlineData("""{"billed":null,"reason":"no_key"}""", 200, "Budget TUI ended 10:45 UTC after 30 min: its agents own no key, so its cost is not known\n")]
    [InlineData("""{"code":"log.busy"}""", 503, "Budget TUI ended 10:45 UTC after 30 min\n")]
    public void the_end_of_a_mission_says_what_it_cost_so_far(string cost, int status, string said)
    {
        const string ended = """{"mission":{"id":"m-1","title":"Budget TUI","state":"ended","end":"2026-11-16T10:45:00Z","windows":[{"start":"2026-11-16T10:15:00Z","end":"2026-11-16T10:45:00Z"}],"agents":["ba"]},"overlaps":[]}""";
        using var service = new FakeService(asked => asked.Method == "POST" ? new(200, ended, Position: 12) : new(status, cost));
        using var desk = new Desk(service.Url);
        var ran = desk.Run("mission", "end");
        Assert.Equal(Exit.Ok, ran.Exit);
        Assert.StartsWith(said, ran.Out, StringComparison.Ordinal);
        // Nothing is waited for: the cost is asked for as it is.
        Assert.DoesNotContain("minPosition", service.Requests[^1].Query, StringComparison.Ordinal);
        Assert.Equal(ended.Length, desk.Run("mission", "end", "--json", "--compact").Json.GetRawText().Length - ",\"position\":12".Length);
    }
}
