using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;

namespace Ledger.Tests.Events;

/// <summary>The names that golden files go by: those the store knows the events by, written a second time.</summary>
internal static class StoredNames
{
    public static IReadOnlyDictionary<Type, string> All { get; } = new Dictionary<Type, string>
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
        [typeof(BudgetThresholdCrossed)] = "budget-threshold-crossed.v1",
        [typeof(RunwayShort)] = "runway-short.v1",
        [typeof(SpendAnomalous)] = "spend-anomalous.v1",
        [typeof(SourceStale)] = "source-stale.v1",
        [typeof(MissionLeftOpen)] = "mission-left-open.v1",
        [typeof(KeyShared)] = "key-shared.v1",
        [typeof(LargeRestatement)] = "large-restatement.v1",
        [typeof(HistoryImported)] = "history-imported.v1",
    };
}
