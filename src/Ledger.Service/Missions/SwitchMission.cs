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

public sealed class SwitchMissionValidator : AbstractValidator<SwitchMission>
{
    public SwitchMissionValidator()
    {
        RuleFor(r => r.Title).Name().Required();
        RuleFor(r => r.At).Instant();
        RuleForEach(r => r.Agents).Required();
    }
}

public static class SwitchMissionEndpoint
{
    [WolverinePost("/api/v1/missions/switch"), Authorize(Policy = Scopes.Bookmark)]
    public static async Task<(SwitchAnswer, OutgoingMessages)> Post(SwitchMission request, Caller caller, IDocumentSession session, TimeProvider clock, CancellationToken ct)
    {
        var bookmark = Bookmark.Of(request.At, caller, clock);
        var known = await session.Known(ct);
        var open = await session.OpenMissions(ct);
        var named = request.Mission is null ? null : await session.MissionToEnd(request.Mission, null, ct);
        var agents = named is not null && request.Agents is not { Count: > 0 } ? named.Agents : known.AgentIds(request.Agents, "agents");

        var ended = new List<Mission>();
        foreach (var leaving in named is not null ? [named] : OnlyOpenOfEach(open, agents))
        {
            var stream = await session.Events.FetchForWriting<Mission>(leaving.Stream, ct);
            var end = stream.Aggregate!.End(bookmark.At, bookmark.Now, caller.Name);
            stream.AppendOne(end);
            ended.Add(Mission.Fold(stream.Aggregate, end)!);
        }
        var started = await StartMissionEndpoint.Started(
            id => Mission.Start(null, id, request.Title!.Trim(), request.Ref?.Trim(), agents, request.Weight ?? 1, bookmark.At, bookmark.Now, caller.Name)!, caller.Key, session, ct);
        var next = Mission.Fold(null, started)!;
        session.Events.StartStream<Mission>(next.Stream, started);

        var overlaps = known.Overlaps(next, [.. open.Where(o => ended.TrueForAll(e => e.Id != o.Id))], bookmark.Now);
        return (new([.. ended.Select(known.Summary)], known.Summary(next), overlaps, Queued: false, StartMissionEndpoint.Notes(next)), bookmark.Polls(known));
    }

    /// <summary>What each agent is on; an agent on several has to say which.</summary>
    private static Mission[] OnlyOpenOfEach(IReadOnlyList<Mission> open, IReadOnlyList<string> agents)
    {
        var leaving = new Dictionary<string, Mission>(StringComparer.Ordinal);
        foreach (var agent in agents)
        {
            var on = open.Where(m => m.Agents.Contains(agent)).ToArray();
            if (on.Length > 1) throw MissionLookup.Ambiguous(on, $"{agent} is on several missions; name the one to leave.", agent);
            if (on is [var only]) leaving[only.Id] = only;
        }
        return [.. leaving.Values.OrderBy(m => m.Id, StringComparer.Ordinal)];
    }
}
