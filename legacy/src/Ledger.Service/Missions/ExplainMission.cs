using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views.Spend;

namespace Ledger.Service.Missions;

/// <summary>A mission's cost line by line, down to the snapshot events and the provider's own figures.</summary>
internal sealed record MissionExplained(
    MissionBody Mission, Usd? Billed, Usd? Low, Usd? High, string? Reason, IReadOnlyList<LineExplained> Lines, bool More, AsOfBody AsOf, DataBody Data);

internal sealed record LineExplained(
    string Account, string? Key, string? KeyName, DateTimeOffset Start, int Seconds, string? Model, string? Unit, Usd LineTotal, Usd Billed, Usd Low, Usd High,
    IReadOnlyList<ExplainedPart> Parts, IReadOnlyList<ReadingExplained> Readings);

internal sealed record ReadingExplained(
    long Position, Guid Event, DateTimeOffset Asked, DateTimeOffset Answered, Usd Total, Usd? Replaces, string Raw, bool Withdrawn, Interval Evidence);

internal static class ExplainMission
{
    private const int limitMax = 1_000;

    public static async Task<MissionExplained> Get(
        string? mission, string? asOf, long? minPosition, int? limit, ReadAt readAt, SpendQueries spend, Registry registry, DataStates data, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(mission)) throw new Refused("request.invalid", "mission is needed: an id or a reference.", "mission");
        if (limit is < 1 or > limitMax) throw new Refused("request.invalid", $"limit is a number from 1 to {limitMax}.", "limit", $"{limit}");
        var (position, behind) = await readAt.Resolve(asOf, minPosition, ct);
        var id = registry.Ask(d => MissionFinder.One(d, mission)).Id;
        var explained = await spend.Explain(id, position, limit ?? 200, ct) ?? throw new Refused("mission.unknown", $"{id} was not there yet at position {position}.", "mission", mission);
        var lines = registry.Ask(d => explained.Lines.Select(l => new LineExplained(
            d.Accounts.GetValueOrDefault(l.Account)?.Label ?? l.Account, l.Key, d.Ownership(l.Account, l.Key).Name, l.Start, l.Seconds, l.Model, l.Unit, l.LineTotal, l.Billed, l.Low, l.High, l.Parts,
            [.. l.Readings.Select(r => new ReadingExplained(r.Position, r.Event, r.Asked, r.Answered, r.Total, r.Replaces, r.Raw, r.Withdrawn, r.Evidence))])).ToArray());
        return new(MissionBody.Of(explained.Mission, registry), explained.Billed, explained.Low, explained.High, explained.Billed is null ? CostAnswer.NoKey : null, lines, explained.More > 0, AsOfBody.Of(explained.AsOf), await data.Now(null, behind, ct));
    }
}
