using FluentValidation;
using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Writing;

namespace Ledger.Service.Missions;

/// <summary>Ends what the agents are on and starts the next mission at the same instant, in one append.</summary>
internal sealed record SwitchMission(string? Title, string? Ref, IReadOnlyList<string>? Agents, string? At, string? Mission, int? Weight);

internal sealed class SwitchMissionValidator : AbstractValidator<SwitchMission>
{
    public SwitchMissionValidator()
    {
        RuleFor(r => r.Title).Name().Required();
        RuleFor(r => r.At).Instant();
        RuleForEach(r => r.Agents).Required();
    }
}

internal sealed record SwitchAnswer(IReadOnlyList<MissionBody> Ended, MissionBody Mission, long? Position, IReadOnlyList<Overlap> Overlaps, bool Queued);

internal static class SwitchMissionEndpoint
{
    public static async Task<Answer> Post(SwitchMission request, Command command, Journal journal, Registry registry, MissionFinder finder, Pollers pollers, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var at = request.At.ToInstant() ?? now;
        using var bookmark = request.At is null ? pollers.Announce(now) : null;
        var answer = await journal.Write(command, async ct =>
        {
            var named = request.Mission is null ? null : await registry.AskCurrent(d => MissionFinder.ToEnd(d, request.Mission, null), ct);
            var agents = named is not null && request.Agents is not { Count: > 0 } ? named.Agents : await finder.Agents(request.Agents, ct);
            var leaving = named is not null ? [named] : await registry.AskCurrent(d => OnlyOpenOfEach(d, agents), ct);

            var ended = new List<Mission>();
            var streams = new List<(string Stream, long Version, IReadOnlyList<ILedgerEvent> Events)>();
            foreach (var mission in leaving)
            {
                var known = await registry.Mission(mission.Id, ct);
                var events = known.State!.End(at, now, command.By).Events();
                ended.Add(events.Aggregate(known.State, Mission.Fold)!);
                streams.Add((Mission.StreamOf(mission.Id), known.Version, events));
            }
            var (id, fresh) = await StartMissionEndpoint.NewId(registry, command.Key, ct);
            var started = Mission.Start(fresh.State, id, request.Title!.Trim(), request.Ref?.Trim(), agents, request.Weight ?? 1, at, now, command.By).Events();
            var next = started.Aggregate((Mission?)null, Mission.Fold)!;
            streams.Add((Mission.StreamOf(id), fresh.Version, started));

            var overlaps = registry.Ask(d => Overlap.Of(d, next, now)).Where(o => ended.TrueForAll(e => e.Id != o.Mission)).ToArray();
            var plan = new Plan(new SwitchAnswer([.. ended.Select(m => MissionBody.Of(m, registry))], MissionBody.Of(next, registry), null, overlaps, Queued: false));
            foreach (var (stream, version, events) in streams)
                plan.Append(stream, version, events);
            return plan;
        }, ct);
        StartMissionEndpoint.Ask(pollers, bookmark, answer);
        return answer;
    }

    /// <summary>What each agent is on; an agent on several has to say which.</summary>
    private static Mission[] OnlyOpenOfEach(AttributionContext known, IReadOnlyList<string> agents)
    {
        var leaving = new Dictionary<string, Mission>(StringComparer.Ordinal);
        foreach (var agent in agents)
        {
            var open = known.Missions.Values.Where(m => m.State == MissionState.Open && m.Agents.Contains(agent)).ToArray();
            if (open.Length > 1) throw MissionFinder.Ambiguous(open, $"{agent} is on several missions; name the one to leave.", agent);
            if (open is [var only]) leaving[only.Id] = only;
        }
        return [.. leaving.Values.OrderBy(m => m.Id, StringComparer.Ordinal)];
    }
}
