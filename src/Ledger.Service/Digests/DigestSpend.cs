using Ledger.Digests;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Agents;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Ledger.Spend;

namespace Ledger.Service.Digests;

/// <summary>What the money views say, as of one position.</summary>
/// <param name="view">The views.</param>
/// <param name="known">Agents, for their names.</param>
/// <param name="position">The position.</param>
/// <param name="preliminaryFrom">Figures of this day and later may still move.</param>
/// <param name="zone">Where days are cut.</param>
public sealed class DigestSpend(SpendView view, Known known, long position, DateTimeOffset preliminaryFrom, TeamZone zone)
{
    private const int daysOfWeek = 7;
    private const int partsMax = 5;
    private const int rowsMax = 10_000;

    public Task<ReportAnswer> Report(Interval window, IReadOnlyList<Dimension> by, CancellationToken ct) => view.Report(new()
    {
        Since = window.Start,
        Until = window.End,
        By = by,
        AsOf = position,
        Limit = rowsMax,
        PreliminaryFrom = preliminaryFrom,
        Zone = zone,
    }, ct);

    public async Task<Usd> Total(Interval window, CancellationToken ct) => (await Report(window, [], ct)).Total;

    /// <summary>The days of a week, those without spend too; days to come are not known.</summary>
    public async Task<IReadOnlyList<DigestDay>> Days(Interval week, DateTimeOffset now, CancellationToken ct)
    {
        var billed = (await Report(week, [Dimension.Day], ct)).Rows.ToDictionary(r => r.Group[0]!, r => r.Billed, StringComparer.Ordinal);
        return
        [
            .. Enumerable.Range(0, daysOfWeek).Select(i => zone.DayOf(week.Start).AddDays(i))
                .Select(day => new DigestDay(day, zone.StartOf(day) >= now ? null : billed.GetValueOrDefault(Periods.NameOf(Dimension.Day, day)))),
        ];
    }

    /// <summary>The largest parts of a window and what is left of it, beside the same parts of the window before.</summary>
    public async Task<IReadOnlyList<DigestPart>> Parts(Dimension by, Interval window, Interval before, bool beforeKnown, CancellationToken ct)
    {
        var (rows, earlier) = ((await Report(window, [by], ct)).Rows, await Report(before, [by], ct));
        var then = earlier.Rows.ToDictionary(r => r.Group[0] ?? "", r => r.Billed, StringComparer.Ordinal);
        var top = rows.Take(partsMax).ToArray();
        var parts = top.Select(r => new DigestPart(NameOf(by, r.Group[0]), r.Billed, beforeKnown ? then.GetValueOrDefault(r.Group[0] ?? "") : null)).ToList();
        if (rows.Count > partsMax)
        {
            var (rest, shownThen) = (Sum(rows.Skip(partsMax)), Sum(top.Select(r => new GroupRow(r.Group, then.GetValueOrDefault(r.Group[0] ?? "")))));
            parts.Add(new(GroupRow.Other, rest, beforeKnown ? earlier.Total - shownThen : null));
        }
        return parts;
    }

    /// <summary>Missions by what they cost in the window.</summary>
    public async Task<(IReadOnlyList<DigestMission> Top, DigestRest Others)> Missions(Interval window, CancellationToken ct)
    {
        var rows = (await Report(window, [Dimension.Mission], ct)).Rows.Where(r => r.Group[0] is not (Party.IdleName or Party.UnassignedName)).ToArray();
        var top = new List<DigestMission>();
        foreach (var row in rows.Take(partsMax))
        {
            var cost = row.Group[0] is { } id ? await view.Cost(id, position, [], preliminaryFrom, ct) : null;
            if (cost is { Mission: { } mission })
                top.Add(new(mission.Id, mission.Title, mission.Ref, mission.State == MissionState.Open ? "open" : mission.State.ToString().ToLowerInvariant(), row.Billed, cost.Billed, cost.Low, cost.High));
        }
        return (top, new(rows.Length - top.Count, Sum(rows.Skip(top.Count))));
    }

    private static Usd Sum(IEnumerable<GroupRow> rows) => rows.Aggregate(Usd.Zero, (sum, r) => sum + r.Billed);

    private string NameOf(Dimension by, string? value) => value is null ? "not named by billing" : by == Dimension.Agent ? known.NameBeside(value) ?? value : value;
}
