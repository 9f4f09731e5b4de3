using FluentValidation;
using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Missions;

/// <summary>Moves a mission's first or last edge, or changes its title, reference, agents or weight. Its lines are allocated anew.</summary>
internal sealed record EditMission(string? Start, string? End, string? Title, string? Ref, IReadOnlyList<string>? Agents, int? Weight);

internal sealed class EditMissionValidator : AbstractValidator<EditMission>
{
    public EditMissionValidator()
    {
        RuleFor(r => r.Start).Instant();
        RuleFor(r => r.End).Instant();
        RuleFor(r => r.Title).Name();
        RuleForEach(r => r.Agents).Required();
    }
}

internal static class EditMissionEndpoint
{
    public static async Task<Answer> Patch(string id, EditMission request, Command command, Journal journal, Registry registry, MissionFinder finder, Moved moved, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var answer = await journal.Write(command, async ct =>
        {
            var meant = await finder.Meant(id, d => MissionFinder.One(d, id), ct);
            var agents = request.Agents is null ? null : request.Agents.Count == 0 ? [] : await finder.Agents(request.Agents, ct);
            var known = await registry.Mission(meant, ct);
            var events = known.State!.Edit(request.Start.ToInstant(), request.End.ToInstant(), request.Title?.Trim(), request.Ref?.Trim(), agents, request.Weight, now, command.By).Events();
            return new Plan(new EditAnswer(MissionBody.Of(events.Aggregate(known.State, Mission.Fold)!, registry), null, null))
                .Append(Mission.StreamOf(meant), known.Version, events);
        }, ct);
        return await moved.AddTo(answer, ct);
    }
}
