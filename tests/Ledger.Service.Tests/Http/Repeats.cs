using System.Collections.Concurrent;
using Ledger.Service.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Tests.Http;

/// <summary>One key is one command: whoever sends it how often, whatever happened since.</summary>
public sealed class Repeats(Repeats.World world) : IClassFixture<Repeats.World>
{
    private LedgerHost Host => world.Host;

    /// <summary>One host; each test has agents and keys of its own.</summary>
    public sealed class World(TestDatabases databases) : IAsyncLifetime
    {
        internal LedgerHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await LedgerHost.Start(databases);

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }

    [Fact]
    public async Task a_repeat_gets_the_first_answer_even_when_the_same_would_be_refused_now()
    {
        await Agent("again");
        var start = new { title = "One", agents = new[] { "again" }, at = Host.Clock.GetUtcNow().AddMinutes(-1) };
        var end = new { agent = "again" };
        var (started, ended) = ((await Host.Post("missions", start, "again-start")).Ok(), (await Host.Post("missions/end", end, "again-end")).Ok());
        (await Host.Patch("agents/again", new { name = "renamed" }, "again-rename")).Ok();
        Assert.False(started.IsReplay);
        var head = await Host.Head();

        (await Host.Post("missions/end", end)).Refused("mission.none_open");
        (await Host.Post("agents", new { name = "again" })).Refused("agent.exists");
        foreach (var (path, body, key, first) in new (string, object, string, Reply)[] { ("missions", start, "again-start", started), ("missions/end", end, "again-end", ended) })
        {
            var again = (await Host.Post(path, body, key)).Ok();
            Assert.Equal((true, first.Text), (again.IsReplay, again.Text));
            Assert.True(again.Position >= first.Position);
        }
        Assert.True((await Host.Post("agents", new { name = "again" }, "again-agent")).Ok().IsReplay);
        Assert.Equal(head, await Host.Head());
    }

    [Theory]
    [InlineData("""{"idle":"shares","name":"bytes"}""", "another order of members")]
    [InlineData("""{"name":"bytes", "idle":"shares"}""", "a space")]
    [InlineData("""{"name":"\u0062ytes","idle":"shares"}""", "another spelling of a letter")]
    [InlineData("""{"name":"bytes","idle":"yields"}""", "another value")]
    [InlineData("""{"name":"bytes"}""", "a default that is not said")]
    [InlineData("", "no body")]
    public async Task the_same_means_byte_for_byte(string body, string difference)
    {
        const string first = """{"name":"bytes","idle":"shares"}""";
        var made = (await Host.Post("agents", first, "bytes")).Ok();
        var head = await Host.Head();
        var reply = await Host.Post("agents", body, "bytes");
        Assert.True(reply.Status == 422, $"{difference}: {reply.Status} {reply.Text}");
        reply.Refused("idempotency.reused");
        Assert.Equal(made.Text, (await Host.Post("agents", first, "bytes")).Ok().Text);
        Assert.Equal(head, await Host.Head());
    }

    [Fact]
    public async Task another_path_or_method_under_a_used_key_is_refused()
    {
        await Agent("elsewhere");
        var started = (await Host.Post("missions", new { title = "x", agents = new[] { "elsewhere" } }, "elsewhere")).Ok();
        var mission = (string)started["mission"]!["id"]!;
        (await Host.Post($"missions/{mission}/cancel", new { }, "elsewhere-cancel")).Ok();
        var head = await Host.Head();
        (await Host.Post("missions/switch", new { title = "x", agents = new[] { "elsewhere" } }, "elsewhere")).Refused("idempotency.reused");
        (await Host.Post($"missions/{mission}/reopen", new { }, "elsewhere-cancel")).Refused("idempotency.reused");
        (await Host.Patch("agents/elsewhere", new { name = "elsewhere" }, "elsewhere-agent")).Refused("idempotency.reused");
        Assert.Equal(head, await Host.Head());
    }

    [Fact]
    public async Task the_same_key_of_another_caller_is_another_key()
    {
        var token = (string)(await Host.Post("tokens", new { name = "another", scopes = new[] { "write" } })).Ok()["token"]!;
        (await Host.Post("agents", new { name = "mine" }, "shared")).Ok();
        var theirs = (await Host.Send(HttpMethod.Post, "agents", new { name = "theirs" }, "shared", r => r.Headers.Authorization = new("Bearer", token))).Ok();
        Assert.False(theirs.IsReplay);
    }

    [Fact]
    public async Task of_many_callers_with_one_key_one_writes_and_all_get_its_answer()
    {
        await Agent("many");
        using var log = new Failures();
        Host.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        var head = await Host.Head();
        var body = new { title = "One", agents = new[] { "many" }, at = "2026-11-16T09:00:00Z" };
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Patiently(body)));
        Assert.All(replies, r => r.Ok());
        Assert.Single(replies.Select(r => r.Text).Distinct(StringComparer.Ordinal));
        Assert.Single(replies, r => !r.IsReplay);
        Assert.Equal(1, await Host.Scalar<long>($"select count(*) from mt_events where seq_id > {head}"));
        // A lost race is no fault that an operator should look at.
        Assert.Empty(log.All);

        // Whoever lost the race is told so, and sends the same again.
        async Task<Reply> Patiently(object body)
        {
            var reply = await Host.Post("missions", body, "many");
            for (var i = 0; i < 3 && reply.Code == "conflict.retry"; i++) reply = await Host.Post("missions", body, "many");
            return reply;
        }
    }

    [Fact]
    public async Task a_command_that_changes_nothing_is_no_repeat_until_it_is_one()
    {
        await Agent("still");
        Assert.False((await Host.Patch("agents/still", new { name = "still" }, "still-still")).Ok().IsReplay);
        Assert.True((await Host.Patch("agents/still", new { name = "still" }, "still-still")).Ok().IsReplay);
    }

    [Fact]
    public async Task of_many_commands_about_one_mission_one_is_done()
    {
        await Agent("contested");
        (await Host.Post("missions", new { title = "One", agents = new[] { "contested" }, at = Host.Clock.GetUtcNow().AddMinutes(-1) })).Ok();
        var head = await Host.Head();
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Host.Post("missions/end", new { agent = "contested" })));
        Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r.Status != 200), r => Assert.Contains(r.Code, (string[])["mission.none_open", "mission.not_open", "conflict.retry"]));
        Assert.Equal(1, await Host.Scalar<long>($"select count(*) from mt_events where seq_id > {head}"));
    }

    [Fact]
    public async Task a_key_used_before_revokes_no_other_token()
    {
        var body = new { name = "agent", scopes = new[] { "read" }, expires = Host.Clock.GetUtcNow().AddHours(1).ToText() };
        var (first, second) = ((await Host.Post("tokens", body, "make")).Ok(), (await Host.Post("tokens", body)).Ok());
        var revoked = (await Host.Delete($"tokens/{first["id"]}", "revoke")).Ok();
        (await Get(first)).Refused("auth.missing");
        (await Host.Delete($"tokens/{second["id"]}", "revoke")).Refused("idempotency.reused");
        (await Get(second)).Ok();
        var again = (await Host.Delete($"tokens/{first["id"]}", "revoke")).Ok();
        Assert.Equal((true, revoked.Text), (again.IsReplay, again.Text));

        Host.Clock.Advance(TimeSpan.FromHours(2));
        Assert.True((await Host.Post("tokens", body, "make")).Ok().IsReplay);
        Assert.Null((await Host.Post("tokens", body, "make")).Ok()["token"]);

        Task<Reply> Get(Reply token) => Host.Send(HttpMethod.Get, "agents", null, null, r => r.Headers.Authorization = new("Bearer", (string)token["token"]!));
    }

    /// <summary>What is logged as a failure, by whomever.</summary>
    private sealed class Failures : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => All.Enqueue($"{formatter(state, exception)} {exception?.Message}");

        public void Dispose()
        {
        }
    }

    private async Task Agent(string name) => (await Host.Post("agents", new { name }, $"{name}-agent")).Ok();
}
