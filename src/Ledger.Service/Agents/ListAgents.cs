using Ledger.Service.Writing;

namespace Ledger.Service.Agents;

internal sealed record AgentList(IReadOnlyList<AgentBody> Agents);

internal static class ListAgents
{
    public static AgentList Get(Registry registry, TimeProvider clock) =>
        new(registry.Ask(d => d.Agents.Values.OrderBy(a => a.Id, StringComparer.Ordinal).Take(5_000).Select(a => AgentBody.Of(a, d, clock.GetUtcNow())).ToArray()));
}
