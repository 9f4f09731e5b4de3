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
public sealed class AlertSubjects(Known known, IReadOnlyDictionary<string, Mission> missions, IReadOnlyDictionary<string, Budget> budgets)
{
    /// <summary>Reads what some alerts are about.</summary>
    public static async Task<AlertSubjects> Of(IQuerySession session, IReadOnlyCollection<Alert> alerts, CancellationToken ct)
    {
        var scopes = alerts.Select(a => Scope.TryParse(a.Scope, out var scope) ? scope : null).OfType<Scope>();
        var streams = alerts.Select(a => a.Budget).OfType<string>().Distinct(StringComparer.Ordinal).Select(Budget.StreamOf).ToArray();
        var budgets = streams.Length == 0 ? [] : await session.LoadManyAsync<Budget>(ct, streams);
        return new(await session.Known(ct), await session.MissionsOf(scopes, ct), budgets.ToDictionary(b => b.Id, StringComparer.Ordinal));
    }

    /// <summary>The mission has ended, the key has one owner, the budget is closed, the account is no longer read.</summary>
    public bool IsGone(IAlert alert) => alert switch
    {
        MissionLeftOpen e => !(missions.TryGetValue(e.Mission, out var mission) && mission.IsOpen && mission.Windows[^1].Start == e.Since),
        KeyShared e => known.Keys.TryGetValue((e.Account, e.Shared.Key), out var key) && (key.Assignments.Count == 0 || key.Assignments[^1].Owners.Count < 2),
        BudgetThresholdCrossed e => budgets.TryGetValue(e.Budget, out var budget) && (budget.Closed || IsCancelled(budget.Scope)),
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
            : alert.AckedAt is not null ? "acknowledged"
            : "open";
        return new(
            alert.Id, AlertKinds.WordOf(alert.Kind), alert.Severity, Headline.Of(raised, zone), state, alert.At, alert.RecoveredAt, alert.AckedAt, alert.AckedBy, alert.Scope, alert.Raised);
    }

    private bool IsRemoved(string account) => known.Accounts.TryGetValue(account, out var connected) && connected.Removed;

    private bool IsCancelled(Scope scope) => scope.Kind == ScopeKind.Mission && missions.TryGetValue(scope.Value, out var mission) && mission.Cancelled;
}
