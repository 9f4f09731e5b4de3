using FluentValidation;
using Ledger.Contracts;
using Ledger.Missions;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Missions;

public sealed class EditMissionValidator : AbstractValidator<EditMission>
{
    public EditMissionValidator()
    {
        RuleFor(r => r.Start).Instant();
        RuleFor(r => r.End).Instant();
        RuleFor(r => r.Title).Name();
        RuleForEach(r => r.Agents).Required();
    }
}

public static class EditMissionEndpoint
{
    [WolverinePatch("/api/v1/missions/{id}"), Authorize(Policy = Scopes.Write)]
    public static async Task<MissionEdit> Patch(string id, EditMission request, Caller caller, IDocumentSession session, MovedMoney moved, TimeProvider clock, CancellationToken ct)
    {
        var known = await session.Known(ct);
        var meant = await session.MissionMeant(id, ct);
        var agents = request.Agents is { Count: > 0 } ? known.AgentIds(request.Agents, "agents") : request.Agents;
        var stream = await session.Events.FetchForWriting<Mission>(meant.Stream, ct);
        var edits = stream.Aggregate!.Edit(
            request.Start.ToInstant(), request.End.ToInstant(), request.Title?.Trim(), request.Ref?.Trim(), agents, request.Weight, clock.GetUtcNow().ToMicroseconds(), caller.Name);
        var answer = new MissionEdit(known.Summary(edits.Aggregate(stream.Aggregate, (m, e) => Mission.Fold(m, e)!)), await moved.By(edits, ct));
        stream.AppendMany(edits);
        return answer;
    }
}
