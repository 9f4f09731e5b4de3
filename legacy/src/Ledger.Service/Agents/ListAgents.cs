using Ledger.Service.Spend;
using Ledger.Service.Writing;

namespace Ledger.Service.Agents;

internal sealed record AgentList(IReadOnlyList<AgentBody> Agents);

internal static class ListAgents
{
    public static async Task<AgentList> Get(long? minPosition, Registry registry, ReadAt readAt, TimeProvider clock, CancellationToken ct)
    {
        await readAt.Caught(minPosition, ct);
        return new(registry.Ask(d => d.Agents.Values.OrderBy(a => a.Id, StringComparer.Ordinal).Take(5_000).Select(a => AgentBody.Of(a, d, clock.GetUtcNow())).ToArray()));
    }
}
