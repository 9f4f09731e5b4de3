using Ledger.Contracts;
using Ledger.Missions;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;

namespace Ledger.Service.Missions;

/// <summary>What a list of missions can be asked for.</summary>
public sealed record MissionsQuery
{
    [FromQuery(Name = "state")] public string? State { get; set; }
    [FromQuery(Name = "agent")] public string? Agent { get; set; }
    [FromQuery(Name = "mission")] public string? Mission { get; set; }
    [FromQuery(Name = "limit")] public int? Limit { get; set; }
    [FromQuery(Name = "asOf")] public string? AsOf { get; set; }
    [FromQuery(Name = "minPosition")] public long? MinPosition { get; set; }
}

public static class ListMissions
{
    private const int limitMax = 1_000;
    private const int limitUsual = 50;

    [WolverineGet("/api/v1/missions"), Authorize(Policy = Scopes.Read)]
    public static async Task<MissionList> Get([FromQuery] MissionsQuery query, IQuerySession session, ReadAt readAt, SpendViews views, DataState data, CancellationToken ct)
    {
        var (wanted, hides) = State(query.State);
        if (query.Limit is < 1 or > limitMax) throw new Refused("request.invalid", $"limit is a number from 1 to {limitMax}.", "limit", $"{query.Limit}");
        var (past, behind) = await readAt.Resolve(query.AsOf, query.MinPosition, ct);
        var agent = query.Agent is null ? null : (await session.Known(ct)).AgentId(query.Agent, "agent");
        var named = query.Mission is null ? null : await session.MissionsNamed(query.Mission, ct);
        bool IsTheirs(Mission m) => agent is null || m.Agents.Contains(agent);
        bool Asked(Mission m) => (wanted is null || m.State == wanted) && !(hides && m.Cancelled) && IsTheirs(m);
        var take = query.Limit ?? limitUsual;

        var among = past is { } position ? await session.MissionsAt(position, named?.Select(m => m.Stream).ToArray(), ct) : named;
        var found = among is null ? await Latest(session, wanted, hides, agent, take + 1, ct) : Latest(among, Asked, take + 1);
        var hidden = !hides ? 0 : among?.Count(m => m.Cancelled && IsTheirs(m)) ?? await Theirs(session, agent).LongCountAsync(m => m.Cancelled, ct);
        var shown = found.Take(take).ToArray();
        behind |= !await views.WaitForStreams([.. shown.Select(m => m.Stream)], ct);
        await using var view = await views.Open(ct);
        // A mission is shown as it was where its figures stand; one that the views don't know yet has none.
        var stood = await view.Missions([.. shown.Select(m => m.Id)], past, ct);
        var names = await view.Names(past, ct);
        var figures = past is { } then ? await Then(view, shown, then, data.PreliminaryFrom, ct) : await view.Figures([.. stood.Keys], ct);
        return new(
            [.. shown.Select(m => Listed(stood.GetValueOrDefault(m.Id, m), figures.GetValueOrDefault(m.Id), names))], found.Count > take, hidden, await readAt.Summary(past ?? view.Position, ct), await data.Now(view, null, behind, ct));
    }

    private static async Task<IReadOnlyList<Mission>> Latest(IQuerySession session, MissionState? state, bool hides, string? agent, int limit, CancellationToken ct)
    {
        var missions = Theirs(session, agent);
        missions = state switch
        {
            MissionState.Open => missions.Where(m => m.IsOpen),
            MissionState.Ended => missions.Where(m => !m.IsOpen && !m.Cancelled),
            MissionState.Cancelled => missions.Where(m => m.Cancelled),
            _ => hides ? missions.Where(m => !m.Cancelled) : missions,
        };
        return await missions.OrderByDescending(m => m.LatestStart).ThenBy(m => m.Id).Take(limit).ToListAsync(ct);
    }

    private static IQueryable<Mission> Theirs(IQuerySession session, string? agent) =>
        agent is null ? session.Query<Mission>() : session.Query<Mission>().Where(m => m.Agents.Contains(agent));

    private static Mission[] Latest(IEnumerable<Mission> missions, Func<Mission, bool> asked, int limit) =>
        [.. missions.Where(asked).OrderByDescending(m => m.LatestStart).ThenBy(m => m.Id, StringComparer.Ordinal).Take(limit)];

    /// <summary>The figures of then.</summary>
    private static async Task<IReadOnlyDictionary<string, MissionFigures>> Then(SpendView view, IEnumerable<Mission> missions, long position, DateTimeOffset preliminaryFrom, CancellationToken ct)
    {
        var figures = new Dictionary<string, MissionFigures>(StringComparer.Ordinal);
        foreach (var mission in missions)
            if (await view.Cost(mission.Id, position, [], preliminaryFrom, ct) is { } cost)
                figures[mission.Id] = new(cost.Billed, cost.Low, cost.High, cost.Reason);
        return figures;
    }

    private static ListedMission Listed(Mission m, MissionFigures? figures, KnownNames known) =>
        new(m.Id, m.Title, m.Ref, m.State, m.Windows[0].Start, m.Windows[^1].End, m.Windows, m.Agents, m.Weight, figures?.Billed, figures?.Low, figures?.High, figures?.Reason)
        {
            AgentNames = known.NamesBeside(m.Agents),
        };

    /// <summary>The state asked for, or any; and whether cancelled ones are only counted.</summary>
    private static (MissionState? State, bool Hides) State(string? word) => word switch
    {
        null or "all" => (null, false),
        "uncancelled" => (null, true),
        "open" => (MissionState.Open, false),
        "ended" => (MissionState.Ended, false),
        "cancelled" => (MissionState.Cancelled, false),
        _ => throw new Refused("request.invalid", "state is one of open, ended, cancelled, uncancelled, all.", "state", word),
    };
}
