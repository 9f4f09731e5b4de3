using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Alba;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Service.Tests.Support;

/// <summary>The real host on a real database and a simulated xAI, everything over HTTP. A test class gets its own.</summary>
public sealed class LedgerHost : IAsyncDisposable
{
    public const string AdminToken = "test-admin-token-of-32-characters";

    private static readonly SemaphoreSlim making = new(1, 1);
    private static string? template;

    private readonly bool ownsWorld;
    private readonly TestDatabases databases;
    private int keys;
    private bool stopped;

    private LedgerHost(TestDatabases databases, LedgerOptions options, IAlbaHost host, SimulatedXai xai, SimulatedTeam team, TestClock clock, bool ownsWorld)
    {
        (this.databases, Options, Alba, Xai, Team, Clock, this.ownsWorld) = (databases, options, host, xai, team, clock, ownsWorld);
        Http = host.Server.CreateClient();
        Http.Timeout = TimeSpan.FromSeconds(60);
        Http.DefaultRequestHeaders.Authorization = new("Bearer", AdminToken);
    }

    public LedgerOptions Options { get; }

    public IAlbaHost Alba { get; }

    public SimulatedXai Xai { get; }

    public SimulatedTeam Team { get; }

    public TestClock Clock { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => Alba.Services;

    public static async Task<LedgerHost> Start(TestDatabases databases, Func<LedgerOptions, LedgerOptions>? change = null, TestClock? clock = null)
    {
        clock ??= new();
        var xai = await SimulatedXai.Start(clock);
        return await Start(databases, await Prepared(databases), xai, new SimulatedTeam(clock), clock, change, null, ownsWorld: true);
    }

    /// <summary>On books that a test brought with it.</summary>
    public static async Task<LedgerHost> On(string database, TestDatabases databases, TestClock clock, Func<LedgerOptions, LedgerOptions>? change = null) =>
        await Start(databases, database, await SimulatedXai.Start(clock), new SimulatedTeam(clock), clock, change, null, ownsWorld: true, isPrepared: false);

    /// <summary>Another node on the same database, with the same data folder.</summary>
    public Task<LedgerHost> Another(Func<LedgerOptions, LedgerOptions>? change = null) => Start(databases, Options.Database!, Xai, Team, Clock, change, Options.Home, ownsWorld: false);

    private static async Task<LedgerHost> Start(
        TestDatabases databases, string database, SimulatedXai xai, SimulatedTeam team, TestClock clock, Func<LedgerOptions, LedgerOptions>? change, string? home, bool ownsWorld, bool isPrepared = true)
    {
        home ??= Path.Combine(Path.GetTempPath(), $"ledger-home-{Guid.NewGuid():N}");
        Directory.CreateDirectory(home);
        var options = new LedgerOptions
        {
            Home = home,
            Database = database,
            AllowUnsafeDatabase = true,
            IsSolo = true,
            Url = new("http://127.0.0.1:0"),
            Token = new(AdminToken),
            PollEvery = TimeSpan.FromHours(1),
            Xai = new()
            {
                BaseAddress = xai.BaseAddress,
                Burst = 1_000,
                Pace = TimeSpan.FromMilliseconds(1),
                BackoffFirst = TimeSpan.FromMilliseconds(1),
                BackoffMax = TimeSpan.FromMilliseconds(5),
                AttemptMax = TimeSpan.FromSeconds(2),
                DeadlineMax = TimeSpan.FromSeconds(4),
            },
            BackfillDays = 8,
            Channels = new() { MailFolder = Path.Combine(home, "mail") },
        };
        options = change?.Invoke(options) ?? options;
        // A prepared database has the tables of one node alone.
        var host = await AlbaHost.For(LedgerService.Compose(options, clock, tablesAreMade: isPrepared && options.IsSolo), LedgerService.Map);
        return new(databases, options, host, xai, team, clock, ownsWorld);
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
        using var response = await Http.SendAsync(request);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers.ContentType?.MediaType);
    }

    public Task<long> Head() => Services.GetRequiredService<Positions>().Last(CancellationToken.None);

    /// <summary>Connects the simulated team and waits for its readings.</summary>
    public async Task<Reply> Connect(string label = "prod", string lag = "0s", ManagementKey? key = null) =>
        (await Post("accounts", new { provider = "xai", label, credential = (key ?? Xai.Issue(Team)).Text, settlementLag = lag })).Ok();

    public async Task Sync() => (await Post("accounts/-/sync")).Ok();

    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until something holds; fails with what it waited for.</summary>
    /// <summary>Waits until something holds. The machine may do other things too, so it waits three times as long as that should take.</summary>
    public static async Task Until(Func<Task<bool>> holds, string what, int seconds = 20)
    {
        for (var i = 0; i < seconds * 3 * 20; i++)
        {
            if (await holds()) return;
            await Task.Delay(50);
        }
        Assert.Fail($"Not in {seconds * 3} s: {what}");
    }

    /// <summary>Stops this node; the world goes on.</summary>
    public async Task Stop()
    {
        if (stopped) return;
        stopped = true;
        await Alba.StopAsync();
        await Alba.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Stop();
        if (!ownsWorld) return;
        await Xai.DisposeAsync();
        await databases.Drop(Options.Database!);
        if (Directory.Exists(Options.Home)) Directory.Delete(Options.Home, recursive: true);
    }

    /// <summary>A database with all tables, copied from one that a first host made: making them takes longer than the rest of a start.</summary>
    private static async Task<string> Prepared(TestDatabases databases)
    {
        await making.WaitAsync();
        try
        {
            if (template is null)
            {
                var first = await databases.Create();
                var clock = new TestClock();
                await using (var xai = await SimulatedXai.Start(clock))
                    await (await Start(databases, first, xai, new SimulatedTeam(clock), clock, null, null, ownsWorld: false, isPrepared: false)).Stop();
                NpgsqlConnection.ClearAllPools();
                template = first;
            }
            return await databases.Create(template);
        }
        finally
        {
            making.Release();
        }
    }

    private string NextKey() => string.Create(CultureInfo.InvariantCulture, $"k{Interlocked.Increment(ref keys)}-{Guid.NewGuid():N}");
}

/// <summary>An answer, taken apart.</summary>
public sealed record Reply(int Status, string Text, HttpResponseHeaders Headers, string? ContentType)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public JsonNode? this[string member] => Json[member];

    public string? Code => Status >= 400 ? (string?)Json["code"] : null;

    public bool IsReplay => Headers.TryGetValues("Idempotency-Hit", out _);

    /// <summary>The position that a write reached; null when it wrote nothing.</summary>
    public long? Position => Headers.TryGetValues("Ledger-Position", out var values) ? long.Parse(values.Single(), CultureInfo.InvariantCulture) : null;

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
