using FluentValidation;
using Ledger.Contracts;
using Ledger.Missions;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine;
using Wolverine.Http;

namespace Ledger.Service.Missions;

public sealed class EndMissionValidator : AbstractValidator<EndMission>
{
    public EndMissionValidator() => RuleFor(r => r.At).Instant();
}

public static class EndMissionEndpoint
{
    [WolverinePost("/api/v1/missions/end"), Authorize(Policy = Scopes.Bookmark)]
    public static async Task<(BookmarkAnswer, OutgoingMessages)> Post(EndMission request, Caller caller, IDocumentSession session, TimeProvider clock, CancellationToken ct)
    {
        var bookmark = Bookmark.Of(request.At, caller, clock);
        var known = await session.Known(ct);
        // Without a name it is somebody's own mission: never that of another agent who happens to be the only one at work.
        var agent = request.Agent is not null ? known.AgentId(request.Agent, "agent")
            : request.Mission is null ? known.OnlyAgentId("agent")
            : null;
        var meant = await session.MissionToEnd(request.Mission, agent, ct);
        var stream = await session.Events.FetchForWriting<Mission>(meant.Stream, ct);
        var ended = stream.Aggregate!.End(bookmark.At, bookmark.Now, caller.Name);
        stream.AppendOne(ended);
        return (new(known.Summary(Mission.Fold(stream.Aggregate, ended)!), [], Queued: false), bookmark.Polls(known));
    }
}
