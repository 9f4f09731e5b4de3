using Ledger.Service.Settings;

namespace Ledger.Service.Tests.Settings;

public sealed class LedgerOptionsTests
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
    [InlineData("LEDGER_TEAM", "two\nlines")]
    [InlineData("LEDGER_TEAM", "bidi \u202E name")]
    [InlineData("LEDGER_MAIL_TO", "nobody")]
    [InlineData("LEDGER_MAIL_TO", "ludo@example.org, Ludo <l@example.org>")]
    [InlineData("LEDGER_MAIL_TO", "a@x.org\r\nBcc: b@x.org")]
    [InlineData("LEDGER_DIGEST_TO", "a@x.org;b@x.org")]
    [InlineData("LEDGER_DIGEST_TO", "ludo@localhost@example.org")]
    [InlineData("LEDGER_DIGEST_AT", "monday 08:00")]
    [InlineData("LEDGER_DIGEST_AT", "mon")]
    [InlineData("LEDGER_DIGEST_AT", "mon 8:00")]
    [InlineData("LEDGER_DIGEST_AT", "mon 24:00")]
    [InlineData("LEDGER_DIGEST_AT", "mon 08:00 UTC")]
    [InlineData("LEDGER_LOG_FORMAT", "xml")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector")]
    [InlineData("LEDGER_FORGE_URL", "github.com")]
    [InlineData("LEDGER_FORGE_URL", "ftp://forge.example.org")]
    [InlineData("LEDGER_FORGE_URL", "javascript:alert(1)")]
    [InlineData("LEDGER_FORGE_URL", "https://user:pw@forge.example.org")]
    [InlineData("LEDGER_FORGE_URL", "https://forge.example.org/?x=1")]
    [InlineData("LEDGER_FORGE_URL", "https://forge.example.org/#x")]
    [InlineData("LEDGER_ZONE", "Europe/Atlantis")]
    [InlineData("LEDGER_ZONE", "+01:00")]
    [InlineData("LEDGER_ZONE", "UTC+01:00")]
    [InlineData("LEDGER_ZONE", "Romance Standard Time")]
    public void a_bad_setting_is_named_and_a_secret_is_not_repeated(string name, string value)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read([], (name, value)));
        Assert.Equal(name, refused.Setting);
        if (name is "LEDGER_TOKEN" or "XAI_MANAGEMENT_KEY" or "LEDGER_DB") Assert.DoesNotContain($"'{value}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_signal_is_pushed_where_its_address_or_the_common_one_is_given()
    {
        const string url = "http://localhost:4318";
        Assert.Equal(new(), Read([], ("OTEL_EXPORTER_OTLP_ENDPOINT", "")).Telemetry);
        Assert.Equal(new() { Traces = true, Metrics = true, Logs = true }, Read([], ("OTEL_EXPORTER_OTLP_ENDPOINT", url)).Telemetry);
        Assert.Equal(new() { Traces = true }, Read([], ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url)).Telemetry);
        Assert.Equal(new() { Metrics = true, Logs = true }, Read([], ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", url), ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", url)).Telemetry);
        Assert.Equal(new() { IsOff = true }, Read([], ("OTEL_EXPORTER_OTLP_ENDPOINT", url), ("OTEL_SDK_DISABLED", "True")).Telemetry);
    }

    [Fact]
    public void who_is_told_and_when_is_said_in_the_environment_and_has_defaults()
    {
        var none = Read([]).People;
        Assert.Equal((null, DayOfWeek.Monday, new TimeOnly(8, 0), "UTC"), (none.Team, none.DigestDay, none.DigestHour, none.Zone));
        Assert.Empty(none.MailTo);
        Assert.Empty(none.DigestRecipients);

        var said = Read([], ("LEDGER_TEAM", " Oud-Heverlee "), ("LEDGER_MAIL_TO", "ludo@example.org, x@y.z,LUDO@example.org,"), ("LEDGER_DIGEST_AT", "FRI 17:30"), ("LEDGER_ZONE", "Europe/Brussels")).People;
        Assert.Equal(("Oud-Heverlee", DayOfWeek.Friday, new TimeOnly(17, 30), "Europe/Brussels"), (said.Team, said.DigestDay, said.DigestHour, said.Zone));
        Assert.Equal(["ludo@example.org", "x@y.z"], said.MailTo);
        Assert.Equal(said.MailTo, said.DigestRecipients);
        Assert.Equal(["boss@example.org"], Read([], ("LEDGER_MAIL_TO", "ludo@example.org"), ("LEDGER_DIGEST_TO", "boss@example.org")).People.DigestRecipients);
        Assert.Null(none.Forge);
        Assert.Equal("https://forge.example.org/git", Read([], ("LEDGER_FORGE_URL", " https://forge.example.org/git ")).People.Forge!.AbsoluteUri);
        // Nobody reads what an empty value says, and fifty is a list, not a team.
        Assert.Empty(Read([], ("LEDGER_MAIL_TO", "")).People.MailTo);
        Assert.Equal(50, Read([], ("LEDGER_MAIL_TO", Addresses(50))).People.MailTo.Count);
        Assert.Equal("LEDGER_MAIL_TO", Assert.Throws<ConfigurationException>(() => Read([], ("LEDGER_MAIL_TO", Addresses(51)))).Setting);

        static string Addresses(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"a{i}@example.org"));
    }

    [Theory]
    [InlineData("LEDGER_URL http://127.0.0.1:7171", "line 2: expected NAME=VALUE.")]
    [InlineData("LUDO_URL=http://127.0.0.1:7171", "line 2: LUDO_URL is no setting.")]
    public void a_line_of_the_file_that_says_nothing_is_refused_by_its_number(string line, string said)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, $"# ours\n{line}\n");
        var refused = Assert.Throws<ConfigurationException>(() => Read(["--config", path]));
        Assert.Equal(("LEDGER_CONFIG", true), (refused.Setting, refused.Message.EndsWith(said, StringComparison.Ordinal)));
        File.WriteAllText(path, new string('#', 65 * 1024));
        Assert.Contains("larger than 64 KB", Assert.Throws<ConfigurationException>(() => Read(["--config", path])).Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void a_key_comes_from_the_environment_else_from_the_file_it_names()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, " xai-key-in-a-file\n");
        Assert.Equal("xai-key-in-a-file", Read([], ("XAI_MANAGEMENT_KEY_FILE", path)).XaiKey!.Reveal());
        Assert.Equal("xai-key-said-here", Read([], ("XAI_MANAGEMENT_KEY_FILE", path), ("XAI_MANAGEMENT_KEY", "xai-key-said-here")).XaiKey!.Reveal());
        Assert.Equal("xai-second-name", Read([], ("XAI_MANAGEMENT_API_KEY", "xai-second-name")).XaiKey!.Reveal());
        Assert.Null(Read([]).XaiKey);
        File.Delete(path);
    }

    [Fact]
    public void printed_settings_hold_no_secret_and_other_parts_can_ask_for_their_own()
    {
        var options = Read([], ("LEDGER_DB", "Host=db.example.org;Password=canary-5c1e"), ("LEDGER_TOKEN", "canary-5c1e-of-some-length"), ("SMTP_HOST", "smtp.example.org"), ("SMTP_SENDER_EMAIL", "ledger@example.org"), ("SMTP_PORT", ""));
        Assert.DoesNotContain("canary", $"{options} {options.Token}", StringComparison.Ordinal);
        Assert.Equal(("smtp.example.org", null), (options.Get("SMTP_HOST"), options.Get("SMTP_PORT")));
    }

    [Fact]
    public void another_address_is_listened_on_only_when_it_is_said()
    {
        Assert.Equal("0.0.0.0", Read([], ("LEDGER_BIND", "0.0.0.0"), ("LEDGER_URL", "https://ledger.example.org")).Bind!.ToString());
        Assert.Throws<ConfigurationException>(() => Read(["--surprise", "x"]));
        Assert.Throws<ConfigurationException>(() => Read(["--url"]));
        Assert.Throws<ConfigurationException>(() => Read(["--home="]));
    }

    [Fact]
    public void a_database_address_is_taken_in_both_forms()
    {
        Assert.Contains("Database=books", Read([], ("LEDGER_DB", "postgres://me:p%40ss@db.example.org:6432/books")).Database, StringComparison.Ordinal);
        Assert.Contains("Host=db.example.org", Read([], ("LEDGER_DB", "Host=db.example.org;Database=books")).Database, StringComparison.Ordinal);
    }

    private static LedgerOptions Read(string[] args, params (string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string>(least);
        foreach (var (name, value) in variables) all[name] = value;
        return LedgerOptions.Read(args, all.GetValueOrDefault);
    }
}
