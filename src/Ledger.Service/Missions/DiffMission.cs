using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;

namespace Ledger.Service.Missions;

/// <summary>Between which positions or times a mission's cost is compared.</summary>
public sealed record DiffQuery
{
    [FromQuery(Name = "mission")] public string? Mission { get; set; }
    [FromQuery(Name = "from")] public string? From { get; set; }
    [FromQuery(Name = "to")] public string? To { get; set; }
    [FromQuery(Name = "minPosition")] public long? MinPosition { get; set; }
}

public static class DiffMission
{
    [WolverineGet("/api/v1/missions/diff"), Authorize(Policy = Scopes.Read)]
    public static async Task<MissionDiff> Get([FromQuery] DiffQuery query, IQuerySession session, ReadAt readAt, SpendViews views, DataState data, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(query.Mission)) throw new Refused("request.invalid", "mission is needed: an id or a reference.", "mission");
        if (query.From is null) throw new Refused("request.invalid", "from is needed: a position or a time.", "from");
        var mission = await session.MissionMeant(query.Mission, ct);
        var from = await readAt.Reached("from", query.From, ct);
        long? asked = query.To is null ? null : await readAt.Reached("to", query.To, ct);
        var behind = !await readAt.Caught(query.MinPosition, ct);
        behind |= !await views.WaitForStreams([mission.Stream], ct);
        await using var view = await views.Open(ct);
        var to = asked ?? view.Position;
        if (from > to) throw new Refused("range.invalid", $"from is position {from}, which comes after {to}.", "from", query.From);
        var diff = await view.Diff(mission.Id, from, to, ct) ?? throw new Refused("mission.unknown", $"{mission.Id} was not there yet at position {to}.", "mission", query.Mission);
        var before = await view.Cost(mission.Id, from, [], data.PreliminaryFrom, ct);
        var after = await view.Cost(mission.Id, to, [], data.PreliminaryFrom, ct);
        return new(
            (await view.Names(to, ct)).Summary(diff.Mission), End(diff.From, before), End(diff.To, after), diff.After - diff.Before, diff.Moved, diff.Refined, diff.Billed,
            [.. diff.By.Select(r => new MissionDiffRow(r.Agent, r.Model, r.Unit, r.Moved, r.Refined, r.Billed))],
            [.. diff.Counterparts.Select(c => new DiffCounterpart(c.Mission, c.Agent, c.Moved))],
            diff.To.Summary(), await data.Now(view, after?.Preliminary, behind, ct));
    }

    private static DiffEnd End(AsOf at, CostAnswer? cost) => new(at.Position, at.Time, cost?.Billed, cost?.Low, cost?.High);
}
