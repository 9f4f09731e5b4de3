using Ledger.Alerts;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>The key a threshold has by now.</summary>
/// <param name="Key">The key.</param>
/// <param name="Recoveries">How often it recovered.</param>
/// <param name="IsOpen">It is crossed, and was found.</param>
/// <param name="IsStillSaid">It recovered, and that is held back still: people believe that it is crossed.</param>
public sealed record ArmedKey(string Key, int Recoveries, bool IsOpen, bool IsStillSaid);

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

    /// <summary>The keys that thresholds have by now: each recovery arms them anew.</summary>
    /// <param name="session">Reads.</param>
    /// <param name="matters">Keys as if nothing had recovered.</param>
    /// <param name="now">Now.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<IReadOnlyDictionary<string, ArmedKey>> Armed(this IQuerySession session, IEnumerable<string> matters, DateTimeOffset now, CancellationToken ct)
    {
        var armed = matters.Distinct(StringComparer.Ordinal).ToDictionary(m => m, m => new ArmedKey(m, 0, false, false), StringComparer.Ordinal);
        for (var pending = armed.Keys.ToList(); pending.Count > 0;)
        {
            var known = await session.ByKeys(pending.Select(m => armed[m].Key), ct);
            pending.RemoveAll(m => !known.ContainsKey(armed[m].Key));
            foreach (var matter in pending)
            {
                var (key, recoveries) = (armed[matter].Key, armed[matter].Recoveries);
                armed[matter] = known[key].RecoveredAt is { } at
                    ? new(Alert.KeyAgain(matter, recoveries + 1), recoveries + 1, false, known[key].Event is not BudgetThresholdCrossed { Quiet: true } && now - at < Crossings.GoodNewsWaits)
                    : armed[matter] with { IsOpen = true };
            }
            pending.RemoveAll(m => armed[m].IsOpen);
        }
        return armed;
    }

    /// <summary>Alerts by their keys; those that are not there are left out.</summary>
    public static async Task<IReadOnlyDictionary<string, Alert>> ByKeys(this IQuerySession session, IEnumerable<string> keys, CancellationToken ct)
    {
        var found = new Dictionary<string, Alert>(StringComparer.Ordinal);
        foreach (var some in keys.Distinct(StringComparer.Ordinal).Chunk(idsPerQuery))
        {
            var streams = some.Select(k => Alert.StreamOf(Alert.IdOf(k))).ToArray();
            foreach (var alert in await session.Query<Alert>().Where(a => a.Stream.IsOneOf(streams)).ToListAsync(ct)) found[alert.Key] = alert;
        }
        return found;
    }

    /// <summary>Whether a matter came again after an instant.</summary>
    public static async Task<bool> CameAgain(this IQuerySession session, Alert over, CancellationToken ct)
    {
        var (kind, scope, at, matter) = (over.Kind, over.Scope, over.RecoveredAt, Alert.MatterOf(over.Key));
        var since = await session.Query<Alert>().Where(a => a.Kind == kind && a.Scope == scope && a.At >= at).OrderByDescending(a => a.At).Take(openMax).Select(a => a.Key).ToListAsync(ct);
        return since.Any(k => Alert.MatterOf(k) == matter);
    }

    /// <summary>What somebody should look at, the latest first: told of, not over, and nobody said that they had seen it.</summary>
    public static async Task<IReadOnlyList<Alert>> OpenAlerts(this IQuerySession session, DateTimeOffset now, int max, CancellationToken ct)
    {
        var open = await session.Query<Alert>().Where(a => a.ToldBy == null && a.RecoveredAt == null && (a.Until == null || a.Until > now))
            .OrderByDescending(a => a.At).ThenBy(a => a.Stream).Take(max).ToListAsync(ct);
        var subjects = await AlertSubjects.Of(session, [.. open], ct);
        return [.. open.Where(a => a.AckedAt is null && subjects.IsOpen(a, now))];
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
