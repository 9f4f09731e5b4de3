using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Log;

/// <summary>The stored name of every event. A name is a contract: never reused, never changed; a new shape gets a new version.</summary>
public static class EventNames
{
    /// <summary>Every event type with its stored name.</summary>
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
        [typeof(BudgetThresholdCrossed)] = "budget-threshold-crossed.v1",
        [typeof(BudgetRecovered)] = "budget-recovered.v1",
        [typeof(RunwayShort)] = "runway-short.v1",
        [typeof(RunwayRecovered)] = "runway-recovered.v1",
        [typeof(SpendAnomalous)] = "spend-anomalous.v1",
        [typeof(SourceStale)] = "source-stale.v1",
        [typeof(SourceRecovered)] = "source-recovered.v1",
        [typeof(MissionLeftOpen)] = "mission-left-open.v1",
        [typeof(KeyShared)] = "key-shared.v1",
        [typeof(LargeRestatement)] = "large-restatement.v1",
        [typeof(HistoryImported)] = "history-imported.v1",
        [typeof(AlertAcknowledged)] = "alert-acknowledged.v1",
        [typeof(HoldTaken)] = "hold-taken.v1",
        [typeof(HoldReleased)] = "hold-released.v1",
        [typeof(DigestComposed)] = "digest-composed.v1",
    }.ToFrozenDictionary();

    /// <summary>Stored name → type.</summary>
    public static IReadOnlyDictionary<string, Type> Types { get; } = All.ToFrozenDictionary(x => x.Value, x => x.Key);
}

/// <summary>Events to and from JSON. Reading refuses a name it doesn't know rather than ignore it.</summary>
public static class EventJson
{
    /// <summary>How everything in the log is written: camelCase, money and times as text, enums as camelCase words.</summary>
    public static JsonSerializerOptions Options => EventJsonContext.Default.Options;

    /// <summary>An event ready to append.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="cause">What it follows from; with the role it makes the id.</param>
    /// <param name="role">What it is to that cause.</param>
    /// <param name="at">When it is recorded.</param>
    public static NewEvent ToNew(ILedgerEvent happened, string cause, string role, DateTimeOffset at)
    {
        var type = happened.GetType();
        return new(Ids.DerivedFrom(cause, role), EventNames.All[type], JsonSerializer.SerializeToUtf8Bytes(happened, TypeInfo(type)), at.ToMicroseconds());
    }

    /// <summary>Reads an event; null when it is one of another program's that shares the log (adopted from Marten).</summary>
    /// <exception cref="JsonException">The data is not what its name promises.</exception>
    public static ILedgerEvent? Read(Recorded recorded) =>
        EventNames.Types.TryGetValue(recorded.Type, out var type)
            ? (ILedgerEvent?)JsonSerializer.Deserialize(recorded.Data.Span, TypeInfo(type)) ?? throw new JsonException($"Event {recorded.Position} holds null.")
            : null;

    private static JsonTypeInfo TypeInfo(Type type) => EventJsonContext.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type} is not in EventJsonContext.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(InstantJsonConverter), typeof(CamelCaseEnumConverter<DimensionSet>), typeof(CamelCaseEnumConverter<IdleRule>), typeof(CamelCaseEnumConverter<DayOfWeek>),
        typeof(CamelCaseEnumConverter<Basis>), typeof(CamelCaseEnumConverter<Severity>)])]
[JsonSerializable(typeof(AccountConnected))]
[JsonSerializable(typeof(AccountEdited))]
[JsonSerializable(typeof(CredentialStored))]
[JsonSerializable(typeof(AccountRemoved))]
[JsonSerializable(typeof(UsageSnapshotTaken))]
[JsonSerializable(typeof(BalanceObserved))]
[JsonSerializable(typeof(PollFailed))]
[JsonSerializable(typeof(PollRecovered))]
[JsonSerializable(typeof(KeySeen))]
[JsonSerializable(typeof(KeyAssigned))]
[JsonSerializable(typeof(AgentAdded))]
[JsonSerializable(typeof(AgentEdited))]
[JsonSerializable(typeof(MissionStarted))]
[JsonSerializable(typeof(MissionEnded))]
[JsonSerializable(typeof(MissionReopened))]
[JsonSerializable(typeof(MissionWindowCorrected))]
[JsonSerializable(typeof(MissionEdited))]
[JsonSerializable(typeof(MissionCancelled))]
[JsonSerializable(typeof(BudgetSet))]
[JsonSerializable(typeof(BudgetRaised))]
[JsonSerializable(typeof(BudgetClosed))]
[JsonSerializable(typeof(BudgetThresholdCrossed))]
[JsonSerializable(typeof(BudgetRecovered))]
[JsonSerializable(typeof(RunwayShort))]
[JsonSerializable(typeof(RunwayRecovered))]
[JsonSerializable(typeof(SpendAnomalous))]
[JsonSerializable(typeof(SourceStale))]
[JsonSerializable(typeof(SourceRecovered))]
[JsonSerializable(typeof(MissionLeftOpen))]
[JsonSerializable(typeof(KeyShared))]
[JsonSerializable(typeof(LargeRestatement))]
[JsonSerializable(typeof(HistoryImported))]
[JsonSerializable(typeof(AlertAcknowledged))]
[JsonSerializable(typeof(HoldTaken))]
[JsonSerializable(typeof(HoldReleased))]
[JsonSerializable(typeof(DigestComposed))]
internal sealed partial class EventJsonContext : JsonSerializerContext;

/// <summary>Enums as camelCase words, never numbers: a number in the log would bind history to the order of a source file.</summary>
internal sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
