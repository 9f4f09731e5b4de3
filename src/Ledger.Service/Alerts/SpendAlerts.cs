using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Spend;

namespace Ledger.Service.Alerts;

/// <summary>Agents that spend unlike themselves, and figures of the past that moved.</summary>
public static class SpendAlerts
{
    private static readonly Usd restatementFloor = Usd.FromCents(100);
    private static readonly TimeSpan recent = TimeSpan.FromHours(3);
    private const int restatementsMax = 50;

    /// <summary>Hours that somebody can still do something about, and that were watched from their start.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Unusual(WatchContext context, AlertCircumstances circumstances, CancellationToken ct)
    {
        var agents = context.Known.Agents.Keys.ToArray();
        if (agents.Length == 0) return [];
        var from = (context.Now - recent).FloorToHour();
        foreach (var account in context.Accounts)
            if (SpendView.BeginsToCount(account.ConnectedAt) is var counts && counts > from) from = counts;
        var groups = new List<IReadOnlyList<Finding>>();
        for (var hour = from; hour <= context.Now; hour = hour.AddHours(1)) groups.AddRange(await In(hour, agents, context, circumstances, ct));
        return groups;
    }

    /// <summary>Readings after a position that moved the past by a lot.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Restated(WatchContext context, long after, CancellationToken ct)
    {
        var restated = await context.Spend.RestatedSince(after, restatementFloor, restatementsMax, ct);
        var known = await context.Session.KnownKeys(restated.Select(KeyOf), ct);
        return
        [
            .. restated.Where(r => !known.Contains(KeyOf(r))).Select(r => (IReadOnlyList<Finding>)
            [
                new(new LargeRestatement(
                    Alert.IdOf(KeyOf(r)), KeyOf(r), Severity.Info, r.Account, context.Known.Accounts.GetValueOrDefault(r.Account)?.Label ?? r.Account, r.Moved, r.Days, r.Position, context.Now.ToMicroseconds())),
            ]),
        ];
    }

    private static async Task<IReadOnlyList<IReadOnlyList<Finding>>> In(DateTimeOffset hour, string[] agents, WatchContext context, AlertCircumstances circumstances, CancellationToken ct)
    {
        var window = new Interval(hour, hour.AddHours(1));
        var much = (await context.Spend.Sums(ScopeKind.Agent, agents, window, context.Books.Connected, ct)).Where(s => s.Value.Spent >= Anomalies.Floor).Select(s => s.Key).ToArray();
        if (much.Length == 0) return [];
        var hours = await context.Spend.SameHours(much, hour, ct);
        var firsts = await context.Spend.FirstSpend(ScopeKind.Agent, much, ct);
        var found = much
            .Select(agent => (Agent: agent, Hours: hours.GetValueOrDefault(agent, []), Key: Anomalies.KeyOf(agent, hour)))
            .Select(m => (m.Agent, m.Key, Spent: m.Hours.FirstOrDefault(h => h.Start == hour).Billed, m.Hours))
            .Select(m => (m.Agent, m.Key, m.Spent, Judged: Anomalies.Judge(m.Spent, hour, m.Hours, firsts.TryGetValue(m.Agent, out var first) ? first : null)))
            .Where(m => m.Judged is { IsAnomalous: true }).ToArray();
        var known = await context.Session.KnownKeys(found.Select(f => f.Key), ct);
        var fresh = found.Where(f => !known.Contains(f.Key)).ToArray();
        if (fresh.Length == 0) return [];
        SpendOf Spend(string agent, Usd spent) => new(new(ScopeKind.Agent, agent), window, spent);
        var why = await circumstances.Of([.. fresh.Select(f => Spend(f.Agent, f.Spent))], ct);
        return
        [
            .. fresh.Select(f => (IReadOnlyList<Finding>)
            [
                new(new SpendAnomalous(
                    Alert.IdOf(f.Key), f.Key, Severity.Warning, f.Agent, context.Known.Agents.GetValueOrDefault(f.Agent)?.Name ?? f.Agent, hour, f.Spent, f.Judged!.Value.Usual,
                    why[Spend(f.Agent, f.Spent)], context.Now.ToMicroseconds())),
            ]),
        ];
    }

    private static string KeyOf(Restated restated) => $"restated:{restated.Account}:{restated.Position}";
}
