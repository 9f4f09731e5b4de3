using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Money;
using Ledger.Postgres;
using Ledger.Service.Hosting;
using Ledger.Simulator;
using Ledger.Testing;

namespace Ledger.Service.Tests;

/// <summary>The real host on a free loopback port, a real database, a simulated xAI: everything over HTTP.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public const string AdminToken = "test-admin-token-of-32-characters";

    /// <summary>The tables that a first start would make, for the template: making them takes longer than all the rest of a start.</summary>
    private static readonly Migration[] tables = [.. Migration.FromResources("service", typeof(LedgerHost).Assembly), ScheduleTables()];

    private readonly bool ownsWorld;
    private readonly HttpClient http;
    private int keys;
    private bool stopped;

    private TestHost(TestDatabase database, SimulatedXai xai, SimulatedTeam team, TestClock clock, ServiceSettings settings, LedgerHost host, List<string> said, bool ownsWorld)
    {
        (Database, Xai, Team, Clock, Settings, Host, Said, this.ownsWorld) = (database, xai, team, clock, settings, host, said, ownsWorld);
        http = new() { BaseAddress = host.Url, Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", AdminToken);
    }

    public TestDatabase Database { get; }
    public SimulatedXai Xai { get; }
    public SimulatedTeam Team { get; }
    public TestClock Clock { get; }
    public ServiceSettings Settings { get; }
    public LedgerHost Host { get; }
    public List<string> Said { get; }
    public HttpClient Http => http;

    public static async Task<TestHost> Start(Func<ServiceSettings, ServiceSettings>? change = null, TestClock? clock = null)
    {
        clock ??= new();
        var xai = await SimulatedXai.Start(clock);
        return await Start(await TestDatabase.Create(tables), xai, new SimulatedTeam(clock), clock, change, null, ownsWorld: true);
    }

    /// <summary>Another node on the same database, with the same key file.</summary>
    public Task<TestHost> Another(Func<ServiceSettings, ServiceSettings>? change = null) => Start(Database, Xai, Team, Clock, change, Settings.Home, ownsWorld: false);

    private static async Task<TestHost> Start(
        TestDatabase database, SimulatedXai xai, SimulatedTeam team, TestClock clock, Func<ServiceSettings, ServiceSettings>? change, string? home, bool ownsWorld)
    {
        var settings = new ServiceSettings
        {
            Home = home ?? Path.Combine(Path.GetTempPath(), $"ledger-home-{Guid.NewGuid():N}"),
            Database = database.ConnectionString,
            AllowUnsafeDatabase = true,
            Url = new("http://127.0.0.1:0"),
            Token = AdminToken,
            PollEvery = TimeSpan.FromHours(1),
            XaiUrl = xai.BaseAddress,
            XaiHttp = new() { Burst = 1_000, Pace = TimeSpan.FromMilliseconds(1), BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(5), AttemptMax = TimeSpan.FromSeconds(2), DeadlineMax = TimeSpan.FromSeconds(4), IdleMax = TimeSpan.FromSeconds(1) },
            BackfillDays = 8,
        };
        settings = change?.Invoke(settings) ?? settings;
        var said = new List<string>();
        var host = await LedgerHost.Start(settings, clock, said.Add, CancellationToken.None);
        return new(database, xai, team, clock, settings, host, said, ownsWorld);
    }

    public Task<Reply> Get(string path) => Send(HttpMethod.Get, path, null, null);

    public Task<Reply> Post(string path, object? body = null, string? key = null) => Send(HttpMethod.Post, path, body, key ?? NextKey());

    public Task<Reply> Patch(string path, object? body, string? key = null) => Send(HttpMethod.Patch, path, body, key ?? NextKey());

    public Task<Reply> Delete(string path, string? key = null) => Send(HttpMethod.Delete, path, null, key ?? NextKey());

    public async Task<Reply> Send(HttpMethod method, string path, object? body, string? key, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? path : $"/api/v1/{path}");
        if (body is not null)
        {
            var text = body as string ?? System.Text.Json.JsonSerializer.Serialize(body);
            request.Content = new StringContent(text, Encoding.UTF8, "application/json");
        }
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        change?.Invoke(request);
        using var response = await http.SendAsync(request);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers.ContentType?.MediaType);
    }

    public async Task<long> Head() => (await Database.Scalar<long>("select position from ledger_head"));

    /// <summary>Connects the simulated team and waits for its readings.</summary>
    public async Task<Reply> Connect(string label = "prod", string lag = "0s", ManagementKey? key = null) =>
        (await Post("accounts", new { provider = "xai", label, credential = (key ?? Xai.Issue(Team)).Text, settlementLag = lag })).Ok();

    public async Task Sync() => (await Post("accounts/-/sync")).Ok();

    /// <summary>Waits until something holds; fails with what it last said.</summary>
    public static async Task Until(Func<Task<bool>> holds, string what, int seconds = 20)
    {
        for (var i = 0; i < seconds * 20; i++)
        {
            if (await holds()) return;
            await Task.Delay(50);
        }
        Assert.Fail($"Not in {seconds} s: {what}");
    }

    /// <summary>Waits until the bookmark made last was served by a reading.</summary>
    public async Task BookmarkServed(DateTimeOffset at) => await Until(
        async () => await Database.Scalar<long>($"select count(*) from ledger_coverage where asked >= '{at.ToText()}'") > 0, $"a reading at {at.ToText()}");

    /// <summary>Stops this node; the world goes on.</summary>
    public async Task Stop()
    {
        if (stopped) return;
        stopped = true;
        await Host.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Stop();
        if (!ownsWorld) return;
        await Xai.DisposeAsync();
        await Database.DisposeAsync();
        if (Directory.Exists(Settings.Home)) Directory.Delete(Settings.Home, recursive: true);
    }

    private static Migration ScheduleTables()
    {
        using var script = new StreamReader(typeof(Quartz.IJob).Assembly.GetManifestResourceStream("Quartz.Impl.AdoJobStore.Schema.create_postgres.sql")!);
        return new("schedule", 1, "tables", "create schema quartz; " + script.ReadToEnd().Replace("{0}", "quartz.qrtz_", StringComparison.Ordinal).Replace("{1}", "qrtz_", StringComparison.Ordinal));
    }

    private string NextKey() => string.Create(CultureInfo.InvariantCulture, $"k{Interlocked.Increment(ref keys)}-{Guid.NewGuid():N}");
}

/// <summary>An answer, taken apart.</summary>
internal sealed record Reply(int Status, string Text, HttpResponseHeaders Headers, string? ContentType)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public JsonNode? this[string member] => Json[member];

    public string? Code => Status >= 400 ? (string?)Json["code"] : null;

    public bool IsReplay => Headers.TryGetValues("Idempotency-Hit", out _);

    public Reply Ok()
    {
        Assert.True(Status == 200, $"{Status}: {Text}");
        return this;
    }

    public Reply Refused(string code)
    {
        Assert.True(Status >= 400 && Code == code, $"expected {code}, got {Status}: {Text}");
        Assert.Equal("application/problem+json", ContentType);
        return this;
    }

    public Usd Money(string member) => Usd.Parse((string)Json[member]!);
}

/// <summary>A clock that runs, from any instant on, and can be moved ahead.</summary>
internal sealed class TestClock : TimeProvider
{
    private readonly Lock gate = new();
    private readonly long began = System.GetTimestamp();
    private DateTimeOffset start;
    private long advanced;

    /// <param name="start">Default: well inside the current hour's first half, so that a test does not cross an hour.</param>
    public TestClock(DateTimeOffset? start = null) => this.start = start ?? new DateTimeOffset(2026, 11, 16, 10, 5, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return start + System.GetElapsedTime(began);
    }

    /// <summary>Intervals see the clock move too; timers run in real time.</summary>
    public override long GetTimestamp()
    {
        lock (gate) return System.GetTimestamp() + advanced;
    }

    public void Advance(TimeSpan by)
    {
        lock (gate)
        {
            start += by;
            advanced += (long)(by.TotalSeconds * TimestampFrequency);
        }
    }

    public void AdvanceTo(DateTimeOffset at)
    {
        var by = at - GetUtcNow();
        Assert.True(by >= TimeSpan.Zero, $"The clock is past {at.ToText()} already.");
        Advance(by);
    }
}
