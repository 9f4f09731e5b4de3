using FluentValidation;
using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Writing;

namespace Ledger.Service.Missions;

/// <summary>Goes on with an ended mission in another window.</summary>
internal sealed record ReopenMission(string? At);

internal sealed class ReopenMissionValidator : AbstractValidator<ReopenMission>
{
    public ReopenMissionValidator() => RuleFor(r => r.At).Instant();
}

internal static class ReopenMissionEndpoint
{
    public static async Task<Answer> Post(string id, ReopenMission request, Command command, Journal journal, Registry registry, MissionFinder finder, Pollers pollers, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        using var bookmark = request.At is null ? pollers.Announce(now) : null;
        var answer = await journal.Write(command, async ct =>
        {
            var meant = await finder.Meant(id, d => MissionFinder.One(d, id), ct);
            var known = await registry.Mission(meant, ct);
            var events = known.State!.Reopen(request.At.ToInstant() ?? now, now, command.By).Events();
            var mission = events.Aggregate(known.State, Mission.Fold)!;
            return new Plan(new BookmarkAnswer(MissionBody.Of(mission, registry), null, registry.Ask(d => Overlap.Of(d, mission, now)), Queued: false))
                .Append(Mission.StreamOf(meant), known.Version, events);
        }, ct);
        StartMissionEndpoint.Ask(pollers, bookmark, answer);
        return answer;
    }
}
