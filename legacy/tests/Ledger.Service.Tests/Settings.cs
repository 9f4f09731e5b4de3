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
    [InlineData("LEDGER_ZONE", "Europe/Atlantis")]
    [InlineData("LEDGER_ZONE", "+01:00")]
    public void a_bad_setting_is_named_and_a_secret_is_not_repeated(string name, string value)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read([], (name, value)));
        Assert.Equal(name, refused.Setting);
        if (name is "LEDGER_TOKEN" or "XAI_MANAGEMENT_KEY" or "LEDGER_DB") Assert.DoesNotContain($"'{value}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void who_is_told_and_when_is_said_in_the_environment_and_has_defaults()
    {
        var none = Read([]).People;
        Assert.Equal((null, DayOfWeek.Monday, new TimeOnly(8, 0), TimeZoneInfo.Utc), (none.Team, none.DigestDay, none.DigestHour, none.Zone));
        Assert.Empty(none.MailTo);
        Assert.Empty(none.DigestRecipients);

        var said = Read([], ("LEDGER_TEAM", " Oud-Heverlee "), ("LEDGER_MAIL_TO", "ludo@example.org, x@y.z,LUDO@example.org,"), ("LEDGER_DIGEST_AT", "FRI 17:30"), ("LEDGER_ZONE", "Europe/Brussels")).People;
        Assert.Equal(("Oud-Heverlee", DayOfWeek.Friday, new TimeOnly(17, 30), "Europe/Brussels"), (said.Team, said.DigestDay, said.DigestHour, said.Zone.Id));
        Assert.Equal(["ludo@example.org", "x@y.z"], said.MailTo);
        Assert.Equal(said.MailTo, said.DigestRecipients);
        Assert.Equal(["boss@example.org"], Read([], ("LEDGER_MAIL_TO", "ludo@example.org"), ("LEDGER_DIGEST_TO", "boss@example.org")).People.DigestRecipients);
        // Nobody reads what an empty value says, and fifty is a list, not a team.
        Assert.Empty(Read([], ("LEDGER_MAIL_TO", "")).People.MailTo);
        Assert.Equal(50, Read([], ("LEDGER_MAIL_TO", Addresses(50))).People.MailTo.Count);
        Assert.Equal("LEDGER_MAIL_TO", Assert.Throws<ConfigurationException>(() => Read([], ("LEDGER_MAIL_TO", Addresses(51)))).Setting);

        static string Addresses(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"a{i}@example.org"));
    }

    [Theory]
    [InlineData("LEDGER_MAIL_TO", "nobody")]
    [InlineData("LEDGER_ZONE", "Europe/Atlantis")]
    [InlineData("SMTP_PASSWORD", "canary-5c1e-password")]
    [InlineData("LEDGER_WEBHOOK_URL", "http://hooks.example.org/canary-5c1e")]
    public async Task the_service_ends_with_78_and_names_the_setting_and_no_secret(string name, string value)
    {
        var service = new System.Diagnostics.ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        service.ArgumentList.Add(typeof(SettingsReader).Assembly.Location);
        service.Environment["LEDGER_HOME"] = Path.Combine(Path.GetTempPath(), $"ledger-never-made-{Guid.NewGuid():N}");
        service.Environment[name] = value;
        using var process = System.Diagnostics.Process.Start(service)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var said = await process.StandardError.ReadToEndAsync() + await output;
        await process.WaitForExitAsync();
        Assert.Equal(78, process.ExitCode);
        Assert.Contains(name, said, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(service.Environment["LEDGER_HOME"]));
    }

    [Fact]
    public void every_setting_is_on_the_page_of_settings()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Ledger.sln"))) root = root.Parent!;
        var page = File.ReadAllText(Path.Combine(root.FullName, "docs", "reference", "config.md"));
        var asked = new SortedSet<string>(StringComparer.Ordinal);
        SettingsReader.Read([], name =>
        {
            asked.Add(name);
            return name switch
            {
                "HOME" => "/home/nobody-here",
                "SMTP_HOST" => "smtp.example.org",
                "SMTP_SENDER_EMAIL" => "a@example.org",
                "SMTP_TLS" => "none",
                "LEDGER_SMTP_INSECURE" => "1",
                "LEDGER_WEBHOOK_URL" => "https://hooks.example.org/x",
                "LEDGER_WEBHOOK_SECRET" => "a secret of some length",
                _ => null,
            };
        });
        Assert.InRange(asked.Count, 30, 100);
        Assert.All(asked, name => Assert.True(page.Contains($"`{name}`", StringComparison.Ordinal) || (name.EndsWith("_FILE", StringComparison.Ordinal) && page.Contains($"`{name[..^5]}`", StringComparison.Ordinal)) || name is "HOME" or "XDG_CONFIG_HOME" or "XDG_DATA_HOME", $"{name} is not in config.md"));
        // And nothing is promised that nobody reads; where the programs of the cluster are is asked only when one is made.
        foreach (var row in page[..page.IndexOf("## The command line", StringComparison.Ordinal)].Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)))
            foreach (var name in row.Split('|')[1].Split('`').Where(n => n.Contains('_', StringComparison.Ordinal)))
                Assert.True(name == "LEDGER_PG_BIN" || asked.Contains(name), $"nobody reads {name}");
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
