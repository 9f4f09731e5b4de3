
namespace Ledger.Cli.Tests;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData(400, 64, 64)]
    [InlineData(404, 65, 65)]
    [InlineData(409, 65, 65)]
    [InlineData(503, 69, 69)]
    [InlineData(500, 70, 70)]
    [InlineData(403, 77, 77)]
    [InlineData(500, 78, 78)]
    [InlineData(400, 0, 65)]
    [InlineData(401, 0, 77)]
    [InlineData(403, 3, 77)]
    [InlineData(404, 0, 65)]
    [InlineData(409, 0, 65)]
    [InlineData(422, 0, 65)]
    [InlineData(429, 0, 69)]
    [InlineData(500, 255, 70)]
    [InlineData(502, 0, 69)]
    [InlineData(504, 0, 69)]
    public void a_problem_decides_the_exit_code_and_its_status_where_it_does_not(int status, int said, int exit)
    {
        using var service = new FakeService(_ => FakeService.Problem(status, "some.code", said, "Because."));
        using var desk = new Desk(service.Url);
        var plain = desk.Run("mission", "list");
        Assert.Equal((exit, ""), (plain.Exit, plain.Out));
        Assert.Contains("Because.", plain.Err, StringComparison.Ordinal);
        var json = desk.Run("mission", "list", "--json");
        Assert.Equal(exit, json.Exit);
        Assert.Equal("some.code", json.Json.Part("problem")!.Value.Text("code"));
    }

    [Fact]
    public void a_service_that_is_away_is_69_and_says_what_to_do()
    {
        using var desk = new Desk();
        var ran = desk.Run("mission", "cost", "X");
        Assert.Equal((Exit.Unavailable, ""), (ran.Exit, ran.Out));
        Assert.Contains("./ledger up", ran.Err, StringComparison.Ordinal);
        Assert.Equal("service.unreachable", desk.Run("status", "--json").Json.Part("problem")!.Value.Text("code"));
    }

    [Theory]
    [InlineData(200, "<html>hello</html>")]
    [InlineData(404, "<html>not found</html>")]
    [InlineData(200, "{\"missions\": [")]
    [InlineData(502, "")]
    public void what_is_not_ledger_is_69(int status, string body)
    {
        using var service = new FakeService(_ => new(status, body, "text/html"));
        using var desk = new Desk(service.Url);
        var ran = desk.Run("mission", "list");
        Assert.Equal((Exit.Unavailable, ""), (ran.Exit, ran.Out));
    }

    [Fact]
    public void nesting_without_end_is_refused()
    {
        using var service = new FakeService(new string('[', 10_000));
        using var desk = new Desk(service.Url);
        Assert.Equal(Exit.Unavailable, desk.Run("mission", "list").Exit);
    }

    [Theory]
    [InlineData("verify", """{"ok":false,"position":9,"chain":"ab","checks":[{"law":"chain","ok":false,"checked":9,"detail":"position 4"}]}""", Exit.Broken)]
    [InlineData("verify", """{"ok":true,"position":9,"chain":"ab","checks":[]}""", Exit.Ok)]
    [InlineData("rebuild", """{"views":[{"name":"spend","position":9,"rows":4,"equal":false,"seconds":0.4}]}""", Exit.Broken)]
    [InlineData("rebuild", """{"views":[{"name":"spend","position":9,"rows":4,"equal":true,"seconds":0.4}]}""", Exit.Ok)]
    [InlineData("doctor", """{"ok":false,"checks":[{"name":"disk","ok":false,"detail":"full","fix":"make room"}]}""", Exit.No)]
    [InlineData("doctor", """{"ok":true,"checks":[{"name":"disk","ok":true,"detail":"","fix":null}]}""", Exit.Ok)]
    [InlineData("account test", """{"ok":false,"checks":[{"name":"kind","ok":false,"detail":"this is an inference key","fix":"make a management key"}]}""", Exit.NotAllowed)]
    [InlineData("account test", """{"ok":false,"exit":69,"checks":[]}""", Exit.Unavailable)]
    [InlineData("account test", """{"ok":true,"checks":[]}""", Exit.Ok)]
    public void an_answer_that_is_bad_news_has_its_code(string command, string answer, int exit)
    {
        using var service = new FakeService(answer);
        using var desk = new Desk(service.Url);
        Assert.Equal(exit, desk.Run(command.Split(' ')).Exit);
        Assert.Equal(exit, desk.Run([.. command.Split(' '), "--json"]).Exit);
    }

    [Theory]
    [InlineData("600", "10m", Exit.Ok)]
    [InlineData("601", "10m", Exit.Unavailable)]
    [InlineData("null", "10m", Exit.Unavailable)]
    public void data_older_than_max_age_is_shown_and_69(string lag, string maxAge, int exit)
    {
        using var service = new FakeService($$$$"""{"missions":[],"more":false,"asOf":{"position":5,"time":"2026-11-16T10:50:00Z"},"data":{"through":"2026-11-16T10:40:00Z","lagSeconds":{{{{lag}}}},"stale":false,"preliminary":null,"missing":[]}}""");
        using var desk = new Desk(service.Url);
        var ran = desk.Run("mission", "list", "--max-age", maxAge, "--json");
        Assert.Equal(exit, ran.Exit);
        Assert.Equal(5, ran.Json.Part("asOf")!.Value.Number("position"));
    }

    [Fact]
    public void a_file_that_can_not_be_used_is_78_and_no_stack_trace()
    {
        using var desk = new Desk { Input = null };
        var ran = desk.Run("account", "rotate", "--key-stdin");
        Assert.Equal((Exit.Config, "", "ledger: A file or folder can't be used: broken\n"), (ran.Exit, ran.Out, ran.Err));
    }

    [Theory]
    [InlineData("LEDGER_URL", "localhost:7171")]
    [InlineData("LEDGER_URL", "ftp://localhost")]
    [InlineData("LEDGER_URL", "http://user:secret@localhost")]
    [InlineData("LEDGER_TOKEN", "two words")]
    [InlineData("LEDGER_CONFIG", "/nowhere/at/all")]
    public void a_wrong_setting_is_78(string name, string value)
    {
        using var desk = new Desk { Variables = { [name] = value } };
        var ran = desk.Run("mission", "list");
        Assert.Equal((Exit.Config, ""), (ran.Exit, ran.Out));
        Assert.Contains(name, ran.Err, StringComparison.Ordinal);
    }
}
