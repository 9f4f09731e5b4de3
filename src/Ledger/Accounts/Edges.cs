using Ledger.Keys;
using Ledger.Missions;

namespace Ledger.Accounts;

/// <summary>
/// The instants of an account at which somebody else's time begins: a window of a mission begins or ends whose agent owns one of the
/// account's keys there, or the owners or weights of a key change. A bucket with an edge inside is read by finer ones.
/// </summary>
public static class Edges
{
    private const long microsecond = TimeSpan.TicksPerMicrosecond;

    /// <summary>The edges within a stretch of time, in order, each once.</summary>
    /// <param name="missions">Missions that may have an edge there.</param>
    /// <param name="keys">The account's keys.</param>
    /// <param name="within">The stretch.</param>
    public static IReadOnlyList<DateTimeOffset> Of(IEnumerable<Mission> missions, IReadOnlyCollection<KeyOwnership> keys, Interval within)
    {
        var edges = new SortedSet<DateTimeOffset>();
        var byAgent = new Dictionary<string, List<KeyOwnership>>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            foreach (var assignment in key.Assignments)
                if (within.Contains(assignment.From)) edges.Add(assignment.From);
            foreach (var agent in key.Assignments.SelectMany(a => a.Owners).Select(o => o.Agent).Distinct(StringComparer.Ordinal))
            {
                if (!byAgent.TryGetValue(agent, out var owned)) byAgent[agent] = owned = [];
                owned.Add(key);
            }
        }
        foreach (var mission in missions)
            foreach (var edge in mission.Intervals.SelectMany(w => new[] { w.Start, w.End }))
                if (within.Contains(edge) && mission.Agents.Any(a => byAgent.TryGetValue(a, out var owned) && owned.Exists(k => Owns(k, a, edge)))) edges.Add(edge);
        return [.. edges];
    }

    /// <summary>Whether the agent owns the key at the edge, or did until then.</summary>
    private static bool Owns(KeyOwnership key, string agent, DateTimeOffset edge) =>
        key.OwnersAt(edge).Any(o => o.Agent == agent) || key.OwnersAt(edge.AddTicks(-microsecond)).Any(o => o.Agent == agent);
}
