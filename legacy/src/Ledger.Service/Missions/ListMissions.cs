using System.Text.Json.Serialization;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views;
using Ledger.Views.Spend;

namespace Ledger.Service.Missions;

/// <summary>Missions with their current figures, the latest first.</summary>
internal sealed record MissionList(IReadOnlyList<ListedMission> Missions, bool More, AsOfBody AsOf, DataBody Data);

internal sealed record ListedMission(
    string Id, string Title, string? Ref, MissionState State, DateTimeOffset Start, DateTimeOffset? End, IReadOnlyList<Window> Windows, IReadOnlyList<string> Agents, int Weight,
    Usd? Billed, Usd? Low, Usd? High, string? Reason)
{
    /// <summary>What the agents are called, in their order, where that is not their ids.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AgentNames { get; init; }
}

internal static class ListMissions
{
    private const int limitMax = 1_000;

    public static async Task<MissionList> Get(
        string? state, string? agent, string? mission, int? limit, string? asOf, long? minPosition, ReadAt readAt, SpendQueries spend, Registry registry, MissionFinder finder, Books books, IEventLog log, DataStates data, CancellationToken ct)
    {
        var wanted = State(state);
        if (limit is < 1 or > limitMax) throw new Refused("request.invalid", $"limit is a number from 1 to {limitMax}.", "limit", $"{limit}");
        var (past, behind) = await readAt.Resolve(asOf, minPosition, ct);
        var of = agent is null ? null : await finder.Agent(agent, "agent", ct);
        var take = limit ?? 50;
        bool Asked(Mission m) => (wanted is null || m.State == wanted) && (of is null || m.Agents.Contains(of));
        if (past is { } then)
        {
            var known = registry.Ask(d => (mission is null ? d.Missions.Values : MissionFinder.Named(d, mission)).Select(m => m.Id).ToArray());
            var stood = Latest(await finder.At(known, then, ct), Asked, take + 1);
            return await AsOf(then, [.. stood.Take(take)], stood.Length > take, behind, spend, registry, log, data, ct);
        }
        var (position, found) = registry.Ask(d => (books.Position, Latest(mission is null ? d.Missions.Values : MissionFinder.Named(d, mission), Asked, take + 1)));
        var shown = found.Take(take).ToArray();
        var figures = await spend.Figures([.. shown.Select(m => m.Id)], ct);
        return new(
            [.. shown.Select(m => Listed(m, figures.GetValueOrDefault(m.Id), registry))], found.Length > take, new(position, await TimeOf(position, log, ct)), await data.Now(null, behind, ct));
    }

    private static Mission[] Latest(IEnumerable<Mission> missions, Func<Mission, bool> asked, int limit) =>
        [.. missions.Where(asked).OrderByDescending(m => m.Windows[^1].Start).ThenBy(m => m.Id, StringComparer.Ordinal).Take(limit)];

    /// <summary>Missions as they were, with the figures of then.</summary>
    private static async Task<MissionList> AsOf(
        long position, Mission[] shown, bool more, bool behind, SpendQueries spend, Registry registry, IEventLog log, DataStates data, CancellationToken ct)
    {
        var then = new List<ListedMission>();
        foreach (var mission in shown)
            if (await spend.Cost(mission.Id, position, [], data.PreliminaryFrom, ct) is { } cost)
                then.Add(Listed(cost.Mission, new(cost.Billed, cost.Low, cost.High, cost.Reason), registry));
        return new(then, more, new(position, await TimeOf(position, log, ct)), await data.Now(null, behind, ct));
    }

    private static async Task<DateTimeOffset?> TimeOf(long position, IEventLog log, CancellationToken ct) =>
        position > 0 && await log.ReadAll(position - 1, 1, ct) is [var last, ..] ? last.At : null;

    private static ListedMission Listed(Mission m, MissionFigures? figures, Registry registry) =>
        new(m.Id, m.Title, m.Ref, m.State, m.Windows[0].Start, m.Windows[^1].End, m.Windows, m.Agents, m.Weight, figures?.Billed, figures?.Low, figures?.High, figures?.Reason)
        {
            AgentNames = registry.Ask(d => AgentFinder.NamesBeside(d, m.Agents)),
        };

    private static MissionState? State(string? word) => word switch
    {
        null or "all" => null,
        "open" => MissionState.Open,
        "ended" => MissionState.Ended,
        "cancelled" => MissionState.Cancelled,
        _ => throw new Refused("request.invalid", "state is one of open, ended, cancelled, all.", "state", word),
    };
}
