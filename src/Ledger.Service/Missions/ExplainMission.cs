using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Accounts;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;

namespace Ledger.Service.Missions;

/// <summary>Which cost is to be explained, and as of when.</summary>
public sealed record ExplainQuery
{
    [FromQuery(Name = "mission")] public string? Mission { get; set; }
    [FromQuery(Name = "asOf")] public string? AsOf { get; set; }
    [FromQuery(Name = "minPosition")] public long? MinPosition { get; set; }
    [FromQuery(Name = "limit")] public int? Limit { get; set; }
}

public static class ExplainMission
{
    private const int limitMax = 1_000;
    private const int limitUsual = 200;

    [WolverineGet("/api/v1/missions/explain"), Authorize(Policy = Scopes.Read)]
    public static async Task<MissionExplanation> Get([FromQuery] ExplainQuery query, IQuerySession session, ReadAt readAt, SpendViews views, DataState data, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(query.Mission)) throw new Refused("request.invalid", "mission is needed: an id or a reference.", "mission");
        if (query.Limit is < 1 or > limitMax) throw new Refused("request.invalid", $"limit is a number from 1 to {limitMax}.", "limit", $"{query.Limit}");
        var (position, behind) = await readAt.Resolve(query.AsOf, query.MinPosition, ct);
        var mission = await session.MissionMeant(query.Mission, ct);
        behind |= !await views.WaitForStreams([mission.Stream], ct);
        await using var view = await views.Open(ct);
        var explained = await view.Explain(mission.Id, position, query.Limit ?? limitUsual, ct)
            ?? throw new Refused("mission.unknown", $"{mission.Id} was not there yet at position {position ?? view.Position}.", "mission", query.Mission);
        var known = await view.Names(position, ct);
        var accounts = (await session.Known(ct)).Accounts;
        return new(
            known.Summary(explained.Mission), explained.Billed, explained.Low, explained.High, explained.Billed is null ? CostAnswer.NoKey : null,
            [.. explained.Lines.Select(l => Line(l, known, accounts.GetValueOrDefault(l.Account)))], explained.More > 0, explained.AsOf.Summary(), await data.Now(view, null, behind, ct));
    }

    private static MissionLine Line(ExplainedLine l, KnownNames known, Account? account) => new(
        known.AccountLabel(l.Account), l.Key, known.Ownership(l.Account, l.Key).Name, l.Start, l.Seconds, l.Model, l.Unit, l.LineTotal, l.Billed, l.Low, l.High,
        [.. l.Parts.Select(p => new LinePart(p.Mission, p.Agent, p.Method, p.Billed))],
        [.. l.Readings.Select(r => new LineReading(r.Position, r.Event, r.Asked, r.Answered, r.Total, r.Replaces, r.Raw, r.Withdrawn, r.Evidence, LagOf(r.SettlementLagSeconds, account)))]);

    /// <summary>Whether somebody had set it then is not in the log; it counts as assumed where it is what is assumed now.</summary>
    private static SettlementLagSummary LagOf(int seconds, Account? account) => new(seconds, Learned: false, Assumed: account is { SettlementLagSeconds: null } && account.LagSeconds == seconds);
}
