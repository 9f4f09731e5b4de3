using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Postgres;
using Ledger.Service.Hosting;
using Ledger.Service.Notifying;
using Ledger.Service.Polling;
using Ledger.Service.Watching;
using Ledger.Testing;
using Ledger.Views;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Service.Tests.Watching;

/// <summary>A log and a clock, and nodes that watch it: what is spent is said, without a provider.</summary>
internal sealed class WatchScene : IAsyncDisposable
{
    public const string Account = "xai-test";
    private readonly Dictionary<(DateTimeOffset, string, string, string), Usd> held = [];
    private readonly List<Node> nodes = [];
    private int causes;

    private WatchScene(TestDatabase database, PostgresEventLog log, TestClock clock) => (Database, Log, Clock) = (database, log, clock);

    public TestDatabase Database { get; }

    public PostgresEventLog Log { get; }

    public TestClock Clock { get; }

    public DateTimeOffset Now => Clock.GetUtcNow().ToMicroseconds();

    /// <summary>The hour it began in, a Monday.</summary>
    public DateTimeOffset Hour { get; private init; }

    /// <summary>An account connected two months ago; agents <c>ba</c> and <c>vigilio</c> with a key each.</summary>
    public static async Task<WatchScene> Begin(DateTimeOffset? connectedAt = null)
    {
        var database = await TestDatabase.Create(Migration.FromResources("service", typeof(LedgerHost).Assembly));
        var clock = new TestClock();
        var scene = new WatchScene(database, await database.OpenLog(), clock) { Hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero) };
        await scene.Append(Ledger.Accounts.Account.StreamOf(Account), new AccountConnected(Account, "xai", "team", "prod", 3600, 0, connectedAt ?? scene.Now.AddDays(-60), null));
        foreach (var agent in new[] { "ba", "vigilio" })
        {
            await scene.Append($"agent-{agent}", new AgentAdded(agent, agent, IdleRule.Shares, scene.Now, null));
            await scene.Append($"key-{agent}", new KeySeen(Account, $"k-{agent}", $"xai-{agent}", scene.Now), new KeyAssigned(Account, $"k-{agent}", [new(agent, 1)], null, scene.Now, null));
        }
        return scene;
    }

    public async Task<long> Append(string stream, params ILedgerEvent[] events)
    {
        var cause = $"scene:{Interlocked.Increment(ref causes)}";
        var result = await Log.Append(new() { Streams = [new(stream, StreamAppend.AnyVersion, [.. events.Select((e, i) => EventJson.ToNew(e, cause, $"{i}", Now))])] }, default);
        return Assert.IsType<AppendResult.Written>(result).Last;
    }

    public Task<long> SetBudget(string name, string limit, string period = "month", string scope = "all", string zone = "UTC", IReadOnlyList<Threshold>? thresholds = null, params string[] recipients)
    {
        var id = Budget.IdOf(name);
        return Append(Budget.StreamOf(id), new BudgetSet
        {
            Budget = id,
            Name = name,
            Scope = scope,
            Limits = [new(period, Usd.Parse(limit))],
            Zone = zone,
            WeekStart = DayOfWeek.Monday,
            Thresholds = thresholds ?? [.. new[] { 50, 80, 100 }.Select(p => new Threshold(Basis.Actual, p, null))],
            Recipients = recipients,
            Channels = [],
            At = Now,
        });
    }

    /// <summary>A reading: from now on these lines cost so much in all.</summary>
    public async Task<long> Read(params (string Agent, string Total, DateTimeOffset Hour)[] lines)
    {
        var at = Now;
        var snapshot = new UsageSnapshotTaken
        {
            Account = Account,
            Reading = $"r{Interlocked.Increment(ref causes)}",
            Part = 1,
            Parts = 1,
            Asked = at,
            Answered = at,
            Covers = new(lines.Min(l => l.Hour), lines.Max(l => l.Hour).AddHours(1)),
            Dimensions = DimensionSet.KeyModelUnit,
            SettlementLagSeconds = 0,
            Previous = [],
            Lines = [.. lines.Select(l => Line(l.Agent, Usd.Parse(l.Total), l.Hour))],
        };
        await Heartbeat(at);
        return await Append(Ledger.Accounts.Account.StreamOf(Account), snapshot);
    }

    /// <summary>The same, and every node has looked at it.</summary>
    public async Task Spend(string agent, string total, DateTimeOffset? hour = null)
    {
        var position = await Read((agent, total, hour ?? Hour));
        foreach (var node in nodes) await node.Looked(position);
    }

    public async Task Heartbeat(DateTimeOffset at)
    {
        var sources = new Sources(Database.DataSource);
        await sources.Put((await sources.Get(Account, default)) with { Asked = at, Answered = at }, default);
    }

    public Node NewNode(IEventLog? log = null, IOutcome? outcome = null)
    {
        var node = new Node(this, log ?? Log, outcome);
        nodes.Add(node);
        return node;
    }

    /// <summary>A node that watches, once it has looked at everything that is there.</summary>
    public async Task<Node> Watched(IEventLog? log = null)
    {
        var node = NewNode(log);
        await node.Start();
        await node.Looked((await Log.Head(default)).Position);
        return node;
    }

    public Task<long> Messages() => Database.Scalar<long>("select count(*) from ledger_outbox");

    public async Task<IReadOnlyList<ILedgerEvent>> Raised() => [.. (await Log.ReadAll(0, 10_000, default)).Select(r => EventJson.Read(r)!).Where(e => e is IAlert or IRecovery)];

    public async Task<IReadOnlyList<string>> Crossed() =>
        [.. (await Raised()).OfType<BudgetThresholdCrossed>().Select(e => $"{e.Name} {e.Threshold}{(e.ToldBy is null ? "" : " (told)")}")];

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes) await node.DisposeAsync();
        await Log.DisposeAsync();
        await Database.DisposeAsync();
    }

    private SnapshotLine Line(string agent, Usd total, DateTimeOffset hour)
    {
        var name = (hour, $"k-{agent}", "grok-4", "Prompt text tokens");
        var line = new SnapshotLine { Start = hour, Seconds = 3600, Key = name.Item2, Model = name.Item3, Unit = name.Item4, Total = total, Replaces = held.TryGetValue(name, out var before) ? before : null };
        held[name] = total;
        return line;
    }
}

/// <summary>Stands in for what an append comes to.</summary>
internal interface IOutcome
{
    Task<AppendResult> Of(AppendRequest request, Func<Task<AppendResult>> append);
}

/// <summary>One process that watches, with a notifier that writes one message for each that is told.</summary>
internal sealed class Node : IAsyncDisposable, INotifier
{
    private readonly WatchScene scene;

    public Node(WatchScene scene, IEventLog log, IOutcome? outcome)
    {
        this.scene = scene;
        Books = new(scene.Database.DataSource, scene.Log, scene.Clock);
        var queries = new WatchQueries(scene.Database.DataSource);
        var sources = new Sources(scene.Database.DataSource);
        var settings = new ServiceSettings { Home = "", PollEvery = TimeSpan.FromMinutes(5), BackfillDays = 8 };
        var raiser = new Raiser(outcome is null ? log : new OtherLog(log, outcome), Books, this, scene.Clock);
        Watch = new(queries, Books, scene.Log, new PostgresLeases(scene.Database.Database), sources, raiser, new(scene.Database.DataSource), settings, scene.Clock, NullLogger<Watch>.Instance) { WaitMax = TimeSpan.FromMilliseconds(200) };
        Checks = new(queries, Books, sources, raiser, settings);
        Queries = queries;
    }

    public Books Books { get; }

    public Watch Watch { get; }

    public Checks Checks { get; }

    public WatchQueries Queries { get; }

    public async Task Start()
    {
        await Books.Start(default);
        Watch.Start();
    }

    /// <summary>Waits until whoever watches has looked at a position.</summary>
    public async Task Looked(long position) => await TestHost.Until(
        async () => await scene.Database.Scalar<long>("select coalesce(max(position), 0) from ledger_watch") >= position, $"a look at {position}; {Watch.State} {Books.Halted}");

    /// <summary>Waits for a look that began after now: what time alone changes is found by it.</summary>
    public async Task Ticked()
    {
        var now = scene.Clock.GetUtcNow();
        await TestHost.Until(() => Task.FromResult(Watch.State.At >= now), $"a look after {now.ToText()}; {Watch.State}");
    }

    public Task<IReadOnlyList<NewMessage>> Compose(IReadOnlyList<ILedgerEvent> raised, DateTimeOffset now, CancellationToken ct) => Task.FromResult<IReadOnlyList<NewMessage>>(
        [.. raised.Select(e => new NewMessage(Ids.DerivedFrom(e is IAlert a ? a.Key : ((IRecovery)e).Alert, $"mail:{e.GetType().Name}"), "mail.v1", "{}"u8.ToArray(), now))]);

    public async ValueTask DisposeAsync()
    {
        await Watch.DisposeAsync();
        await Books.DisposeAsync();
    }

    private sealed class OtherLog(IEventLog log, IOutcome outcome) : IEventLog
    {
        public Task<AppendResult> Append(AppendRequest request, CancellationToken ct) => outcome.Of(request, () => log.Append(request, ct));

        public Task<IReadOnlyList<Ledger.Log.Recorded>> ReadStream(string stream, long afterVersion, int limit, CancellationToken ct) => log.ReadStream(stream, afterVersion, limit, ct);

        public Task<long> StreamVersion(string stream, CancellationToken ct) => log.StreamVersion(stream, ct);

        public Task<KeptAnswer?> FindKey(string key, CancellationToken ct) => log.FindKey(key, ct);

        public Task<IReadOnlyList<Ledger.Log.Recorded>> ReadAll(long afterPosition, int limit, CancellationToken ct) => log.ReadAll(afterPosition, limit, ct);

        public Task<LogHead> Head(CancellationToken ct) => log.Head(ct);

        public Task<byte[]?> ChainAt(long position, CancellationToken ct) => log.ChainAt(position, ct);

        public Task<long> PositionBefore(DateTimeOffset time, CancellationToken ct) => log.PositionBefore(time, ct);

        public Task WaitForGrowth(long position, TimeSpan patience, CancellationToken ct) => log.WaitForGrowth(position, patience, ct);
    }
}
