using FluentValidation;
using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Writing;

namespace Ledger.Service.Missions;

/// <summary>Opens a mission's first window, now or at a time given, and asks for a reading at that edge.</summary>
internal sealed record StartMission(string? Title, string? Ref, IReadOnlyList<string>? Agents, string? At, int? Weight);

internal sealed class StartMissionValidator : AbstractValidator<StartMission>
{
    public StartMissionValidator()
    {
        RuleFor(r => r.Title).Name().Required();
        RuleFor(r => r.At).Instant();
        RuleForEach(r => r.Agents).Required();
    }
}

internal static class StartMissionEndpoint
{
    public static async Task<Answer> Post(StartMission request, Command command, Journal journal, Registry registry, MissionFinder finder, Pollers pollers, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        using var bookmark = request.At is null ? pollers.Announce(now) : null;
        var answer = await journal.Write(command, async ct =>
        {
            var agents = await finder.Agents(request.Agents, ct);
            var (id, known) = await NewId(registry, command.Key, ct);
            var events = Mission.Start(known.State, id, request.Title!.Trim(), request.Ref?.Trim(), agents, request.Weight ?? 1, request.At.ToInstant() ?? now, now, command.By).Events();
            var mission = events.Aggregate((Mission?)null, Mission.Fold)!;
            return new Plan(new BookmarkAnswer(MissionBody.Of(mission, registry), null, registry.Ask(d => Overlap.Of(d, mission, now)), Queued: false))
                .Append(Mission.StreamOf(id), known.Version, events);
        }, ct);
        Ask(pollers, bookmark, answer);
        return answer;
    }

    /// <summary>An id of its own: derived from the key, or from the key and a number where two keys share their short hash.</summary>
    public static async Task<(string Id, Known<Mission> Known)> NewId(Registry registry, string key, CancellationToken ct)
    {
        for (var n = 1; ; n++)
        {
            var id = Ids.Short("m", n == 1 ? key : $"{key}/{n}");
            var known = await registry.Mission(id, ct);
            if (known.State is null) return (id, known);
        }
    }

    /// <summary>An edge was written: read the provider there, at the bookmark's own instant if it was made just now.</summary>
    public static void Ask(Pollers pollers, Bookmark? bookmark, Answer answer)
    {
        if (answer.Replayed) return;
        if (bookmark is null) pollers.Nudge();
        else bookmark.Ask();
    }
}
