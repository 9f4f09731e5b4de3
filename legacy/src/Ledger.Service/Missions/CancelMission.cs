using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Missions;

/// <summary>Counts a mission as never begun: its spend goes back to whom it came from.</summary>
internal sealed record CancelMission;

internal static class CancelMissionEndpoint
{
    public static async Task<Answer> Post(string id, CancelMission request, Command command, Journal journal, Registry registry, MissionFinder finder, Moved moved, TimeProvider clock, CancellationToken ct)
    {
        _ = request;
        var now = clock.GetUtcNow().ToMicroseconds();
        var answer = await journal.Write(command, async ct =>
        {
            var meant = await finder.Meant(id, d => MissionFinder.One(d, id), ct);
            var known = await registry.Mission(meant, ct);
            var events = known.State!.Cancel(now, command.By).Events();
            return new Plan(new EditAnswer(MissionBody.Of(events.Aggregate(known.State, Mission.Fold)!, registry), null, null))
                .Append(Mission.StreamOf(meant), known.Version, events);
        }, ct);
        return await moved.AddTo(answer, ct);
    }
}
