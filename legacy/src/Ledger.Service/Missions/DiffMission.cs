using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views.Spend;

namespace Ledger.Service.Missions;

/// <summary>How a mission's cost changed between two positions: moved by edits, and new or restated.</summary>
internal sealed record MissionDiff(
    MissionBody Mission, DiffEnd From, DiffEnd To, Usd Change, Usd Moved, Usd Billed, IReadOnlyList<DiffRow> By, IReadOnlyList<CounterpartBody> Counterparts, AsOfBody AsOf, DataBody Data);

internal sealed record DiffEnd(long Position, DateTimeOffset? Time, Usd? Billed, Usd? Low, Usd? High);

internal sealed record CounterpartBody(string Party, string? Agent, Usd Moved);

internal static class DiffMission
{
    public static async Task<MissionDiff> Get(
        string? mission, string? from, string? to, long? minPosition, ReadAt readAt, SpendQueries spend, Registry registry, DataStates data, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(mission)) throw new Refused("request.invalid", "mission is needed: an id or a reference.", "mission");
        if (from is null) throw new Refused("request.invalid", "from is needed: a position or a time.", "from");
        var id = registry.Ask(d => MissionFinder.One(d, mission)).Id;
        var start = await readAt.Position("from", from, ct);
        var (asked, behind) = await readAt.Resolve(to, minPosition, ct);
        var end = asked ?? registry.Position;
        if (start > end) throw new Refused("range.invalid", $"from is position {start}, which comes after {end}.", "from", from);
        var diff = await spend.Diff(id, start, end, ct) ?? throw new Refused("mission.unknown", $"{id} was not there yet at position {end}.", "mission", mission);
        var before = await spend.Cost(id, start, [], data.PreliminaryFrom, ct);
        var after = await spend.Cost(id, end, [], data.PreliminaryFrom, ct);
        return new(
            MissionBody.Of(diff.Mission, registry),
            new(diff.From.Position, diff.From.Time, before?.Billed, before?.Low, before?.High),
            new(diff.To.Position, diff.To.Time, after?.Billed, after?.Low, after?.High),
            diff.After - diff.Before, diff.Moved, diff.Billed, diff.By,
            [.. diff.Counterparts.Select(c => new CounterpartBody(c.Mission, c.Agent, c.Moved))],
            AsOfBody.Of(diff.To), await data.Now(after?.Preliminary, behind, ct));
    }
}
