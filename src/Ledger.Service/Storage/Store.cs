using JasperFx.Events;
using JasperFx.Events.Projections;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;
using Marten;
using Weasel.Core;

namespace Ledger.Service.Storage;

/// <summary>How the books lie in Marten: streams, stored names, JSON, and the snapshots that commands read.</summary>
public static class Store
{
    /// <summary>How long a burnt number may hold the views back while it is proven dead.</summary>
    private static readonly TimeSpan holeLookedAt = TimeSpan.FromMilliseconds(300);

    /// <summary>An append wakes the daemon; one that comes while the mark is being moved wakes nobody and is seen after this. Marten's own second would be too late for an alert.</summary>
    private static readonly TimeSpan missedAtMost = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan saysItRunsEvery = TimeSpan.FromSeconds(5);

    public static void Books(this StoreOptions o)
    {
        o.Events.StreamIdentity = StreamIdentity.AsString;
        o.Events.AppendMode = EventAppendMode.QuickWithServerTimestamps;
        o.Events.UseListenNotifyForEventAppends = true;
        // Why a projection stopped, and at which event, is then known on every node. A node that was taken for dead may say so late, of a projection
        // that runs elsewhere by then; so the one that runs it says so now and then.
        o.Events.EnableExtendedProgressionTracking = true;
        o.Projections.ExtendedProgressionHeartbeatInterval = saysItRunsEvery;
        o.UseSystemTextJsonForSerialization(LedgerJson.Options, EnumStorage.AsString, Casing.CamelCase);

        // Money is never skipped: an event that can't be applied stops its projection, and a hole is passed only when it is proven dead.
        o.Projections.StaleSequenceThreshold = holeLookedAt;
        o.Projections.SlowPollingTime = missedAtMost;
        o.Projections.Errors.SkipApplyErrors = false;
        o.Projections.Errors.SkipSerializationErrors = false;
        o.Projections.Errors.SkipUnknownEvents = false;
        o.Projections.RebuildErrors.SkipApplyErrors = false;
        o.Projections.RebuildErrors.SkipSerializationErrors = false;
        o.Projections.RebuildErrors.SkipUnknownEvents = false;

        foreach (var (type, name) in EventNames.All) o.Events.MapEventType(type, name);
        o.Snapshots();
    }

    private static void Snapshots(this StoreOptions o)
    {
        o.Snapshot<Account>(Account.Fold, typeof(AccountConnected), typeof(AccountEdited), typeof(CredentialStored), typeof(AccountRemoved), typeof(PollFailed), typeof(PollRecovered), typeof(BalanceObserved));
        o.Snapshot<Agent>(Agent.Fold, typeof(AgentAdded), typeof(AgentEdited));
        o.Snapshot<KeyOwnership>(KeyOwnership.Fold, typeof(KeySeen), typeof(KeyAssigned));
        o.Snapshot<Mission>(Mission.Fold, typeof(MissionStarted), typeof(MissionEnded), typeof(MissionReopened), typeof(MissionWindowCorrected), typeof(MissionEdited), typeof(MissionCancelled));
        o.Snapshot<Budget>(Budget.Fold, typeof(BudgetSet), typeof(BudgetRaised), typeof(BudgetClosed));
        o.Snapshot<HoldsBook>(HoldsBook.Fold, typeof(HoldTaken), typeof(HoldReleased));
        o.Snapshot<Alert>(Alert.Fold, [.. EventNames.All.Keys.Where(t => t.IsAssignableTo(typeof(IAlert)) || t.IsAssignableTo(typeof(IRecovery))), typeof(AlertAcknowledged)]);

        o.Schema.For<Account>().Identity(x => x.Stream).Index(x => x.Label, label =>
        {
            label.IsUnique = true;
            label.Predicate = "data ->> 'removed' = 'false'";
        });
        o.Schema.For<Agent>().Identity(x => x.Stream);
        o.Schema.For<KeyOwnership>().Identity(x => x.Stream);
        o.Schema.For<Mission>().Identity(x => x.Stream).Index(x => x.RefKey!).Index(x => x.IsOpen).Index(x => x.LatestStart).Duplicate(x => x.LastEdge);
        o.Schema.For<Budget>().Identity(x => x.Stream);
        o.Schema.For<HoldsBook>().Identity(x => x.Stream);
        o.Schema.For<Alert>().Identity(x => x.Stream).Index(x => x.Kind).Index(x => x.Budget!).Index(x => x.Scope);
    }

    private static void Snapshot<T>(this StoreOptions o, Func<T?, ILedgerEvent, T?> apply, params Type[] events)
        where T : class => o.Projections.Add(new Fold<T>(apply, events), ProjectionLifecycle.Inline);
}
