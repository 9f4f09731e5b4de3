namespace Ledger.Cli.Tests;

/// <summary><c>up --detach</c>, <c>down</c> and <c>logs</c>, with processes that are only told of.</summary>
public sealed class ServiceLifeTests : IDisposable
{
    private const int Id = 4711;

    private readonly string url = $"http://127.0.0.1:{FakeService.FreePort()}";
    private readonly Desk desk;
    private readonly List<Launch> launched = [];
    private FakeService? health;

    public ServiceLifeTests()
    {
        desk = new(url);
        desk.ProgramFolder = Directory.CreateDirectory(Path.Combine(desk.Home, "artifacts", "native", "client")).FullName;
        var service = Directory.CreateDirectory(Path.Combine(desk.Home, "artifacts", "bin", "Ledger.Service", "release")).FullName;
        File.WriteAllText(Path.Combine(service, "Ledger.Service.dll"), "");
        desk.Launch = launch => Begin(launch);
    }

    private string Log => Path.Combine(desk.Home, "ledger.log");

    private string PidFile => Path.Combine(desk.Home, "ledger.pid");

    [Fact]
    public void up_detach_starts_the_service_and_says_where_it_is_and_what_comes_next()
    {
        var ran = desk.Run("up", "--detach", "--poll-every", "1m", "--db", "Host=db;Password=secret", "--url", url, "-z", "UTC");
        Assert.Equal((Exit.Ok, $"""
            Ledger is up at {url} (process {Id}).
            Next:  ledger account add xai --label prod --key-stdin --url {url} < key.txt
            Log:   ledger logs -f --url {url}
            Stop:  ledger down --url {url}

            """), (ran.Exit, ran.Out));
        var launch = Assert.Single(launched);
        Assert.Equal(["--poll-every", "1m", "--home", desk.Home, "--url", url], launch.Args);
        Assert.Equal("Host=db;Password=secret", launch.Variables["LEDGER_DB"]);
        Assert.EndsWith("/artifacts/bin/Ledger.Service/release/Ledger.Service.dll", launch.Dll, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Log));
    }

    [Fact]
    public void with_an_account_the_next_step_is_to_look()
    {
        desk.Launch = launch => Begin(launch, """{"accounts":[{"label":"prod"}]}""");
        Assert.Contains("\nNext:  ledger status\n", desk.Run("up", "-d").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void up_detach_in_json_is_one_document()
    {
        var json = desk.Run("up", "--detach", "--json").Json;
        Assert.Equal(("started", url, Id, Log), (json.Text("state"), json.Text("url"), (int)json.Number("process")!, json.Text("log")));
        Assert.Equal("running", desk.Run("up", "--detach", "--json").Json.Text("state"));
        Assert.Equal("stopped", desk.Run("down", "--json").Json.Text("state"));
        Assert.Equal("down", StopHealth().Run("down", "--json").Json.Text("state"));
    }

    [Fact]
    public void up_detach_beside_a_running_one_says_so_and_starts_nothing()
    {
        desk.Run("up", "--detach");
        var ran = desk.Run("up", "--detach");
        Assert.Equal((Exit.Ok, $"Ledger is up already at {url} (process {Id}).\n"), (ran.Exit, ran.Out));
        Assert.Single(launched);
    }

    [Fact]
    public void up_detach_beside_one_that_is_still_starting_waits_for_it()
    {
        Runs(Id);
        health = new(_ => new Answer(health!.Requests.Count < 4 ? 503 : 200, "{}"), new Uri(url).Port);
        Assert.Contains("is up at", desk.Run("up", "--detach").Out, StringComparison.Ordinal);
        Assert.Empty(launched);
    }

    [Fact]
    public void a_port_in_use_is_told_and_nothing_is_made()
    {
        health = new(_ => new Answer(200, "{}"), new Uri(url).Port);
        var home = Path.Combine(desk.Home, "new");
        var ran = desk.Run("up", "--detach", "--home", home);
        Assert.Equal(Exit.Config, ran.Exit);
        Assert.Contains("something else listens on that port already", ran.Err, StringComparison.Ordinal);
        Assert.False(Directory.Exists(home));
        Assert.Empty(launched);
    }

    [Fact]
    public void a_data_folder_that_cannot_be_written_is_told_and_nothing_is_made()
    {
        var file = Path.Combine(desk.Home, "file");
        File.WriteAllText(file, "kept");
        var ran = desk.Run("up", "--detach", "--home", file + "/home");
        Assert.Equal(Exit.Config, ran.Exit);
        Assert.Contains("LEDGER_HOME", ran.Err, StringComparison.Ordinal);
        Assert.Equal("kept", File.ReadAllText(file));
        Assert.Empty(launched);
    }

    [Fact]
    public void a_service_that_ends_before_it_is_ready_shows_what_it_said_this_time()
    {
        File.WriteAllText(Log, "of yesterday\n");
        desk.Launch = launch =>
        {
            File.WriteAllText(PidFile, $"{Id}\n");
            File.AppendAllText(Log, "ledger: LEDGER_DB: \e[31mit names no host\n");
            return new(Id, () => 78);
        };
        var ran = desk.Run("up", "--detach");
        Assert.Equal((78, ""), (ran.Exit, ran.Out));
        Assert.StartsWith("ledger: LEDGER_DB: [31mit names no host\n", ran.Err, StringComparison.Ordinal);
        Assert.False(File.Exists(PidFile));
    }

    [Fact]
    public void one_that_is_told_to_stop_while_it_starts_never_counts_as_up()
    {
        desk.Launch = _ => new(Id, () => 0);
        Assert.Equal(Exit.Unavailable, desk.Run("up", "--detach").Exit);
    }

    [Fact]
    public void a_service_that_is_not_ready_in_time_goes_on()
    {
        desk.Launch = launch => Begin(launch, status: 503);
        var ran = desk.Run("up", "--detach");
        Assert.Equal(Exit.Unavailable, ran.Exit);
        Assert.Contains($"process {Id}", ran.Err, StringComparison.Ordinal);
        Assert.InRange(desk.Pauses.Aggregate(TimeSpan.Zero, (sum, pause) => sum + pause), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(91));
        Assert.True(File.Exists(PidFile));
    }

    [Fact]
    public void a_log_that_grew_large_makes_way_at_a_start()
    {
        using (var file = File.Create(Log)) file.SetLength(17 << 20);
        Assert.Equal(Exit.Ok, desk.Run("up", "--detach").Exit);
        Assert.True(new FileInfo(Log).Length < 1024);
        Assert.Equal(17 << 20, new FileInfo(Log + ".1").Length);
    }

    [Fact]
    public void the_configuration_file_of_a_service_in_the_background_is_named_by_the_environment() =>
        Assert.Equal(Exit.Usage, desk.Run("up", "--detach", "--config", "/etc/ledger/config").Exit);

    [Fact]
    public void down_stops_what_was_started_and_says_so_once_more_when_nothing_runs()
    {
        desk.Run("up", "--detach");
        var ran = desk.Run("down");
        Assert.Equal((Exit.Ok, $"Ledger is stopped (process {Id}).\n"), (ran.Exit, ran.Out));
        Assert.False(File.Exists(PidFile));
        ran = StopHealth().Run("down");
        Assert.Equal((Exit.Ok, $"Nothing runs at {url}.\n"), (ran.Exit, ran.Out));
    }

    [Theory]
    [InlineData("")]
    [InlineData("none")]
    [InlineData("1")]
    [InlineData("-1")]
    [InlineData("4711")]
    [InlineData("4712")]
    [InlineData("4713")]
    public void a_pid_file_of_somebody_else_or_of_nobody_is_removed_and_nobody_is_stopped(string text)
    {
        File.WriteAllText(PidFile, text);
        desk.Processes[1] = "dotnet Ledger.Service.dll --home " + desk.Home;
        desk.Processes[4712] = "vi ledger.pid";
        desk.Processes[4713] = "dotnet /x/Ledger.Service.dll --home " + desk.Home + "-of-another --url " + url;
        var ran = desk.Run("down");
        Assert.Equal((Exit.Ok, $"Nothing runs at {url}.\n"), (ran.Exit, ran.Out));
        Assert.False(File.Exists(PidFile));
        Assert.Equal(3, desk.Processes.Count);
    }

    [Fact]
    public void down_leaves_alone_what_was_started_in_another_way_and_says_how_it_stops()
    {
        health = new(_ => new Answer(503, "{}"), new Uri(url).Port);
        var ran = desk.Run("down");
        Assert.Equal(Exit.Unavailable, ran.Exit);
        Assert.Contains("systemctl stop ledger", ran.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void down_gives_up_on_one_that_does_not_go()
    {
        Runs(Id);
        desk.ProcessesAreDeaf = true;
        var ran = desk.Run("down");
        Assert.Equal(Exit.Unavailable, ran.Exit);
        Assert.Contains($"kill -9 {Id}", ran.Err, StringComparison.Ordinal);
        Assert.True(File.Exists(PidFile));
    }

    [Fact]
    public void logs_are_the_last_lines_without_what_moves_a_terminal()
    {
        File.WriteAllText(Log, string.Concat(Enumerable.Range(1, 150).Select(n => $"line {n}\n")) + "\e]0;title\a\e[2Jred\u202e\n");
        var ran = desk.Run("logs");
        Assert.Equal(Exit.Ok, ran.Exit);
        Assert.StartsWith("line 52\n", ran.Out, StringComparison.Ordinal);
        Assert.EndsWith("line 150\n]0;title[2Jred\n", ran.Out, StringComparison.Ordinal);
        Assert.Equal("line 150\n]0;title[2Jred\n", desk.Run("logs", "-n", "2").Out);
        Assert.Equal(["line 150", "]0;title[2Jred"], desk.Run("logs", "--lines", "2", "--json").Json.Items("lines").Select(line => line.ToString()));
    }

    [Fact]
    public void of_a_huge_log_only_its_end_is_read()
    {
        using (var file = File.Create(Log))
        {
            file.SetLength(1L << 32);
            file.Position = file.Length;
            file.Write("\nlast\n"u8);
        }
        Assert.Equal("last\n", desk.Run("logs", "--lines", "1").Out);
    }

    [Fact]
    public void where_there_is_no_log_it_is_said_where_logs_are()
    {
        var ran = desk.Run("logs", "--follow");
        Assert.Equal(Exit.Data, ran.Exit);
        Assert.Contains("journalctl -u ledger", ran.Err, StringComparison.Ordinal);
        Assert.Contains(Log, ran.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--lines", "0")]
    [InlineData("--lines", "10001")]
    [InlineData("--follow", "--json")]
    public void logs_that_cannot_be_asked_for_are_refused(params string[] flags)
    {
        File.WriteAllText(Log, "one\n");
        Assert.Equal(Exit.Usage, desk.Run(["logs", .. flags]).Exit);
    }

    [Fact]
    public void publish_is_done_where_the_source_is()
    {
        var ran = desk.Run("publish", "somewhere");
        Assert.Equal(Exit.Config, ran.Exit);
        Assert.Contains("./ledger publish DIR", ran.Err, StringComparison.Ordinal);
        Assert.Equal(Exit.Usage, desk.Run("publish").Exit);
    }

    public void Dispose()
    {
        health?.Dispose();
        desk.Dispose();
    }

    private Launched Begin(Launch launch, string body = "{}", int status = 200)
    {
        launched.Add(launch);
        Runs(Id);
        health = new(_ => new Answer(status, body), new Uri(url).Port);
        return new(Id, () => desk.Processes.ContainsKey(Id) ? null : 0);
    }

    private void Runs(int id)
    {
        File.WriteAllText(PidFile, $"{id}\n");
        desk.Processes[id] = $"dotnet /x/Ledger.Service.dll --home {desk.Home} --url {url}";
    }

    private Desk StopHealth()
    {
        health?.Dispose();
        return desk;
    }
}
