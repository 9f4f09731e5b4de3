
namespace Ledger.Cli.Tests;

public sealed class SettingsTests
{
    [Fact]
    public void a_flag_wins_over_the_environment_and_that_over_the_file()
    {
        using var desk = new Desk();
        var config = Path.Combine(desk.Home, "config");
        File.WriteAllText(config, "# ours\nLEDGER_URL = http://file:1\nLEDGER_AGENT=\"ba\"\n");
        desk.Variables["LEDGER_CONFIG"] = config;
        Assert.Equal("http://127.0.0.1:9", new Settings(desk.Variables.GetValueOrDefault, null, null).UrlText);
        Assert.Equal("http://flag:3", new Settings(desk.Variables.GetValueOrDefault, null, "http://flag:3/").UrlText);
        desk.Variables.Remove("LEDGER_URL");
        Assert.Equal("http://file:1", new Settings(desk.Variables.GetValueOrDefault, null, null).UrlText);
        Assert.Equal("ba", new Settings(desk.Variables.GetValueOrDefault, null, null).Agent);
        desk.Variables.Remove("LEDGER_CONFIG");
        Assert.Equal(Settings.DefaultUrl, new Settings(desk.Variables.GetValueOrDefault, null, null).UrlText);
    }

    [Fact]
    public void the_data_folder_follows_xdg()
    {
        var variables = new Dictionary<string, string> { ["HOME"] = "/home/ba" };
        Assert.Equal("/home/ba/.local/share/ledger", new Settings(variables.GetValueOrDefault, null, null).Home);
        variables["XDG_DATA_HOME"] = "/data";
        Assert.Equal("/data/ledger", new Settings(variables.GetValueOrDefault, null, null).Home);
        variables["LEDGER_HOME"] = "/ledger";
        Assert.Equal("/ledger", new Settings(variables.GetValueOrDefault, null, null).Home);
        Assert.Equal("/flag", new Settings(variables.GetValueOrDefault, "/flag", null).Home);
    }

    [Theory]
    [InlineData("LEDGER_UTL=http://x", "LEDGER_URL")]
    [InlineData("URL=http://x", "no setting")]
    [InlineData("just words", "NAME=VALUE")]
    public void a_line_that_is_no_setting_is_refused_by_its_number(string line, string said)
    {
        using var desk = new Desk();
        var config = Path.Combine(desk.Home, "config");
        File.WriteAllText(config, "\n" + line + "\n");
        desk.Variables["LEDGER_CONFIG"] = config;
        var ran = desk.Run("status");
        Assert.Equal(Exit.Config, ran.Exit);
        Assert.Contains("line 2", ran.Err, StringComparison.Ordinal);
        Assert.Contains(said, ran.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void the_file_may_hold_what_only_the_service_needs()
    {
        using var desk = new Desk();
        var config = Path.Combine(desk.Home, "config");
        File.WriteAllText(config, "SMTP_HOST=mail.example\nSLACK_WEBHOOK_URL=https://hooks.example/x\n");
        desk.Variables["LEDGER_CONFIG"] = config;
        Assert.Equal("mail.example", new Settings(desk.Variables.GetValueOrDefault, null, null).File["SMTP_HOST"]);
    }

    [Fact]
    public void the_token_comes_from_the_environment_else_from_the_data_folder()
    {
        using var service = new FakeService("""{"missions":[]}""");
        using var desk = new Desk(service.Url);
        desk.Run("mission", "list");
        desk.Variables.Remove("LEDGER_TOKEN");
        File.WriteAllText(Path.Combine(desk.Home, "token"), "ldg_file\n");
        desk.Run("mission", "list");
        File.Delete(Path.Combine(desk.Home, "token"));
        desk.Run("mission", "list");
        Assert.Equal(["Bearer ldg_test", "Bearer ldg_file", null], service.Requests.Select(asked => asked.Token));
    }

    [Fact]
    public void one_sees_ones_own_writes()
    {
        using var service = new FakeService(asked => new(200, asked.Method == "GET"
            ? """{"missions":[],"asOf":{"position":42,"time":"2026-11-16T10:50:00Z"}}"""
            : """{"mission":null,"overlaps":[]}""", Position: asked.Method == "GET" ? null : 42));
        using var desk = new Desk(service.Url);
        desk.Run("mission", "list");
        desk.Run("mission", "start", "X");
        desk.Run("mission", "list");
        desk.Run("mission", "cost", "X", "--as-of", "7");
        Assert.Equal(["?state=uncancelled", "", "?state=uncancelled&minPosition=42", "?mission=X&asOf=7"], service.Requests.Select(asked => asked.Query));
    }

    [Fact]
    public void a_position_that_other_books_at_the_address_never_reach_is_forgotten()
    {
        using var service = new FakeService(asked => new(200, asked.Method == "GET"
            ? """{"missions":[],"asOf":{"position":3,"time":"2026-11-16T10:50:00Z"}}"""
            : """{"mission":null,"overlaps":[]}""", Position: asked.Method == "GET" ? null : 42));
        using var desk = new Desk(service.Url);
        desk.Run("mission", "start", "X");
        Assert.Contains("your last write was position 42", desk.Run("mission", "list").Err, StringComparison.Ordinal);
        desk.Run("mission", "list");
        Assert.Equal("?state=uncancelled&minPosition=3", service.Requests[^1].Query);
    }
}
