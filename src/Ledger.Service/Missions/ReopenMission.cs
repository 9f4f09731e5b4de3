using FluentValidation;
using Ledger.Contracts;
using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine;
using Wolverine.Http;

namespace Ledger.Service.Missions;

public sealed class ReopenMissionValidator : AbstractValidator<ReopenMission>
{
    public ReopenMissionValidator() => RuleFor(r => r.At).Instant();
}

public static class ReopenMissionEndpoint
{
    [WolverinePost("/api/v1/missions/{id}/reopen"), Authorize(Policy = Scopes.Bookmark)]
    public static async Task<(BookmarkAnswer, OutgoingMessages)> Post(string id, ReopenMission request, Caller caller, IDocumentSession session, TimeProvider clock, CancellationToken ct)
    {
        var bookmark = Bookmark.Of(request.At, caller, clock);
        var known = await session.Known(ct);
        var open = await session.OpenMissions(ct);
        var meant = await session.MissionMeant(id, ct);
        var stream = await session.Events.FetchForWriting<Mission>(meant.Stream, ct);
        var reopened = stream.Aggregate!.Reopen(bookmark.At, bookmark.Now, caller.Name);
        stream.AppendOne(reopened);
        var mission = Mission.Fold(stream.Aggregate, reopened)!;
        return (new(known.Summary(mission), known.Overlaps(mission, open, bookmark.Now), Queued: false), bookmark.Polls(known));
    }
}
