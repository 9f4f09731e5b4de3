using FluentValidation;
using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Writing;

namespace Ledger.Service.Missions;

/// <summary>Ends a mission's open window, now or at a time given, and asks for a reading at that edge.</summary>
internal sealed record EndMission(string? Mission, string? Agent, string? At);

internal sealed class EndMissionValidator : AbstractValidator<EndMission>
{
    public EndMissionValidator() => RuleFor(r => r.At).Instant();
}

internal static class EndMissionEndpoint
{
    public static async Task<Answer> Post(EndMission request, Command command, Journal journal, Registry registry, MissionFinder finder, Pollers pollers, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        using var bookmark = request.At is null ? pollers.Announce(now) : null;
        var answer = await journal.Write(command, async ct =>
        {
            // Without a name it is somebody's own mission: never that of another agent who happens to be the only one at work.
            var agent = request.Agent is not null ? await finder.Agent(request.Agent, "agent", ct)
                : request.Mission is null ? await finder.OnlyAgent("agent", ct)
                : null;
            var id = await finder.Meant(request.Mission, d => MissionFinder.ToEnd(d, request.Mission, agent), ct);
            var known = await registry.Mission(id, ct);
            var events = known.State!.End(request.At.ToInstant() ?? now, now, command.By).Events();
            return new Plan(new BookmarkAnswer(MissionBody.Of(events.Aggregate(known.State, Mission.Fold)!, registry), null, [], Queued: false))
                .Append(Mission.StreamOf(id), known.Version, events);
        }, ct);
        StartMissionEndpoint.Ask(pollers, bookmark, answer);
        return answer;
    }
}
