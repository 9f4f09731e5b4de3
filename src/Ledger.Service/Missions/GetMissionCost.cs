using Ledger.Contracts;
using Ledger.Money;
using Ledger.Service.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;

namespace Ledger.Service.Missions;

/// <summary>Which cost is asked for, and as of when.</summary>
public sealed record MissionCostQuery
{
    [FromQuery(Name = "mission")] public string? Mission { get; set; }
    [FromQuery(Name = "by")] public string? By { get; set; }
    [FromQuery(Name = "zone")] public string? Zone { get; set; }
    [FromQuery(Name = "asOf")] public string? AsOf { get; set; }
    [FromQuery(Name = "minPosition")] public long? MinPosition { get; set; }
}

public static class GetMissionCost
{
    private const int missionsMax = 100;

    private static readonly Dimension[] allowed = [Dimension.Agent, Dimension.Model, Dimension.Unit, Dimension.Key, Dimension.Day];
    private static readonly Dimension[] usual = [Dimension.Agent, Dimension.Model, Dimension.Unit];

    [WolverineGet("/api/v1/missions/cost"), Authorize(Policy = Scopes.Read)]
    public static async Task<MissionCost> Get([FromQuery] MissionCostQuery query, IQuerySession session, ReadAt readAt, SpendViews views, DataState data, LedgerOptions options, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(query.Mission)) throw new Refused("request.invalid", "mission is needed: an id or a reference.", "mission");
        var groupBy = Groups.Parse(query.By, allowed) is { Count: > 0 } given ? given : usual;
        var days = new TeamZone(query.Zone is null ? options.People.Zone : BudgetTexts.Zone(query.Zone));
        var (position, behind) = await readAt.Resolve(query.AsOf, query.MinPosition, ct);
        var named = await session.MissionsNamed(query.Mission, ct);
        behind |= !await views.WaitForStreams([.. named.Take(missionsMax).Select(m => m.Stream)], ct);
        await using var view = await views.Open(ct);
        var costs = new List<CostAnswer>();
        foreach (var each in named.Take(missionsMax))
            if (await view.Cost(each.Id, position, groupBy, days, data.PreliminaryFrom, ct) is { } cost)
                costs.Add(cost);
        if (costs.Count == 0) throw new Refused("mission.unknown", $"{Names.Printable(query.Mission)} was not there yet at position {position ?? view.Position}.", "mission", query.Mission);

        var known = await view.Names(position, ct);
        var state = await data.Now(view, null, behind, ct);
        // What an edge's instant is worth shows only where nothing else makes the figure uncertain.
        var clock = query.AsOf is null && costs.Exists(IsExact) ? await data.Clock(ct) : null;
        var zone = groupBy.Contains(Dimension.Day) ? days.Name : null;
        var answers = costs.Select(cost => new MissionCost(
            known.Summary(cost.Mission), "USD", cost.Billed, cost.Low, cost.High, cost.Reason, Methods([cost]), cost.Restated, Groups.Rows(groupBy, cost.By, known),
            cost.AsOf.Summary(), state with { Preliminary = cost.Billed is null ? null : cost.Preliminary })
        {
            Warnings = IsExact(cost) ? clock : null,
            Zone = zone,
        }).ToArray();
        return answers is [var only] ? only : Sum(costs, groupBy, known, state) with
        {
            Missions = answers,
            Partial = named.Count > missionsMax || costs.Exists(c => c.Billed is null),
            More = named.Count > missionsMax,
            Warnings = clock,
            Zone = zone,
        };
    }

    private static bool IsExact(CostAnswer cost) => cost.Billed is not null && cost.Low == cost.High;

    private static MissionCost Sum(List<CostAnswer> costs, IReadOnlyList<Dimension> groupBy, KnownNames known, DataSummary state)
    {
        var certain = costs.Where(c => c.Billed is not null).ToArray();
        Usd? Total(Func<CostAnswer, Usd?> part) => certain.Length == 0 ? null : certain.Aggregate(Usd.Zero, (sum, c) => sum + part(c)!.Value);
        var rows = certain.SelectMany(c => c.By).GroupBy(r => string.Join('\u001f', r.Group.Select(g => g ?? "\u0001")))
            .Select(g => new GroupRow(g.First().Group, g.Aggregate(Usd.Zero, (sum, r) => sum + r.Billed))).OrderByDescending(r => r.Billed).ToArray();
        return new(
            null, "USD", Total(c => c.Billed), Total(c => c.Low), Total(c => c.High), certain.Length == 0 ? CostAnswer.NoKey : null, Methods(certain), Total(c => c.Restated) ?? Usd.Zero,
            Groups.Rows(groupBy, rows, known), costs[0].AsOf.Summary(), state with { Preliminary = Total(c => c.Preliminary) });
    }

    private static Dictionary<string, Usd> Methods(IEnumerable<CostAnswer> costs) => costs.SelectMany(c => c.Methods).GroupBy(m => m.Key).OrderBy(g => g.Key)
        .ToDictionary(g => g.Key.ToString().ToLowerInvariant(), g => g.Aggregate(Usd.Zero, (sum, m) => sum + m.Value), StringComparer.Ordinal);
}
