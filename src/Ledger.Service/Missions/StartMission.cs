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

public sealed class StartMissionValidator : AbstractValidator<StartMission>
{
    public StartMissionValidator()
    {
        RuleFor(r => r.Title).Name().Required();
        RuleFor(r => r.At).Instant();
        RuleForEach(r => r.Agents).Required();
    }
}

public static class StartMissionEndpoint
{
    [WolverinePost("/api/v1/missions"), Authorize(Policy = Scopes.Bookmark)]
    public static async Task<(BookmarkAnswer, OutgoingMessages)> Post(StartMission request, Caller caller, IDocumentSession session, TimeProvider clock, CancellationToken ct)
    {
        var bookmark = Bookmark.Of(request.At, caller, clock);
        var known = await session.Known(ct);
        var open = await session.OpenMissions(ct);
        var agents = known.AgentIds(request.Agents, "agents");
        var started = await Started(id => Mission.Start(null, id, request.Title!.Trim(), request.Ref?.Trim(), agents, request.Weight ?? 1, bookmark.At, bookmark.Now, caller.Name)!, caller.Key, session, ct);
        if (await session.LoadAsync<Mission>(Mission.StreamOf(started.Mission), ct) is { } before)
            return (new(known.Summary(before), known.Overlaps(before, open, bookmark.Now), Queued: false, Notes(before)), []);

        var mission = Mission.Fold(null, started)!;
        session.Events.StartStream<Mission>(mission.Stream, started);
        return (new(known.Summary(mission), known.Overlaps(mission, open, bookmark.Now), Queued: false, Notes(mission)), bookmark.Polls(known));
    }

    /// <summary>
    /// The start of a mission under an id of its own: derived from the caller's key, or from the key and a number where the mission of another
    /// key has the same short hash. A mission that the same command started before, whose answer is forgotten by now, keeps its id.
    /// </summary>
    internal static async Task<MissionStarted> Started(Func<string, MissionStarted> start, string key, IQuerySession session, CancellationToken ct)
    {
        for (var n = 1; ; n++)
        {
            var wanted = start(Ids.Short("m", n == 1 ? key : $"{key}/{n}"));
            var first = await session.Events.FetchStreamAsync(Mission.StreamOf(wanted.Mission), version: 1, token: ct);
            if (first is not [{ Data: MissionStarted made }] || IsSame(made, wanted)) return wanted;
        }
    }

    /// <summary>What somebody should know of a mission that was started.</summary>
    internal static IReadOnlyList<string>? Notes(Mission mission) => Mission.NoteOn(mission.Ref) is { } note ? [note] : null;

    private static bool IsSame(MissionStarted a, MissionStarted b) =>
        a.Title == b.Title && a.Ref == b.Ref && a.Weight == b.Weight && a.By == b.By && a.Agents.SequenceEqual(b.Agents, StringComparer.Ordinal);
}
