using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Digests;
using Ledger.Missions;
using Ledger.Spend;

namespace Ledger.Contracts;

/// <summary>
/// How requests and answers are read and written, without reflection: the conventions of <see cref="LedgerJson"/>. What a request or an answer
/// is made of comes with it.
/// </summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters =
    [
        typeof(InstantJsonConverter), typeof(WordJsonConverter<IdleRule>), typeof(WordJsonConverter<Method>), typeof(WordJsonConverter<MissionState>), typeof(WordJsonConverter<Severity>),
    ])]
[JsonSerializable(typeof(ConnectAccount))]
[JsonSerializable(typeof(RotateKey))]
[JsonSerializable(typeof(EditAccount))]
[JsonSerializable(typeof(SyncAccount))]
[JsonSerializable(typeof(TestAccount))]
[JsonSerializable(typeof(ConnectedAccount))]
[JsonSerializable(typeof(SyncedAccount))]
[JsonSerializable(typeof(TestedAccount))]
[JsonSerializable(typeof(AccountAnswer))]
[JsonSerializable(typeof(AccountList))]
[JsonSerializable(typeof(AddAgent))]
[JsonSerializable(typeof(EditAgent))]
[JsonSerializable(typeof(AddAgentsFromKeys))]
[JsonSerializable(typeof(AgentsFromKeys))]
[JsonSerializable(typeof(AgentAnswer))]
[JsonSerializable(typeof(AgentList))]
[JsonSerializable(typeof(AssignKey))]
[JsonSerializable(typeof(KeyAnswer))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(StartMission))]
[JsonSerializable(typeof(EndMission))]
[JsonSerializable(typeof(SwitchMission))]
[JsonSerializable(typeof(ReopenMission))]
[JsonSerializable(typeof(EditMission))]
[JsonSerializable(typeof(CancelMission))]
[JsonSerializable(typeof(BookmarkAnswer))]
[JsonSerializable(typeof(SwitchAnswer))]
[JsonSerializable(typeof(MissionEdit))]
[JsonSerializable(typeof(MissionList))]
[JsonSerializable(typeof(MissionCost))]
[JsonSerializable(typeof(MissionExplanation))]
[JsonSerializable(typeof(MissionDiff))]
[JsonSerializable(typeof(SpendReport))]
[JsonSerializable(typeof(SetBudget))]
[JsonSerializable(typeof(RaiseBudget))]
[JsonSerializable(typeof(PlanBudgets))]
[JsonSerializable(typeof(ApplyBudgets))]
[JsonSerializable(typeof(BacktestBudgets))]
[JsonSerializable(typeof(BudgetAnswer))]
[JsonSerializable(typeof(BudgetList))]
[JsonSerializable(typeof(BudgetPlan))]
[JsonSerializable(typeof(BacktestAnswer))]
[JsonSerializable(typeof(RunwayList))]
[JsonSerializable(typeof(ScopeForecast))]
[JsonSerializable(typeof(TakeHold))]
[JsonSerializable(typeof(GuardSummary))]
[JsonSerializable(typeof(HoldAnswer))]
[JsonSerializable(typeof(HoldList))]
[JsonSerializable(typeof(TestAlert))]
[JsonSerializable(typeof(AlertAnswer))]
[JsonSerializable(typeof(AlertList))]
[JsonSerializable(typeof(TestedAlert))]
[JsonSerializable(typeof(Outbox))]
[JsonSerializable(typeof(RetriedMessage))]
[JsonSerializable(typeof(SendDigest))]
[JsonSerializable(typeof(SentDigest))]
[JsonSerializable(typeof(DigestList))]
[JsonSerializable(typeof(Digest))]
[JsonSerializable(typeof(Rebuild))]
[JsonSerializable(typeof(Rebuilt))]
[JsonSerializable(typeof(Verified))]
[JsonSerializable(typeof(ServiceStatus))]
[JsonSerializable(typeof(Diagnosis))]
[JsonSerializable(typeof(LiveStatus))]
[JsonSerializable(typeof(ReadyStatus))]
[JsonSerializable(typeof(CreateToken))]
[JsonSerializable(typeof(TokenCreated))]
[JsonSerializable(typeof(TokenList))]
[JsonSerializable(typeof(TokenRevoked))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ContractsJson : JsonSerializerContext;

/// <summary>An enum as camelCase words, never as numbers.</summary>
/// <typeparam name="TEnum">The enum.</typeparam>
public sealed class WordJsonConverter<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where TEnum : struct, Enum;
