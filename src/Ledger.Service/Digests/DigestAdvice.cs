using Ledger.Alerts;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Missions;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Ledger.Spend;
using Marten;

namespace Ledger.Service.Digests;

/// <summary>What would help, with its dollars from the books.</summary>
public sealed class DigestAdvice(DigestSpend spend, IQuerySession session, Known known, string zone)
{
    private const int unitsMax = 200;
    private static readonly TimeSpan openLong = TimeSpan.FromDays(7);
    private static readonly Usd worthAWord = Usd.FromCents(5);

    /// <summary>Best first.</summary>
    public async Task<IReadOnlyList<Recommendation>> Rank(IReadOnlyList<Runway> runways, DateTimeOffset? through, DateTimeOffset now, CancellationToken ct)
    {
        if (through is not { } end) return [];
        var day = new Interval(end.AddDays(-1).FloorToHour(), end.FloorToHour().AddHours(1));
        var units = (await spend.Report(day, [Dimension.Key, Dimension.Model, Dimension.Unit], ct)).Rows.Take(unitsMax);
        var byKey = (await spend.Report(day, [Dimension.Key], ct)).Rows;
        var week = (await spend.Report(day with { Start = end.AddDays(-7) }, [Dimension.Key], ct)).Rows;
        var byMission = (await spend.Report(day, [Dimension.Mission], ct)).Rows;
        var keys = known.Keys.Values.Where(k => k.Key.Length > 0).ToArray();
        var open = (await session.OpenMissions(ct)).Where(m => now - m.Windows[^1].Start >= openLong);
        return Recommendations.Rank(new(
            [.. units.Select(u => new UnitSpend(u.Group[0], keys.FirstOrDefault(k => k.Key == u.Group[0])?.Name, u.Group[1], u.Group[2], u.Billed))],
            [.. keys.Where(k => k.OwnersAt(now).Count > 1).Select(k => new SharedKey(k.Key, k.Name, [.. k.OwnersAt(now).Select(o => o.Agent)], Of(byKey, k.Key)))],
            [.. keys.Where(k => k.OwnersAt(now).Count == 0).Select(k => (k.Name ?? k.Key, Of(week, k.Key)))],
            [.. open.Select(m => new OpenMissionSpend(m.Id, m.Title, m.Windows[^1].Start, Of(byMission, m.Id)))],
            runways.Where(r => r.RunsOut is not null).MinBy(r => r.RunsOut), now, zone));
    }

    /// <summary>The one thing that would shrink the week's leftovers most.</summary>
    public async Task<Recommendation?> Fix(IReadOnlyList<Recommendation> ranked, Interval week, Usd idle, CancellationToken ct)
    {
        var assign = ranked.FirstOrDefault(r => r.Kind == "assign-key");
        var spentIdle = (await spend.Report(week, [Dimension.Agent, Dimension.Mission], ct)).Rows.FirstOrDefault(r => r.Group[1] == Party.IdleName);
        if (spentIdle is not { Group: [{ } agent, _] } || idle < worthAWord || assign is not null && assign.Effect >= spentIdle.Billed) return assign;
        var name = known.Agents.GetValueOrDefault(agent)?.Name ?? agent;
        return new(
            "start-mission", $"Have {SafeText.Of(name)} start a mission when work begins: {Dollars.Show(spentIdle.Billed)} of the week was spent without one.", spentIdle.Billed, "week",
            $"mission start \"TITLE\" --agent {agent}");
    }

    private static Usd Of(IReadOnlyList<GroupRow> rows, string value) => rows.FirstOrDefault(r => r.Group[0] == value)?.Billed ?? Usd.Zero;
}
