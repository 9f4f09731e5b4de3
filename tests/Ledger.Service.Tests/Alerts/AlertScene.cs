using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Service.Alerts;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Alerts;

/// <summary>A service and a clock: what is spent is said, without a provider.</summary>
public sealed class AlertScene : IAsyncDisposable
{
    public const string Account = "xai-test";

    private readonly Dictionary<(DateTimeOffset, string), Usd> held = [];
    private LedgerHost host;
    private IDocumentStore? stopped;
    private int readings;

    /// <summary>The world ends with it: its database, its folder, its xAI.</summary>
    private readonly LedgerHost first;

    private AlertScene(LedgerHost host) => (this.host, first) = (host, host);

    public LedgerHost Host => host;

    public TestClock Clock => host.Clock;

    public DateTimeOffset Now => Clock.GetUtcNow().ToMicroseconds();

    public AlertWatch Watch => host.Services.GetRequiredService<AlertWatch>();

    /// <summary>The hour it began in, a Monday.</summary>
    public DateTimeOffset Hour { get; } = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    /// <summary>An account connected two months ago; agents <c>ba</c> and <c>vigilio</c> with a key each. One person gets mail.</summary>
    public static async Task<AlertScene> Begin(TestDatabases databases, DateTimeOffset? connectedAt = null, Func<LedgerOptions, LedgerOptions>? change = null)
    {
        var host = await LedgerHost.Start(databases, o => (change ?? (x => x))(o with { People = new() { MailTo = ["ludo@example.org"] }, PollEvery = TimeSpan.FromMinutes(5) }));
        var scene = new AlertScene(host);
        // From its start on: what is silent then is no news for two minutes.
        _ = scene.Watch;
        await scene.Append(Ledger.Accounts.Account.StreamOf(Account), new AccountConnected(Account, "xai", "team", "prod", 3600, 0, connectedAt ?? scene.Now.AddDays(-60), null));
        await scene.Put(s => s);
        foreach (var agent in new[] { "ba", "vigilio" })
        {
            await scene.Append(Agent.StreamOf(agent), new AgentAdded(agent, agent, IdleRule.Shares, scene.Now, null));
            await scene.Append(KeyOf(agent), new KeySeen(Account, $"k-{agent}", $"xai-{agent}", scene.Now), new KeyAssigned(Account, $"k-{agent}", [new(agent, 1)], null, scene.Now, null));
        }
        return scene;
    }

    public static string KeyOf(string agent) => KeyOwnership.StreamOf(Account, $"k-{agent}");

    /// <summary>The service stops, and another starts on the same books.</summary>
    public Task Restart() => WhileStopped(() => Task.FromResult(0L));

    /// <summary>Something that happens while no service runs.</summary>
    public async Task<long> WhileStopped(Func<Task<long>> happens)
    {
        var (database, people, every) = (host.Options.Database!, host.Options.People, host.Options.PollEvery);
        await host.Stop();
        long position;
        using (stopped = DocumentStore.For(o =>
        {
            o.Connection(database);
            o.Books();
            o.Documents();
        }))
            position = await happens();
        stopped = null;
        host = await host.Another(o => o with { People = people, PollEvery = every });
        return position;
    }

    public async Task<long> Append(string stream, params ILedgerEvent[] events)
    {
        await using var session = Session();
        var appended = session.Events.Append(stream, [.. events]);
        await session.SaveChangesAsync();
        return appended.Events[^1].Sequence;
    }

    /// <summary>The same, and it was looked at.</summary>
    public async Task Seen(string stream, params ILedgerEvent[] events) => await Looked(await Append(stream, events));

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
            Reading = $"r{++readings}",
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
        await using var session = Session();
        var appended = session.Events.Append(Ledger.Accounts.Account.StreamOf(Account), snapshot);
        session.Store((await session.LoadAsync<Source>(Account))! with { Asked = at, Answered = at });
        await session.SaveChangesAsync();
        return appended.Events[^1].Sequence;
    }

    /// <summary>The same, and it was looked at.</summary>
    public async Task Spend(string agent, string total, DateTimeOffset? hour = null) => await Looked(await Read((agent, total, hour ?? Hour)));

    /// <summary>What is known of how far the account is read.</summary>
    public async Task Put(Func<Source, Source> change)
    {
        await using var session = Session();
        session.Store(change(await session.LoadAsync<Source>(Account) ?? new() { Account = Account, NextDue = Now.AddDays(400) }));
        await session.SaveChangesAsync();
    }

    /// <summary>Waits until a position was looked at.</summary>
    public Task Looked(long position) => LedgerHost.Until(async () => (await Mark()).Position >= position, $"a look at {position}");

    /// <summary>A quarter of an hour passes: good news that was held back is told, if it is still true.</summary>
    public async Task GoodNews(bool passes = true)
    {
        if (passes) Clock.Advance(Crossings.GoodNewsWaits);
        await host.Scalar<long>("with due as (update messages.wolverine_incoming_envelopes set execution_time = now() where message_type = 'tell-recovery.v1' and status = 'Scheduled' returning 1) select count(*) from due");
        await LedgerHost.Until(async () => await host.Scalar<long>("select count(*) from messages.wolverine_incoming_envelopes where message_type = 'tell-recovery.v1' and status <> 'Handled'") == 0, "what is over to be told");
    }

    /// <summary>Looks once; again when the host's own watch wrote at the same moment, as its message policy does.</summary>
    public Task Tick() => Look(Watch);

    internal static async Task Look(AlertWatch watch)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                await watch.Look(CancellationToken.None);
                return;
            }
            catch (Exception e) when (attempt < 4 && DatabaseErrors.IsConflict(e))
            {
                await Task.Delay(50 * attempt);
            }
    }

    public async Task<WatchMark> Mark()
    {
        await using var session = Session();
        return await session.LoadAsync<WatchMark>(WatchMark.Only) ?? new();
    }

    /// <summary>Mails that were sent or wait.</summary>
    public Task<long> Mails() => host.Scalar<long>("select count(*) from messages.wolverine_incoming_envelopes where message_type = 'send-mail.v1'");

    public async Task<IReadOnlyList<ILedgerEvent>> Raised()
    {
        await using var session = Session();
        var events = await session.Events.QueryAllRawEvents().OrderBy(e => e.Sequence).Take(10_000).ToListAsync();
        return [.. events.Select(e => e.Data).Where(e => e is IAlert or IRecovery).Cast<ILedgerEvent>()];
    }

    public async Task<IReadOnlyList<string>> Crossed() =>
        [.. (await Raised()).OfType<BudgetThresholdCrossed>().Select(e => $"{e.Name} {e.Threshold}{(e.ToldBy is null ? "" : " (told)")}")];

    public IDocumentSession Session() => (stopped ?? host.Services.GetRequiredService<IDocumentStore>()).LightweightSession();

    public async ValueTask DisposeAsync()
    {
        if (host != first) await host.DisposeAsync();
        await first.DisposeAsync();
    }

    private SnapshotLine Line(string agent, Usd total, DateTimeOffset hour)
    {
        var line = new SnapshotLine
        {
            Start = hour,
            Seconds = 3600,
            Key = $"k-{agent}",
            Model = "grok-4",
            Unit = "Prompt text tokens",
            Total = total,
            Replaces = held.TryGetValue((hour, agent), out var before) ? before : null,
        };
        held[(hour, agent)] = total;
        return line;
    }
}
