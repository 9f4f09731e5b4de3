using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views.Spend;

namespace Ledger.Service.Missions;

/// <summary>What a mission cost, with bounds. A reference that several missions share answers their sum and lists them.</summary>
internal sealed record MissionCost(
    MissionBody? Mission, string Currency, Usd? Billed, Usd? Low, Usd? High, string? Reason, IReadOnlyDictionary<string, Usd> Methods, Usd Restated,
    IReadOnlyList<JsonObject> By, AsOfBody AsOf, DataBody Data)
{
    /// <summary>The missions of a reference that several share; the figures above are their sum.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MissionCost>? Missions { get; init; }

    /// <summary>Of a sum: it lacks missions, those whose cost is unknown (their <c>reason</c> says why) or those that are <c>more</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Partial { get; init; }

    /// <summary>Of a sum: more missions share the reference than are listed and summed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? More { get; init; }
}

internal static class GetMissionCost
{
    private const int missionsMax = 100;

    private static readonly Dimension[] allowed = [Dimension.Agent, Dimension.Model, Dimension.Unit, Dimension.Key, Dimension.Day];
    private static readonly Dimension[] usual = [Dimension.Agent, Dimension.Model, Dimension.Unit];

    public static async Task<MissionCost> Get(
        string? mission, string? by, string? asOf, long? minPosition, ReadAt readAt, SpendQueries spend, Registry registry, DataStates data, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(mission)) throw new Refused("request.invalid", "mission is needed: an id or a reference.", "mission");
        var groupBy = Groups.Parse(by, allowed) is { Count: > 0 } given ? given : usual;
        var (position, behind) = await readAt.Resolve(asOf, minPosition, ct);
        var named = registry.Ask(d => MissionFinder.Named(d, mission));
        // A sum stands at one position: the log moves on between one mission and the next.
        if (named.Count > 1) position ??= registry.Position;
        var costs = new List<CostAnswer>();
        foreach (var each in named.Take(missionsMax))
            if (await spend.Cost(each.Id, position, groupBy, data.PreliminaryFrom, ct) is { } cost)
                costs.Add(cost);
        if (costs.Count == 0) throw new Refused("mission.unknown", $"{Names.Printable(mission)} was not there yet at position {position}.", "mission", mission);

        var answers = new List<MissionCost>();
        foreach (var cost in costs)
            answers.Add(new(
                MissionBody.Of(cost.Mission, registry), "USD", cost.Billed, cost.Low, cost.High, cost.Reason, Methods([cost]), cost.Restated,
                Groups.Rows(groupBy, cost.By, registry), AsOfBody.Of(cost.AsOf), await data.Now(cost.Billed is null ? null : cost.Preliminary, behind, ct)));
        return answers is [var only] ? only : await Sum(costs, answers, named.Count > missionsMax, groupBy, registry, data, behind, ct);
    }

    private static async Task<MissionCost> Sum(
        List<CostAnswer> costs, List<MissionCost> answers, bool more, IReadOnlyList<Dimension> groupBy, Registry registry, DataStates data, bool behind, CancellationToken ct)
    {
        var known = costs.Where(c => c.Billed is not null).ToArray();
        Usd? Total(Func<CostAnswer, Usd?> part) => known.Length == 0 ? null : known.Aggregate(Usd.Zero, (sum, c) => sum + part(c)!.Value);
        var rows = known.SelectMany(c => c.By).GroupBy(r => string.Join('\u001f', r.Group.Select(g => g ?? "\u0001")))
            .Select(g => new GroupRow(g.First().Group, g.Aggregate(Usd.Zero, (sum, r) => sum + r.Billed))).OrderByDescending(r => r.Billed).ToArray();
        return new(
            null, "USD", Total(c => c.Billed), Total(c => c.Low), Total(c => c.High), known.Length == 0 ? CostAnswer.NoKey : null, Methods(known), Total(c => c.Restated) ?? Usd.Zero,
            Groups.Rows(groupBy, rows, registry), answers[0].AsOf, await data.Now(Total(c => c.Preliminary), behind, ct))
        {
            Missions = answers,
            Partial = more || known.Length < costs.Count,
            More = more,
        };
    }

    private static Dictionary<string, Usd> Methods(IEnumerable<CostAnswer> costs) => costs.SelectMany(c => c.Methods).GroupBy(m => m.Key).OrderBy(g => g.Key)
        .ToDictionary(g => g.Key.ToString().ToLowerInvariant(), g => g.Aggregate(Usd.Zero, (sum, m) => sum + m.Value), StringComparer.Ordinal);
}
