using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Budgets;

/// <summary>A host with one account whose readings are written as a poll writes them: a test says exactly what was billed when.</summary>
public sealed class SpendScene : IAsyncDisposable
{
    public const string Account = "xai-test";

    /// <summary>An hour of a Monday; the scene begins five minutes into it.</summary>
    public static readonly DateTimeOffset Hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<(string Account, DateTimeOffset Hour, string Key, string Model, string Unit), Usd> held = [];
    private readonly Dictionary<string, List<PreviousReading>> readings = [];
    private int count;

    private SpendScene(LedgerHost host) => Host = host;

    public LedgerHost Host { get; }

    public DateTimeOffset Now => Host.Clock.GetUtcNow().ToMicroseconds();

    public static async Task<SpendScene> Begin(TestDatabases databases, DateTimeOffset? connectedAt = null, DateTimeOffset? now = null)
    {
        var scene = new SpendScene(await LedgerHost.Start(databases, clock: new(now ?? Hour.AddMinutes(5))));
        await scene.Connect(Account, "prod", connectedAt ?? scene.Now.AddDays(-60));
        return scene;
    }

    /// <summary>An agent with a key of its own, and money spent in the hour the scene begins in.</summary>
    public static async Task<SpendScene> Spent(TestDatabases databases, string amount, string agent = "ba")
    {
        var scene = await Begin(databases);
        await scene.Agent(agent);
        await scene.Read((agent, amount, Hour));
        return scene;
    }

    public Task Connect(string account, string label, DateTimeOffset at) => Append(Ledger.Accounts.Account.StreamOf(account), new AccountConnected(account, "xai", $"team of {label}", label, 3600, 0, at, null));

    /// <summary>An agent and its key <c>k-NAME</c>, called <c>xai-NAME</c>.</summary>
    public async Task Agent(string agent)
    {
        await Append(Ledger.Agents.Agent.StreamOf(agent), new AgentAdded(agent, agent, IdleRule.Shares, Now, null));
        await Key($"k-{agent}", $"xai-{agent}", agent);
    }

    public Task Key(string key, string name, params string[] owners) => Append(
        KeyOwnership.StreamOf(Account, key), new KeySeen(Account, key, name, Now), new KeyAssigned(Account, key, [.. owners.Select(o => new Owner(o, 1))], null, Now, null));

    /// <summary>A reading: from now on these hours of agents' keys cost so much in all.</summary>
    public Task Read(params (string Agent, string Total, DateTimeOffset Hour)[] lines) =>
        Read(Account, Now, [.. lines.Select(l => (l.Hour, $"k-{l.Agent}", "grok-4", "Prompt text tokens", Usd.Parse(l.Total)))]);

    /// <summary>A reading of an account at an instant, and the views hold it.</summary>
    public async Task Read(string account, DateTimeOffset at, IReadOnlyCollection<(DateTimeOffset Hour, string Key, string Model, string Unit, Usd Total)> lines)
    {
        await Heartbeat(at, account);
        var changed = lines.Where(l => !held.TryGetValue((account, l.Hour, l.Key, l.Model, l.Unit), out var before) || before != l.Total).ToArray();
        if (changed.Length == 0) return;
        if (!readings.TryGetValue(account, out var previous)) readings[account] = previous = [];
        var covers = new Interval(lines.Min(l => l.Hour), lines.Max(l => l.Hour).AddHours(1));
        var snapshot = new UsageSnapshotTaken
        {
            Account = account,
            Reading = $"r{Interlocked.Increment(ref count)}",
            Part = 1,
            Parts = 1,
            Asked = at,
            Answered = at,
            Covers = covers,
            Dimensions = DimensionSet.KeyModelUnit,
            SettlementLagSeconds = 0,
            Previous = [.. previous],
            Lines =
            [
                .. changed.Select(l => new SnapshotLine
                {
                    Start = l.Hour, Seconds = 3600, Key = l.Key, Model = l.Model, Unit = l.Unit, Total = l.Total,
                    Replaces = held.TryGetValue((account, l.Hour, l.Key, l.Model, l.Unit), out var before) ? before : null,
                }),
            ],
        };
        readings[account] = [new(covers.Start, covers.End, at, at)];
        foreach (var l in changed) held[(account, l.Hour, l.Key, l.Model, l.Unit)] = l.Total;
        await Append(Ledger.Accounts.Account.StreamOf(account), snapshot);
    }

    /// <summary>A complete reading that changed nothing.</summary>
    public async Task Heartbeat(DateTimeOffset at, string account = Account)
    {
        await using var session = Host.Services.GetRequiredService<IDocumentStore>().LightweightSession();
        var source = await session.LoadAsync<Source>(account) ?? new() { Account = account };
        session.Store(source with { Asked = at, Answered = at });
        await session.SaveChangesAsync();
    }

    public Task SetBudget(string name, string scope, string limit, string period = "month", string zone = "UTC", DateTimeOffset? at = null) => Append(Budget.StreamOf(Budget.IdOf(name)), new BudgetSet
    {
        Budget = Budget.IdOf(name),
        Name = name,
        Scope = scope,
        Limits = [new(period, Usd.Parse(limit))],
        Zone = zone,
        WeekStart = DayOfWeek.Monday,
        Thresholds = Threshold.Defaults,
        Recipients = [],
        Channels = [],
        At = at ?? Now,
    });

    /// <summary>Appends events, and the views hold them.</summary>
    public async Task<long> Append(string stream, params ILedgerEvent[] events)
    {
        await using var session = Host.Services.GetRequiredService<IDocumentStore>().LightweightSession();
        var appended = session.Events.Append(stream, events.Cast<object>());
        await session.SaveChangesAsync();
        var last = appended.Events[^1].Sequence;
        Assert.True(await Host.Services.GetRequiredService<SpendViews>().WaitFor(last, TimeSpan.FromSeconds(30), default), $"The views did not reach {last}.");
        return last;
    }

    /// <summary>How many events commands about budgets and holds wrote.</summary>
    public Task<long> Written() => Host.Scalar<long>(
        "select count(*) from mt_events where type in ('budget-set.v1', 'budget-raised.v1', 'budget-closed.v1', 'hold-taken.v1', 'hold-released.v1', 'alert-acknowledged.v1')");

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
