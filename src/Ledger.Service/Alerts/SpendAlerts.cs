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
    private const int restatementsMax = 1_000;

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

    /// <summary>
    /// Accounts whose settled figures moved by a lot since people were last told, at most once a day each: the net, so that a figure that goes to and fro is no
    /// news. What nobody is told of yet is carried on.
    /// </summary>
    /// <param name="context">The books.</param>
    /// <param name="after">The last position that was looked at.</param>
    /// <param name="untold">What had moved up to there and was not told, by account.</param>
    /// <param name="zone">The team's time zone, which says what a day is.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<(IReadOnlyList<IReadOnlyList<Finding>> Found, IReadOnlyDictionary<string, UntoldMove> Untold)> Restated(
        WatchContext context, long after, IReadOnlyDictionary<string, UntoldMove> untold, string zone, CancellationToken ct)
    {
        var moves = new Dictionary<string, UntoldMove>(untold, StringComparer.Ordinal);
        foreach (var restated in await context.Spend.RestatedSince(after, context.Known.Accounts.ToDictionary(a => a.Key, a => a.Value.LagSeconds, StringComparer.Ordinal), restatementsMax, ct))
            moves[restated.Account] = moves.GetValueOrDefault(restated.Account) is { } before ? new(before.Moved + restated.Moved, before.Days.Spanning(restated.Days), restated.Position) : new(restated.Moved, restated.Days, restated.Position);
        foreach (var (account, none) in moves.Where(m => m.Value.Moved == Usd.Zero).ToArray()) moves.Remove(account);

        var large = moves.Where(m => (m.Value.Moved < Usd.Zero ? -m.Value.Moved : m.Value.Moved) >= restatementFloor).ToArray();
        string KeyOf(string account) => $"restated:{account}:{Calendar.DateOf(context.Now, zone):yyyy-MM-dd}";
        var known = await context.Session.KnownKeys(large.Select(m => KeyOf(m.Key)), ct);
        var told = large.Where(m => !known.Contains(KeyOf(m.Key))).OrderBy(m => m.Key, StringComparer.Ordinal).ToArray();
        foreach (var (account, _) in told) moves.Remove(account);
        return (
            [
                .. told.Select(m => (IReadOnlyList<Finding>)
                [
                    new(new LargeRestatement(
                        Alert.IdOf(KeyOf(m.Key)), KeyOf(m.Key), Severity.Info, m.Key, context.Known.Accounts.GetValueOrDefault(m.Key)?.Label ?? m.Key, m.Value.Moved, m.Value.Days, m.Value.Position,
                        context.Now.ToMicroseconds())),
                ]),
            ], moves);
    }

    private static async Task<IReadOnlyList<IReadOnlyList<Finding>>> In(DateTimeOffset hour, string[] agents, WatchContext context, AlertCircumstances circumstances, CancellationToken ct)
    {
        var window = new Interval(hour, hour.AddHours(1));
        var much = (await context.Spend.Sums(ScopeKind.Agent, agents, window, context.Books.Connected, ct)).Where(s => s.Value.Spent >= Anomalies.Floor).Select(s => s.Key).ToArray();
        if (much.Length == 0) return [];
        var hours = await context.Spend.SameHours(much, hour, ct);
        var firsts = await context.Spend.FirstSpend(ScopeKind.Agent, much, ct);
        var days = await context.Spend.DaysWithSpend(much, hour, Anomalies.Days, ct);
        var found = much
            .Select(agent => (Agent: agent, Hours: hours.GetValueOrDefault(agent, []), Key: Anomalies.KeyOf(agent, hour)))
            .Select(m => (m.Agent, m.Key, Spent: m.Hours.FirstOrDefault(h => h.Start == hour).Billed, m.Hours))
            .Select(m => (m.Agent, m.Key, m.Spent, Judged: Anomalies.Judge(m.Spent, hour, m.Hours, firsts.TryGetValue(m.Agent, out var first) ? first : null, days.GetValueOrDefault(m.Agent))))
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
}
