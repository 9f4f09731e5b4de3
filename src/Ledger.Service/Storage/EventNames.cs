using System.Collections.Frozen;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;

namespace Ledger.Service.Storage;

/// <summary>The stored name of every event. A name is a contract: never reused, never changed; a new shape gets a new version.</summary>
public static class EventNames
{
    /// <summary>Every event type with its stored name. Alerts are named in the domain, which reads them back from their aggregates.</summary>
    public static IReadOnlyDictionary<Type, string> All { get; } = new Dictionary<Type, string>(Alert.StoredNames)
    {
        [typeof(AccountConnected)] = "account-connected.v1",
        [typeof(AccountEdited)] = "account-edited.v1",
        [typeof(CredentialStored)] = "credential-stored.v1",
        [typeof(AccountRemoved)] = "account-removed.v1",
        [typeof(UsageSnapshotTaken)] = "usage-snapshot-taken.v1",
        [typeof(BalanceObserved)] = "balance-observed.v1",
        [typeof(PollFailed)] = "poll-failed.v1",
        [typeof(PollRecovered)] = "poll-recovered.v1",
        [typeof(KeySeen)] = "key-seen.v1",
        [typeof(KeyAssigned)] = "key-assigned.v1",
        [typeof(AgentAdded)] = "agent-added.v1",
        [typeof(AgentEdited)] = "agent-edited.v1",
        [typeof(MissionStarted)] = "mission-started.v1",
        [typeof(MissionEnded)] = "mission-ended.v1",
        [typeof(MissionReopened)] = "mission-reopened.v1",
        [typeof(MissionWindowCorrected)] = "mission-window-corrected.v1",
        [typeof(MissionEdited)] = "mission-edited.v1",
        [typeof(MissionCancelled)] = "mission-cancelled.v1",
        [typeof(BudgetSet)] = "budget-set.v1",
        [typeof(BudgetRaised)] = "budget-raised.v1",
        [typeof(BudgetClosed)] = "budget-closed.v1",
        [typeof(BudgetRecovered)] = "budget-recovered.v1",
        [typeof(RunwayRecovered)] = "runway-recovered.v1",
        [typeof(SourceRecovered)] = "source-recovered.v1",
        [typeof(AlertAcknowledged)] = "alert-acknowledged.v1",
        [typeof(HoldTaken)] = "hold-taken.v1",
        [typeof(HoldReleased)] = "hold-released.v1",
        [typeof(DigestComposed)] = "digest-composed.v1",
    }.ToFrozenDictionary();
}
