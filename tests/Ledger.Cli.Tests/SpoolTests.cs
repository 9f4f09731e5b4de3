using System.Text.Json;
using Ledger.Cli.Spooling;

namespace Ledger.Cli.Tests;

public sealed class SpoolTests
{
    private const string Started = """{"mission":{"id":"m-1","title":"X","ref":null,"state":"open","start":"2026-11-16T10:50:00Z","end":null,"windows":[],"agents":["ba"],"weight":1},"overlaps":[],"queued":false}""";
    private const string List = """{"missions":[],"more":false}""";

    /// <summary>A service that writes what it is sent.</summary>
    private static Answer Written(Asked asked) => asked.Method == "POST" ? new(200, Started, Position: 7) : new(200, List);

    [Fact]
    public void while_the_service_is_away_a_bookmark_is_queued_with_its_time()
    {
        using var desk = new Desk();
        var ran = desk.Run("mission", "start", "Budget TUI", "--ref", "a/b#1", "--agent", "ba");
        Assert.Equal((Exit.Ok, "queued (spooled)\n"), (ran.Exit, ran.Out));
        using var kept = JsonDocument.Parse(File.ReadAllText(Assert.Single(desk.Spooled)));
        Assert.Equal("""{"title":"Budget TUI","ref":"a/b#1","agents":["ba"]}""", kept.RootElement.Text("body"));
        Assert.Equal("2026-11-16T10:50:00Z", kept.RootElement.Text("at"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(desk.Spooled[0]));
    }

    [Fact]
    public void a_queued_bookmark_has_no_id_and_no_position()
    {
        using var desk = new Desk();
        var answer = desk.Run("mission", "start", "X", "--json").Json;
        Assert.True(answer.Flag("queued"));
        Assert.Null(answer.Part("position"));
        Assert.Equal("X", answer.Part("mission")!.Value.Text("title"));
        Assert.Null(answer.Part("mission")!.Value.Part("id"));
    }

    [Fact]
    public void what_was_queued_is_delivered_in_order_before_the_next_command()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        desk.Run("mission", "start", "One");
        desk.Clock.Now += TimeSpan.FromMinutes(5);
        desk.Run("mission", "end");
        // The clock is set back, and still the order is that of the commands.
        desk.Clock.Now -= TimeSpan.FromHours(1);
        desk.Run("mission", "start", "Two");

        using var service = new FakeService(Written, port);
        var ran = desk.Run("mission", "list");
        Assert.Equal(Exit.Ok, ran.Exit);
        Assert.Contains("Delivered 3 bookmarks", ran.Err, StringComparison.Ordinal);
        Assert.Equal(["/api/v1/missions", "/api/v1/missions/end", "/api/v1/missions", "/api/v1/missions"], service.Requests.Select(asked => asked.Path));
        Assert.Equal(["""{"title":"One"}""", "{}", """{"title":"Two"}""", ""], service.Requests.Select(asked => asked.Body));
        Assert.Equal(["2026-11-16T10:50:00Z", "2026-11-16T10:55:00Z", "2026-11-16T09:55:00Z", null], service.Requests.Select(asked => asked.BookmarkAt));
        Assert.Equal(3, service.Requests.Where(asked => asked.Key is not null).Select(asked => asked.Key).Distinct().Count());
        Assert.Empty(desk.Spooled);
    }

    [Fact]
    public void what_is_refused_is_set_aside_and_listed_and_the_rest_goes_on()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        desk.Run("mission", "end", "gone");
        desk.Run("mission", "start", "Two");
        using var service = new FakeService(asked => asked.Path.EndsWith("/end", StringComparison.Ordinal)
            ? FakeService.Problem(404, "mission.unknown", 65, "There is no mission gone.")
            : asked.Method == "POST" ? Written(asked) : new(200, """{"version":"0.1.0","position":7}"""), port);

        var status = desk.Run("status");
        Assert.Contains("refused: end gone", status.Out, StringComparison.Ordinal);
        Assert.Contains("There is no mission gone.", status.Out, StringComparison.Ordinal);
        Assert.Equal((1, 0), (desk.RefusedFiles.Length, desk.Spooled.Length));
        var spool = desk.Run("status", "--json").Json.Part("spool")!.Value;
        Assert.Equal(0, spool.Number("waiting"));
        Assert.Equal("mission.unknown", spool.Items("refused")[0].Part("problem")!.Value.Text("code"));

        // It stays listed until somebody deals with it.
        File.Delete(desk.RefusedFiles[0]);
        Assert.Empty(desk.Run("status", "--json").Json.Part("spool")!.Value.Items("refused"));
    }

    [Fact]
    public void a_crash_after_delivery_repeats_the_same_request_under_the_same_key()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        desk.Run("mission", "start", "One");
        var kept = File.ReadAllBytes(desk.Spooled[0]);
        var name = desk.Spooled[0];
        using var service = new FakeService(Written, port);
        desk.Run("mission", "list");
        // As if the process had died between the answer and the removal of the file.
        File.WriteAllBytes(name, kept);
        desk.Run("mission", "list");

        var posts = service.Requests.Where(asked => asked.Method == "POST").ToList();
        Assert.Equal(2, posts.Count);
        Assert.Equal((posts[0].Key, posts[0].Body), (posts[1].Key, posts[1].Body));
        Assert.Empty(desk.Spooled);
    }

    [Fact]
    public void a_crash_while_writing_leaves_nothing_that_would_be_delivered()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        desk.Run("mission", "start", "One");
        File.Move(desk.Spooled[0], desk.Spooled[0] + ".tmp");
        using var service = new FakeService(List);
        desk.Run("mission", "list", "--url", service.Url);
        Assert.Equal(["GET"], service.Requests.Select(asked => asked.Method));
    }

    /// <summary>A service that keeps idempotency keys as the contract says, and loses its first answer.</summary>
    private sealed class Forgetful
    {
        private readonly Dictionary<string, string> keys = [];
        public List<(string Body, string? BookmarkAt)> Written { get; } = [];
        public bool LosesAnswers { get; set; } = true;
        public bool LosesRequests { get; set; }

        public Answer? Answer(Asked asked)
        {
            if (asked.Method != "POST") return new(200, List);
            if (LosesRequests) return null;
            if (keys.TryGetValue(asked.Key!, out var body))
                return body == asked.Body ? new(200, Started, Position: 7) : FakeService.Problem(422, "idempotency.reused", 65);
            keys[asked.Key!] = asked.Body;
            Written.Add((asked.Body, asked.BookmarkAt));
            return LosesAnswers ? null : new(200, Started, Position: 7);
        }
    }

    [Fact]
    public void when_the_answer_was_lost_the_same_bytes_go_again_and_nothing_is_written_twice()
    {
        var books = new Forgetful();
        using var service = new FakeService(books.Answer);
        using var desk = new Desk(service.Url);
        Assert.Equal("queued (spooled)\n", desk.Run("mission", "start", "One").Out);
        books.LosesAnswers = false;
        desk.Clock.Now += TimeSpan.FromHours(1);
        desk.Run("mission", "list");
        Assert.Equal(("""{"title":"One"}""", null), Assert.Single(books.Written));
        Assert.Equal([null, "2026-11-16T10:50:00Z"], service.Requests.Where(asked => asked.Method == "POST").Select(asked => asked.BookmarkAt));
        Assert.Empty(desk.Spooled);
        Assert.Empty(desk.RefusedFiles);
    }

    [Fact]
    public void when_the_request_was_lost_the_bookmark_is_written_with_its_own_time()
    {
        var books = new Forgetful { LosesRequests = true };
        using var service = new FakeService(books.Answer);
        using var desk = new Desk(service.Url);
        Assert.Equal("queued (spooled)\n", desk.Run("mission", "start", "One").Out);
        (books.LosesRequests, books.LosesAnswers) = (false, false);
        desk.Clock.Now += TimeSpan.FromHours(1);
        desk.Run("mission", "list");
        Assert.Equal(("""{"title":"One"}""", "2026-11-16T10:50:00Z"), Assert.Single(books.Written));
        Assert.Empty(desk.Spooled);
    }

    [Fact]
    public void a_time_given_by_hand_stays_in_the_body_and_no_other_goes_with_it()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        desk.Run("mission", "start", "One", "--at", "2026-11-16T10:15:00Z");
        using var service = new FakeService(Written, port);
        desk.Run("mission", "list");
        Assert.Equal(("""{"title":"One","at":"2026-11-16T10:15:00Z"}""", null), (service.Requests[0].Body, service.Requests[0].BookmarkAt));
        Assert.Empty(desk.Spooled);
    }

    [Fact]
    public void a_mission_that_was_there_already_is_delivered_although_nothing_was_written()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        desk.Run("mission", "start", "One");
        using var service = new FakeService(asked => new(200, asked.Method == "POST" ? Started : List), port);
        desk.Run("mission", "list");
        Assert.Equal((0, 0), (desk.Spooled.Length, desk.RefusedFiles.Length));
    }

    /// <summary>A file as version 0.1 left it: the time is in the body, beside what a first attempt sent.</summary>
    private static void KeepAsVersion01(Desk desk, string url, string? firstBody)
    {
        Directory.CreateDirectory(desk.SpoolFolder);
        var first = firstBody is null ? "" : $",\"firstBody\":{JsonSerializer.Serialize(firstBody)}";
        File.WriteAllText(Path.Combine(desk.SpoolFolder, "0638989482000000000-0123456789abcdef0123456789abcdef.json"),
            $$"""{"version":1,"what":"start \u0022One\u0022","at":"2026-11-16T10:15:00Z","key":"k-01","url":"{{url}}","path":"/missions","body":"{\u0022title\u0022:\u0022One\u0022,\u0022at\u0022:\u00222026-11-16T10:15:00Z\u0022}"{{first}}}""");
    }

    [Fact]
    public void a_file_of_version_0_1_is_delivered_as_it_is()
    {
        using var service = new FakeService(Written);
        using var desk = new Desk(service.Url);
        KeepAsVersion01(desk, service.Url, firstBody: null);
        desk.Run("mission", "list");
        Assert.Equal(("k-01", """{"title":"One","at":"2026-11-16T10:15:00Z"}""", null), (service.Requests[0].Key, service.Requests[0].Body, service.Requests[0].BookmarkAt));
        Assert.Empty(desk.Spooled);
    }

    [Fact]
    public void a_file_of_version_0_1_whose_first_attempt_arrived_is_delivered_with_its_first_body()
    {
        var books = new Forgetful { LosesAnswers = false };
        using var service = new FakeService(books.Answer);
        using var desk = new Desk(service.Url);
        books.Answer(new("POST", "/api/v1/missions", "", """{"title":"One"}""", "k-01", null, null));
        KeepAsVersion01(desk, service.Url, """{"title":"One"}""");
        desk.Run("mission", "list");
        Assert.Single(books.Written);
        Assert.Empty(desk.Spooled);
        Assert.Empty(desk.RefusedFiles);
    }

    /// <summary>Loses a race this often, then writes.</summary>
    private static Func<Asked, Answer?> Losing(int races, int? retryAfter = null)
    {
        var left = races;
        return asked => asked.Method == "POST" && left-- > 0 ? FakeService.Problem(409, "conflict.retry", 69) with { RetryAfter = retryAfter } : Written(asked);
    }

    [Fact]
    public void a_bookmark_that_lost_a_race_goes_again_as_it_was()
    {
        using var service = new FakeService(Losing(races: 3));
        using var desk = new Desk(service.Url);
        var ran = desk.Run("mission", "start", "One", "--json");
        Assert.Equal((Exit.Ok, 7L), (ran.Exit, ran.Json.Number("position")));
        Assert.Single(service.Requests.Select(asked => (asked.Key, asked.Body, asked.BookmarkAt)).Distinct());
        Assert.Equal(4, service.Requests.Count);
        Assert.Empty(desk.Spooled);
    }

    [Fact]
    public void a_spooled_bookmark_that_keeps_losing_races_stays_in_the_spool()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        desk.Run("mission", "start", "One");
        using var service = new FakeService(Losing(races: 5), port);
        desk.Run("mission", "list");
        Assert.Equal((1, 0), (desk.Spooled.Length, desk.RefusedFiles.Length));
        desk.Run("mission", "list");
        Assert.Empty(desk.Spooled);
        Assert.Equal(6, service.Requests.Count(asked => asked.Method == "POST"));
        Assert.Single(service.Requests.Where(asked => asked.Method == "POST").Select(asked => (asked.Key, asked.Body, asked.BookmarkAt)).Distinct());
    }

    [Theory]
    [InlineData(502, "bad.gateway", 69)]
    [InlineData(503, "service.starting", 69)]
    [InlineData(500, "broken", 70)]
    public void a_service_that_can_not_take_it_now_is_away(int status, string code, int exit)
    {
        using var service = new FakeService(_ => FakeService.Problem(status, code, exit));
        using var desk = new Desk(service.Url);
        Assert.Equal((Exit.Ok, "queued (spooled)\n"), (desk.Run("mission", "end") is var ran ? ran.Exit : 0, ran.Out));
        Assert.Single(desk.Spooled);
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "{}")]
    [InlineData(200, "<html>welcome</html>")]
    [InlineData(404, "<html>nothing here</html>")]
    public void an_answer_that_is_not_ledgers_does_not_count_as_written(int status, string body)
    {
        using var service = new FakeService(_ => new(status, body, "text/html"));
        using var desk = new Desk(service.Url);
        Assert.Equal("queued (spooled)\n", desk.Run("mission", "start", "One").Out);
        desk.Run("mission", "list");
        Assert.Single(desk.Spooled);
        Assert.Empty(desk.RefusedFiles);
    }

    [Theory]
    [InlineData(401, "token.missing", 77)]
    [InlineData(409, "mission.ambiguous", 65)]
    [InlineData(422, "idempotency.reused", 65)]
    public void a_refusal_is_told_and_not_queued(int status, string code, int exit)
    {
        using var service = new FakeService(_ => FakeService.Problem(status, code, exit));
        using var desk = new Desk(service.Url);
        Assert.Equal(exit, desk.Run("mission", "end").Exit);
        Assert.Empty(desk.Spooled);
    }

    [Fact]
    public void a_bookmark_stands_in_line_behind_those_that_can_not_be_delivered_yet()
    {
        var up = false;
        using var service = new FakeService(asked => up ? Written(asked) : FakeService.Problem(503, "service.starting", 69));
        using var desk = new Desk(service.Url);
        desk.Run("mission", "start", "One");
        desk.Run("mission", "end");
        Assert.Equal(2, desk.Spooled.Length);
        // Delivery was tried with the first only; the second never overtook it.
        Assert.All(service.Requests, asked => Assert.Equal("/api/v1/missions", asked.Path));
        up = true;
        service.Requests.Clear();
        Assert.Equal(Exit.Ok, desk.Run("mission", "list").Exit);
        Assert.Equal(["/api/v1/missions", "/api/v1/missions/end", "/api/v1/missions"], service.Requests.Select(asked => asked.Path));
    }

    [Fact]
    public void a_wrong_token_leaves_the_spool_alone_and_is_told()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        desk.Run("mission", "start", "One");
        using var service = new FakeService(_ => FakeService.Problem(401, "token.wrong", 77), port);
        Assert.Equal(Exit.NotAllowed, desk.Run("mission", "end").Exit);
        Assert.Single(desk.Spooled);
        Assert.Empty(desk.RefusedFiles);
    }

    [Fact]
    public void a_bookmark_goes_to_the_service_it_was_meant_for()
    {
        using var desk = new Desk();
        desk.Run("mission", "start", "One");
        using var other = new FakeService(List);
        desk.Run("mission", "list", "--url", other.Url);
        Assert.Equal(["GET"], other.Requests.Select(asked => asked.Method));
        Assert.Single(desk.Spooled);
    }

    [Fact]
    public void a_bookmark_the_service_keeps_failing_at_is_set_aside_in_the_end()
    {
        using var desk = new Desk();
        using var service = new FakeService(asked => asked.Method == "POST" ? FakeService.Problem(500, "broken", 70) : new(200, List));
        desk.Variables["LEDGER_URL"] = service.Url;
        desk.Run("mission", "start", "One");
        for (var i = 0; i < 10 && desk.Spooled.Length > 0; i++) desk.Run("mission", "list");
        Assert.Single(desk.RefusedFiles);
        Assert.Equal(11, service.Requests.Count(asked => asked.Method == "POST"));
    }

    [Fact]
    public void a_file_that_is_no_bookmark_is_set_aside()
    {
        using var service = new FakeService("""{"position":1}""");
        using var desk = new Desk(service.Url);
        Directory.CreateDirectory(desk.SpoolFolder);
        File.WriteAllText(Path.Combine(desk.SpoolFolder, "0000000000000000001-x.json"), "{\"ke");
        Assert.Contains("can't be read", desk.Run("status").Out, StringComparison.Ordinal);
        Assert.Empty(desk.Spooled);
        Assert.Single(desk.RefusedFiles);
    }

    [Fact]
    public void two_that_deliver_at_once_send_each_bookmark_once()
    {
        var port = FakeService.FreePort();
        using var desk = new Desk($"http://127.0.0.1:{port}");
        for (var i = 0; i < 20; i++) desk.Run("mission", "start", "M" + i);
        using var service = new FakeService(Written, port);
        Parallel.For(0, 4, _ => desk.Run("mission", "list"));
        var posts = service.Requests.Where(asked => asked.Method == "POST").Select(asked => asked.Key).ToList();
        Assert.Equal(20, posts.Count);
        Assert.Equal(20, posts.Distinct().Count());
    }

    [Fact]
    public void the_spool_is_bounded_and_says_so()
    {
        using var desk = new Desk();
        Directory.CreateDirectory(desk.SpoolFolder);
        for (var i = 0; i < Spool.BookmarksMax; i++) File.WriteAllText(Path.Combine(desk.SpoolFolder, $"{i:D19}-x.json"), """{"key":"k","url":"http://elsewhere","path":"/missions","body":"{}"}""");
        var ran = desk.Run("mission", "start", "One");
        Assert.Equal(Exit.Unavailable, ran.Exit);
        Assert.Contains("not kept", ran.Err, StringComparison.Ordinal);
        Assert.Equal(Spool.BookmarksMax, desk.Spooled.Length);
    }

    [Theory]
    [InlineData(Exit.Data, "mission", "start", "X", "--at", "2026-11-16T11:01:00Z")]
    [InlineData(Exit.Data, "mission", "start", "X", "--agent", "(idle)")]
    [InlineData(Exit.Usage, "mission", "start", "X", "--weight", "0")]
    [InlineData(Exit.Usage, "mission", "start")]
    public void what_can_be_known_to_be_wrong_is_refused_while_the_service_is_away(int exit, params string[] words)
    {
        using var desk = new Desk();
        Assert.Equal(exit, desk.Run(words).Exit);
        Assert.Empty(desk.Spooled);
    }

    [Fact]
    public void the_usual_agent_is_kept_with_the_bookmark_unless_a_mission_is_named()
    {
        using var desk = new Desk { Variables = { ["LEDGER_AGENT"] = "ba" } };
        desk.Run("mission", "end");
        desk.Run("mission", "end", "a/b#1");
        Assert.Equal(["""{"agent":"ba"}""", """{"mission":"a/b#1"}"""],
            desk.Spooled.Select(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.Text("body")));
    }

    [Fact]
    public void where_the_spool_can_not_be_written_nothing_is_claimed()
    {
        using var desk = new Desk();
        File.WriteAllText(desk.SpoolFolder, "a file in the way");
        var ran = desk.Run("mission", "start", "X");
        Assert.Equal((Exit.Unavailable, ""), (ran.Exit, ran.Out));
    }
}
