using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Service.Polling;
using Ledger.Service.Storage;
using Marten;
using Microsoft.Extensions.Hosting;
using Wolverine;
using Wolverine.Attributes;
using Wolverine.Marten.Subscriptions;

namespace Ledger.Service.Alerts;

/// <summary>Something was recorded that budgets, credit or sources depend on: look whether somebody must be told.</summary>
/// <param name="After">The position before it.</param>
/// <param name="UpTo">Its position.</param>
[MessageIdentity("watch-spend.v1")]
public sealed record WatchSpend(long After, long UpTo);

/// <summary>Looks once; not again for what a later look has seen already.</summary>
public static class WatchSpendHandler
{
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(1);

    [MessageTimeout(AlertWatch.TakesAtMostSeconds)]
    public static async Task Handle(WatchSpend message, AlertWatch watch, IMessageContext messages, CancellationToken ct)
    {
        if (!await watch.Look(message, ct)) await messages.ScheduleAsync(message, pause);
    }
}

/// <summary>Follows the log and asks for a look, in the transaction that moves its progress. It judges nothing itself: a look reads the books as they are.</summary>
public sealed class WatchSubscription : BatchSubscription
{
    public const string Name = "Watch";

    /// <summary>The row of <c>mt_event_progression</c> that says how far it is.</summary>
    public const string Progress = "Watch:All";

    // A page is held in memory; one event can hold 2,000 lines.
    private const int eventsPerPage = 200;
    private const int eventsReadAhead = 400;

    private static readonly Type[] events =
    [
        typeof(UsageSnapshotTaken), typeof(BalanceObserved), typeof(AccountConnected), typeof(AccountRemoved), typeof(BudgetSet), typeof(BudgetRaised), typeof(KeyAssigned), typeof(AgentEdited),
        typeof(MissionStarted), typeof(MissionEnded), typeof(MissionReopened), typeof(MissionWindowCorrected), typeof(MissionEdited), typeof(MissionCancelled),
    ];

    private readonly IHostApplicationLifetime host;
    private readonly TimeProvider clock;

    public WatchSubscription(IHostApplicationLifetime host, TimeProvider clock) : base(Name)
    {
        (this.host, this.clock) = (host, clock);
        foreach (var type in events) IncludeType(type);
        Options.BatchSize = eventsPerPage;
        Options.MaximumHopperSize = eventsReadAhead;
        // Nobody is told of what books held before they were watched. After that nothing is passed over, however long the service was away.
        Options.SubscribeFromFirstRun();
    }

    public override async Task ProcessEventsAsync(EventRange page, ISubscriptionController controller, IDocumentOperations operations, IMessageBus bus, CancellationToken cancellationToken)
    {
        if (page.Events.Count == 0) return;
        await Started(cancellationToken);
        ((ITransactionParticipantRegistrar)operations).AddTransactionParticipant(new ProgressFence(Progress, page.SequenceCeiling));
        await bus.PublishAsync(new WatchSpend(page.SequenceFloor, page.SequenceCeiling));
        if (RefineEdges.Missed(page.Events.Select(e => e.Data), clock.GetUtcNow()) is { } missed)
            foreach (var account in await operations.Query<Account>().Where(a => !a.Removed).Take(Known.Max).ToListAsync(cancellationToken))
                await bus.PublishAsync(new RefineEdges(account.Id, missed.Start, missed.End));
    }

    /// <summary>Marten's daemon starts before Wolverine, which publishes nothing until then.</summary>
    private async Task Started(CancellationToken ct)
    {
        if (host.ApplicationStarted.IsCancellationRequested) return;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = host.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(ct);
    }
}
