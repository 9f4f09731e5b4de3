using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;

namespace Ledger.Service.Agents;

/// <summary>An agent as it is answered.</summary>
/// <param name="Id">Id.</param>
/// <param name="Name">Name.</param>
/// <param name="Idle">What becomes of its time without a mission.</param>
/// <param name="Keys">The keys it owns now.</param>
/// <param name="OpenMissions">The missions it is on.</param>
internal sealed record AgentBody(string Id, string Name, IdleRule Idle, IReadOnlyList<OwnedKey> Keys, IReadOnlyList<string> OpenMissions)
{
    public static AgentBody Of(Agent agent, AttributionContext known, DateTimeOffset now) => new(
        agent.Id, agent.Name, agent.Idle,
        [.. known.Keys.Values.SelectMany(k => k.OwnersAt(now).Where(o => o.Agent == agent.Id).Select(o => OwnedKey.Of(k, o))).OrderBy(k => k.Account, StringComparer.Ordinal).ThenBy(k => k.Key, StringComparer.Ordinal)],
        [.. known.Missions.Values.Where(m => m.State == MissionState.Open && m.Agents.Contains(agent.Id)).Select(m => m.Id).Order(StringComparer.Ordinal)]);
}

internal sealed record OwnedKey(string Account, string Key, string? Name, int Weight)
{
    public static OwnedKey Of(KeyOwnership key, Owner owner) => new(key.Account, key.Key, key.Name, owner.Weight);
}

internal sealed record AgentAnswer(AgentBody Agent, long? Position);
