using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Missions;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Agents;

public static class ListAgents
{
    private const int listMax = 5_000;

    [WolverineGet("/api/v1/agents"), Authorize(Policy = Scopes.Read)]
    public static async Task<AgentList> Get(IQuerySession session, TimeProvider clock, CancellationToken ct)
    {
        var known = await session.Known(ct);
        var open = await session.OpenMissions(ct);
        return new([.. known.Agents.Values.OrderBy(a => a.Id, StringComparer.Ordinal).Take(listMax).Select(a => known.Summary(a, open, clock.GetUtcNow()))]);
    }
}
