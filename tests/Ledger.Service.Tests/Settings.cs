using Ledger.Service.Hosting;

namespace Ledger.Service.Tests;

public sealed class Settings
{
    private static readonly Dictionary<string, string> least = new() { ["HOME"] = "/home/nobody-here" };

    [Fact]
    public void a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "# a comment\nLEDGER_POLL_EVERY=30s\nLEDGER_URL = \"http://127.0.0.1:7001\"\nLEDGER_BOOKMARK_REACH=4s\n");
        var settings = Read(["--poll-every", "2m", $"--config={path}"], ("LEDGER_POLL_EVERY", "1m"), ("LEDGER_URL", "http://127.0.0.1:7002"));
        Assert.Equal((TimeSpan.FromMinutes(2), 7002, TimeSpan.FromSeconds(4)), (settings.PollEvery, settings.Url.Port, settings.BookmarkReach));
        Assert.Equal("/home/nobody-here/.local/share/ledger", settings.Home);
        File.Delete(path);
    }

    [Theory]
    [InlineData("LEDGER_POLL_EVERY", "soon")]
    [InlineData("LEDGER_POLL_EVERY", "0s")]
    [InlineData("LEDGER_POLL_EVERY", "500ms")]
    [InlineData("LEDGER_URL", "not an address")]
    [InlineData("LEDGER_URL", "http://0.0.0.0:7171")]
    [InlineData("LEDGER_URL", "https://127.0.0.1:7171")]
    [InlineData("LEDGER_URL", "ftp://127.0.0.1")]
    [InlineData("LEDGER_BIND", "everywhere")]
    [InlineData("LEDGER_DB", "what")]
    [InlineData("LEDGER_TOKEN", "short")]
    [InlineData("XAI_MANAGEMENT_URL", "http://example.org")]
    [InlineData("XAI_MANAGEMENT_URL", "nonsense")]
    [InlineData("XAI_MANAGEMENT_KEY", "has a space")]
    [InlineData("XAI_MANAGEMENT_KEY_FILE", "/nowhere/at/all")]
    [InlineData("LEDGER_CONFIG", "/nowhere/at/all")]
    public void a_bad_setting_is_named_and_a_secret_is_not_repeated(string name, string value)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read([], (name, value)));
        Assert.Equal(name, refused.Setting);
        if (name is "LEDGER_TOKEN" or "XAI_MANAGEMENT_KEY" or "LEDGER_DB") Assert.DoesNotContain($"'{value}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void another_address_is_listened_on_only_when_it_is_said()
    {
        Assert.Equal("0.0.0.0", Read([], ("LEDGER_BIND", "0.0.0.0"), ("LEDGER_URL", "https://ledger.example.org")).Bind!.ToString());
        Assert.Throws<ConfigurationException>(() => Read(["--surprise", "x"]));
        Assert.Throws<ConfigurationException>(() => Read(["--url"]));
    }

    [Fact]
    public void a_database_address_is_taken_in_both_forms()
    {
        Assert.Contains("Database=books", Read([], ("LEDGER_DB", "postgres://me:p%40ss@db.example.org:6432/books")).Database, StringComparison.Ordinal);
        Assert.Contains("Host=db.example.org", Read([], ("LEDGER_DB", "Host=db.example.org;Database=books")).Database, StringComparison.Ordinal);
    }

    private static ServiceSettings Read(string[] args, params (string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string>(least);
        foreach (var (name, value) in variables) all[name] = value;
        return SettingsReader.Read(args, all.GetValueOrDefault);
    }
}
