using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Alerts;

/// <summary>Something people were told of, and what became of it.</summary>
public sealed record Alert
{
    /// <summary>The stored names of the events that raise an alert. A name is a contract: never reused, never changed.</summary>
    public static IReadOnlyDictionary<Type, string> StoredNames { get; } = new Dictionary<Type, string>
    {
        [typeof(BudgetThresholdCrossed)] = "budget-threshold-crossed.v1",
        [typeof(RunwayShort)] = "runway-short.v1",
        [typeof(SpendAnomalous)] = "spend-anomalous.v1",
        [typeof(SourceStale)] = "source-stale.v1",
        [typeof(MissionLeftOpen)] = "mission-left-open.v1",
        [typeof(KeyShared)] = "key-shared.v1",
        [typeof(LargeRestatement)] = "large-restatement.v1",
        [typeof(HistoryImported)] = "history-imported.v1",
    };

    /// <summary>Derived from the key: the same trouble has the same alert.</summary>
    public required string Id { get; init; }

    /// <summary>What makes it this alert: budget, period, basis, threshold …</summary>
    public required string Key { get; init; }

    /// <summary>The stored name of its event without the version: <c>budget-threshold-crossed</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>How much it matters.</summary>
    public required Severity Severity { get; init; }

    /// <summary>What it is about, as a scope is written.</summary>
    public required string Scope { get; init; }

    /// <summary>Budget id; null for other kinds.</summary>
    public string? Budget { get; init; }

    /// <summary>When it was raised.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>End of the window it speaks of; null: it speaks of none.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>When it was over; null: it is not, as far as anybody said.</summary>
    public DateTimeOffset? RecoveredAt { get; init; }

    /// <summary>When somebody had seen it; null: nobody said so.</summary>
    public DateTimeOffset? AckedAt { get; init; }

    /// <summary>Who had seen it.</summary>
    public string? AckedBy { get; init; }

    /// <summary>The alert whose message tells of this one too; null: it has its own.</summary>
    public string? ToldBy { get; init; }

    /// <summary>The stored name of its event: how <see cref="Raised"/> is read.</summary>
    public required string Type { get; init; }

    /// <summary>The event that raised it, as it is stored.</summary>
    public required JsonElement Raised { get; init; }

    /// <summary>The event that raised it.</summary>
    [JsonIgnore]
    public IAlert Event => StoredNames.FirstOrDefault(n => n.Value == Type).Key is { } type
        ? (IAlert)Raised.Deserialize(type, LedgerJson.Options)!
        : throw new InvalidOperationException($"{Type} raises no alert that is known here.");

    /// <summary>The name of its stream.</summary>
    public string Stream { get => field ?? StreamOf(Id); init; }

    /// <summary>The stream of an alert: itself, its recovery, its acknowledgement.</summary>
    public static string StreamOf(string id) => $"alert-{id}";

    /// <summary>The id that follows from a key.</summary>
    public static string IdOf(string key) => Ids.Short("a", key);

    /// <summary>
    /// The trouble an alert is about, however often it recovered and came again: <c>budget:…:100%</c>, <c>runway:xai-1:24h</c>, <c>stale:xai-1</c>.
    /// </summary>
    public static string MatterOf(string key) => key switch
    {
        _ when key.StartsWith("runway:", StringComparison.Ordinal) => key[..key.LastIndexOf(':')],
        _ when key.StartsWith("stale:", StringComparison.Ordinal) => string.Join(':', key.Split(':')[..2]),
        _ when key.LastIndexOf(":again-", StringComparison.Ordinal) is > 0 and var again => key[..again],
        _ => key,
    };

    /// <summary>The key of a threshold that recovered some times and is armed anew.</summary>
    public static string KeyAgain(string matter, int recoveries) => recoveries == 0 ? matter : string.Create(CultureInfo.InvariantCulture, $"{matter}:again-{recoveries}");

    /// <summary>The stored name of an event without its version: <c>budget-threshold-crossed</c>.</summary>
    public static string KindOf(string storedName) => storedName.LastIndexOf(".v", StringComparison.Ordinal) is > 0 and var dot ? storedName[..dot] : storedName;

    /// <summary>Neither recovered nor of a window that is over.</summary>
    public bool IsOpen(DateTimeOffset now) => RecoveredAt is null && (Until is not { } until || until > now);

    /// <summary>Folds an event of the alert's stream. The first recovery and the first acknowledgement count. Total: an event of another kind changes nothing.</summary>
    public static Alert? Fold(Alert? alert, ILedgerEvent happened) => (alert, happened) switch
    {
        (null, IAlert e) => Of(e),
        ({ RecoveredAt: null } a, IRecovery e) => a with { RecoveredAt = e.At },
        ({ AckedAt: null } a, AlertAcknowledged e) => a with { AckedAt = e.At, AckedBy = e.By },
        _ => alert,
    };

    private static Alert Of(IAlert raised)
    {
        var (type, name) = (raised.GetType(), StoredNames[raised.GetType()]);
        var (scope, budget, until) = About(raised);
        return new()
        {
            Id = raised.Alert,
            Key = raised.Key,
            Kind = KindOf(name),
            Severity = raised.Severity,
            Scope = scope,
            Budget = budget,
            At = raised.At,
            Until = until,
            ToldBy = raised switch { BudgetThresholdCrossed e => e.ToldBy, RunwayShort e => e.ToldBy, _ => null },
            Type = name,
            Raised = JsonSerializer.SerializeToElement(raised, type, LedgerJson.Options),
        };
    }

    private static (string Scope, string? Budget, DateTimeOffset? Until) About(IAlert alert) => alert switch
    {
        BudgetThresholdCrossed e => (e.Scope, e.Budget, e.Window.End < Instants.Max ? e.Window.End : null),
        RunwayShort e => ($"account:{e.Account}", null, null),
        SpendAnomalous e => ($"agent:{e.Agent}", null, e.Hour.AddDays(1)),
        SourceStale e => ($"account:{e.Account}", null, null),
        MissionLeftOpen e => ($"mission:{e.Mission}", null, null),
        KeyShared e => ($"key:{e.Shared.Key}", null, null),
        LargeRestatement e => ($"account:{e.Account}", null, e.At.AddDays(7)),
        HistoryImported e => ($"account:{e.Account}", null, e.At.AddDays(1)),
        _ => ("all", null, null),
    };
}
