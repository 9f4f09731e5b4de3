using Ledger.Contracts;
using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Missions;

public static class CancelMissionEndpoint
{
    [WolverinePost("/api/v1/missions/{id}/cancel"), Authorize(Policy = Scopes.Write)]
    public static async Task<MissionEdit> Post(string id, CancelMission request, Caller caller, IDocumentSession session, MovedMoney moved, TimeProvider clock, CancellationToken ct)
    {
        _ = request;
        var known = await session.Known(ct);
        var meant = await session.MissionMeant(id, ct);
        var stream = await session.Events.FetchForWriting<Mission>(meant.Stream, ct);
        var cancelled = stream.Aggregate!.Cancel(clock.GetUtcNow().ToMicroseconds(), caller.Name);
        var answer = new MissionEdit(known.Summary(Mission.Fold(stream.Aggregate, cancelled)!), await moved.By([cancelled], ct));
        stream.AppendOne(cancelled);
        return answer;
    }
}
