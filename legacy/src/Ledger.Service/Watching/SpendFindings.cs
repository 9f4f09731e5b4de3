using Ledger.Budgets;
using Ledger.Money;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Agents that spend unlike themselves, and figures of the past that moved.</summary>
internal static class SpendFindings
{
    private static readonly Usd restatementFloor = Usd.FromCents(100);
    private static readonly TimeSpan recent = TimeSpan.FromHours(3);
    private const int restatementsMax = 50;

    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Anomalous(Look look, Advisor advisor, Changed changed, CancellationToken ct)
    {
        var groups = new List<IReadOnlyList<Finding>>();
        // Only hours that somebody can still do something about, and that were watched from their start.
        var from = HourOf(look.Now - recent);
        foreach (var account in look.Accounts.Values)
            if (!account.Removed && WatchSnapshot.BeginsToCount(account.ConnectedAt) is var counts && counts > from) from = counts;
        for (var hour = from; hour <= look.Now; hour = hour.AddHours(1))
        {
            var agents = changed.Values.Where(c => c.Key is { Kind: ScopeKind.Agent, Value.Length: > 0 } && c.Value.Start < hour.AddHours(1) && c.Value.End >= hour).Select(c => c.Key.Value).ToArray();
            if (agents.Length > 0) groups.AddRange(await In(hour, agents, look, advisor, ct));
        }
        return groups;
    }

    /// <summary>Readings after a position that moved the past by a lot.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Restatements(Look look, long after, CancellationToken ct)
    {
        var restated = await look.Views.RestatedSince(after, restatementFloor, restatementsMax, ct);
        var known = await look.Views.KnownKeys([.. restated.Select(KeyOf)], ct);
        return
        [
            .. restated.Where(r => !known.Contains(KeyOf(r))).Select(r => (IReadOnlyList<Finding>)
            [
                new(new LargeRestatement(Alert.IdOf(KeyOf(r)), KeyOf(r), Severity.Info, r.Account, look.Accounts.TryGetValue(r.Account, out var account) ? account.Label : r.Account, r.Moved, r.Days, r.Position, look.Now.ToMicroseconds())),
            ]),
        ];
    }

    private static async Task<IReadOnlyList<IReadOnlyList<Finding>>> In(DateTimeOffset hour, string[] agents, Look look, Advisor advisor, CancellationToken ct)
    {
        var hours = await look.Views.SameHours(agents, hour, ct);
        var much = hours.Select(h => (Agent: h.Key, Hours: h.Value, Spent: h.Value.FirstOrDefault(s => s.Start == hour).Billed)).Where(h => h.Spent >= Anomalies.Floor).ToArray();
        if (much.Length == 0) return [];
        var firsts = await look.Views.FirstSpend(ScopeKind.Agent, [.. much.Select(m => m.Agent)], [], ct);
        var found = much
            .Select(m => (m.Agent, m.Spent, Judged: Anomalies.Judge(m.Spent, hour, m.Hours, firsts.TryGetValue(m.Agent, out var first) ? first : null), Key: Anomalies.KeyOf(m.Agent, hour)))
            .Where(m => m.Judged is { IsAnomalous: true }).ToArray();
        var known = await look.Views.KnownKeys([.. found.Select(f => f.Key)], ct);
        var fresh = found.Where(f => !known.Contains(f.Key)).ToArray();
        if (fresh.Length == 0) return [];
        var window = new Interval(hour, hour.AddHours(1));
        var circumstances = await advisor.Of([.. fresh.Select(f => new Subject(new(ScopeKind.Agent, f.Agent), window, f.Spent))], ct);
        return
        [
            .. fresh.Select(f => (IReadOnlyList<Finding>)
            [
                new(new SpendAnomalous(
                    Alert.IdOf(f.Key), f.Key, Severity.Warning, f.Agent, look.Books.Ask(d => d.Agents.GetValueOrDefault(f.Agent))?.Name ?? f.Agent, hour, f.Spent, f.Judged!.Value.Usual,
                    circumstances[new(new(ScopeKind.Agent, f.Agent), window, f.Spent)], look.Now.ToMicroseconds())),
            ]),
        ];
    }

    private static string KeyOf(Restated restated) => $"restated:{restated.Account}:{restated.Position}";

    private static DateTimeOffset HourOf(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
}
