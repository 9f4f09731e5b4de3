using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Missions;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>What alerts are about, as it is now. An alert is over when what it is about has changed, although nobody had to say so.</summary>
/// <param name="known">Accounts and keys.</param>
/// <param name="missions">Missions by id.</param>
/// <param name="budgets">Budgets by id.</param>
/// <param name="alerts">The alerts.</param>
public sealed class AlertSubjects(Known known, IReadOnlyDictionary<string, Mission> missions, IReadOnlyDictionary<string, Budget> budgets, IReadOnlyCollection<Alert> alerts)
{
    /// <summary>Of what is told by level, the alert that matters most now, by what it is about.</summary>
    private readonly IReadOnlyDictionary<string, string> worst = alerts.Where(a => a is { RecoveredAt: null, ToldBy: null }).Select(a => (Alert: a, Of: LevelsOf(a.Event))).Where(a => a.Of is not null)
        .GroupBy(a => a.Of!, a => a.Alert, StringComparer.Ordinal)
        .ToDictionary(l => l.Key, l => l.OrderByDescending(a => a.Severity).ThenByDescending(a => a.At).ThenBy(a => a.Id, StringComparer.Ordinal).First().Id, StringComparer.Ordinal);

    /// <summary>Reads what some alerts are about.</summary>
    public static async Task<AlertSubjects> Of(IQuerySession session, IReadOnlyCollection<Alert> alerts, CancellationToken ct)
    {
        var scopes = alerts.Select(a => Scope.TryParse(a.Scope, out var scope) ? scope : null).OfType<Scope>();
        var streams = alerts.Select(a => a.Budget).OfType<string>().Distinct(StringComparer.Ordinal).Select(Budget.StreamOf).ToArray();
        var budgets = streams.Length == 0 ? [] : await session.LoadManyAsync<Budget>(ct, streams);
        return new(await session.Known(ct), await session.MissionsOf(scopes, ct), budgets.ToDictionary(b => b.Id, StringComparer.Ordinal), alerts);
    }

    /// <summary>Somebody should know of it: it is not over, and no worse level of the same matter is open.</summary>
    public bool IsOpen(Alert alert, DateTimeOffset now) => alert.IsOpen(now) && !IsGone(alert.Event) && !IsReplaced(alert);

    /// <summary>The mission has ended, the key has one owner, the budget is closed, the account is no longer read.</summary>
    public bool IsGone(IAlert alert) => alert switch
    {
        MissionLeftOpen e => !(missions.TryGetValue(e.Mission, out var mission) && mission.IsOpen && mission.Windows[^1].Start == e.Since),
        KeyShared e => known.Keys.TryGetValue((e.Account, e.Shared.Key), out var key) && (key.Assignments.Count == 0 || key.Assignments[^1].Owners.Count < 2),
        BudgetThresholdCrossed e => budgets.TryGetValue(e.Budget, out var budget) && (budget.Closed || IsEnded(budget.Scope, e.Period)),
        RunwayShort e => IsRemoved(e.Account),
        SourceStale e => IsRemoved(e.Account),
        _ => false,
    };

    /// <summary>The alert as it is answered.</summary>
    public AlertSummary Summary(Alert alert, string zone, DateTimeOffset now)
    {
        var raised = alert.Event;
        var state = alert.RecoveredAt is not null ? "recovered"
            : !alert.IsOpen(now) || IsGone(raised) ? "over"
            : IsReplaced(alert) ? "replaced"
            : alert.AckedAt is not null ? "acknowledged"
            : "open";
        return new(
            alert.Id, AlertKinds.WordOf(alert.Kind), alert.Severity, Headline.Of(raised, zone, now), state, alert.At, alert.RecoveredAt, alert.AckedAt, alert.AckedBy, alert.Scope, alert.Raised);
    }

    private bool IsRemoved(string account) => known.Accounts.TryGetValue(account, out var connected) && connected.Removed;

    /// <summary>A mission's life ends with it.</summary>
    private bool IsEnded(Scope scope, string period) => scope.Kind == ScopeKind.Mission && missions.TryGetValue(scope.Value, out var mission) && (mission.Cancelled || (period == "life" && !mission.IsOpen));

    private bool IsReplaced(Alert alert) => LevelsOf(alert.Event) is { } levels && worst.TryGetValue(levels, out var id) && id != alert.Id;

    /// <summary>What the levels of an alert are levels of: a budget's window, an account's credit. Null: it knows none.</summary>
    private static string? LevelsOf(IAlert alert) => alert switch
    {
        BudgetThresholdCrossed e => $"budget:{e.Budget}:{e.Period}:{BudgetState.WindowOf(e.Period, e.Window)}",
        RunwayShort e => $"runway:{e.Account}",
        _ => null,
    };
}
