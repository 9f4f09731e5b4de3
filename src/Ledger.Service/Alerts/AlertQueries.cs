using Ledger.Alerts;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>What people were told of already. An alert's id follows from its key, so the same trouble is found under the same id.</summary>
public static class AlertQueries
{
    private const int idsPerQuery = 1_000;
    private const int openMax = 10_000;
    private const int openAboutMax = 100;

    /// <summary>Which of these keys have an alert.</summary>
    public static async Task<IReadOnlySet<string>> KnownKeys(this IQuerySession session, IEnumerable<string> keys, CancellationToken ct)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var some in keys.Distinct(StringComparer.Ordinal).Chunk(idsPerQuery))
        {
            var byStream = some.ToDictionary(k => Alert.StreamOf(Alert.IdOf(k)), StringComparer.Ordinal);
            var streams = byStream.Keys.ToArray();
            foreach (var stream in await session.Query<Alert>().Where(a => a.Stream.IsOneOf(streams)).Select(a => a.Stream).ToListAsync(ct))
                known.Add(byStream[stream]);
        }
        return known;
    }

    /// <summary>What somebody should look at, the latest first: told of, not over, and nobody said that they had seen it.</summary>
    public static async Task<IReadOnlyList<Alert>> OpenAlerts(this IQuerySession session, DateTimeOffset now, int max, CancellationToken ct)
    {
        var open = await session.Query<Alert>().Where(a => a.ToldBy == null && a.AckedAt == null && a.RecoveredAt == null && (a.Until == null || a.Until > now))
            .OrderByDescending(a => a.At).Take(max).ToListAsync(ct);
        var subjects = await AlertSubjects.Of(session, [.. open], ct);
        return [.. open.Where(a => !subjects.IsGone(a.Event))];
    }

    /// <summary>Open alerts of budgets, in the order they were raised.</summary>
    public static Task<IReadOnlyList<Alert>> OpenBudgetAlerts(this IQuerySession session, DateTimeOffset now, CancellationToken ct) => session.Query<Alert>()
        .Where(a => a.Kind == AlertKinds.Budget && a.RecoveredAt == null && (a.Until == null || a.Until > now)).OrderBy(a => a.At).Take(openMax).ToListAsync(ct);

    /// <summary>Alerts of one kind about one scope that did not recover; the last hundred, in the order they were raised.</summary>
    public static async Task<IReadOnlyList<Alert>> OpenAbout(this IQuerySession session, string scope, string kind, CancellationToken ct) =>
    [
        .. (await session.Query<Alert>().Where(a => a.Kind == kind && a.Scope == scope && a.RecoveredAt == null).OrderByDescending(a => a.At).Take(openAboutMax).ToListAsync(ct)).Reverse(),
    ];
}
