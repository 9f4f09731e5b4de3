using Ledger.Missions;
using Ledger.Money;
using Ledger.Spend;

namespace Ledger.Service.Spend;

/// <summary>How a mission's cost changed between two positions, in two parts.</summary>
/// <param name="Mission">The mission at the later position.</param>
/// <param name="From">The earlier position.</param>
/// <param name="To">The later position.</param>
/// <param name="Before">Billed at the earlier position.</param>
/// <param name="After">Billed at the later position.</param>
/// <param name="Moved">Moved to it by edits of history: windows, owners, weights. Over all parties this sums to 0.</param>
/// <param name="Billed">New or restated by the provider. Over all parties this sums to the change of the bill.</param>
/// <param name="By">Both parts by agent, model and unit.</param>
/// <param name="Counterparts">Where moved money came from (negative) or went to, over the lines this mission shares.</param>
public sealed record DiffAnswer(
    Mission Mission, AsOf From, AsOf To, Usd Before, Usd After, Usd Moved, Usd Billed, IReadOnlyList<DiffRow> By, IReadOnlyList<Counterpart> Counterparts);

/// <summary>A row of a difference.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Model">The model, or null.</param>
/// <param name="Unit">The unit type, or null.</param>
/// <param name="Moved">Moved by edits.</param>
/// <param name="Billed">New or restated.</param>
public sealed record DiffRow(string Agent, string? Model, string? Unit, Usd Moved, Usd Billed);

/// <summary>Who gave or got what an edit moved.</summary>
/// <param name="Mission">A mission's id, <c>(idle)</c> or <c>(unassigned)</c>.</param>
/// <param name="Agent">The agent, or null.</param>
/// <param name="Moved">Negative: gave.</param>
public sealed record Counterpart(string Mission, string? Agent, Usd Moved);

public sealed partial class SpendView
{
    /// <summary>What changed for a mission between two positions; null when there is no such mission at the later one.</summary>
    /// <remarks>
    /// Moved is what the later owners and windows make of the earlier facts, less what the earlier ones made of them. The rest is new: it is what
    /// the facts since then brought, all under the later owners and windows.
    /// </remarks>
    /// <exception cref="PositionUnknownException">The views don't reach a position asked for.</exception>
    public async Task<DiffAnswer?> Diff(string mission, long from, long to, CancellationToken ct)
    {
        var later = await Stands(to, ct);
        if (from > to) throw new PositionUnknownException(from, to);
        var earlier = await Stands(from, ct);
        var (was, now) = (await ContextAt(from, ct), await ContextAt(to, ct));
        if (!now.Missions.TryGetValue(mission, out var known)) return null;

        var reach = Reach(known, now).Concat(was.Missions.TryGetValue(mission, out var before) ? Reach(before, was) : []).ToArray();
        var by = new SortedDictionary<(string Agent, string Model, string Unit), (Int128 Before, Int128 Moved, Int128 Billed)>();
        var others = new Dictionary<Party, Int128>();
        await foreach (var line in LinesMeeting(reach, to, ct))
        {
            var held = new SpendLine(line.Id, line.Name);
            held.Facts.AddRange(line.Facts.Where(f => f.Position <= from));
            var (first, edited, last) = (ByParty(held.Parts(was)), ByParty(held.Parts(now)), ByParty(line.Parts(now)));
            var moved = edited.Keys.Union(first.Keys).ToDictionary(p => p, p => edited.GetValueOrDefault(p) - first.GetValueOrDefault(p));
            foreach (var party in first.Keys.Union(edited.Keys).Union(last.Keys).Where(p => p.Mission == mission))
            {
                var row = (party.Agent!, line.Name.Model, line.Name.Unit);
                var sum = by.GetValueOrDefault(row);
                by[row] = (sum.Before + first.GetValueOrDefault(party), sum.Moved + moved.GetValueOrDefault(party), sum.Billed + last.GetValueOrDefault(party) - edited.GetValueOrDefault(party));
            }
            if (!moved.Any(m => m.Key.Mission == mission && m.Value != 0)) continue;
            foreach (var (party, ticks) in moved.Where(m => m.Key.Mission != mission))
                others[party] = others.GetValueOrDefault(party) + ticks;
        }

        var (start, change, rise) = by.Values.Aggregate((Before: (Int128)0, Moved: (Int128)0, Billed: (Int128)0), (a, b) => (a.Before + b.Before, a.Moved + b.Moved, a.Billed + b.Billed));
        return new(
            known, earlier, later, Money(start), Money(start + change + rise), Money(change), Money(rise),
            [.. by.Where(r => r.Value.Moved != 0 || r.Value.Billed != 0).Select(r => new DiffRow(r.Key.Agent, Named(r.Key.Model), Named(r.Key.Unit), Money(r.Value.Moved), Money(r.Value.Billed)))],
            [.. others.Where(o => o.Value != 0).OrderBy(o => o.Value).ThenBy(o => o.Key).Select(o => new Counterpart(Shown(o.Key), o.Key.Agent, Money(o.Value)))]);
    }

    /// <summary>How much money an edit moved between parties (what was taken from some and given to others).</summary>
    /// <param name="first">First position of the edit's append.</param>
    /// <param name="last">Last position of it; before the first: the edit changed nothing.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="PositionUnknownException">The views don't reach the edit.</exception>
    public async Task<Usd> Moved(long first, long last, CancellationToken ct)
    {
        if (last < first) return Usd.Zero;
        await Stands(last, ct);
        var was = await ContextAt(first - 1, ct);
        var (now, touched) = await ContextAt(last, first - 1, ct);
        if (touched.Count == 0) return Usd.Zero;
        return await MovedBetween(was, now, touched, last, ct);
    }

    private static Dictionary<Party, Int128> ByParty(IReadOnlyList<Holding> parts)
    {
        var sums = new Dictionary<Party, Int128>();
        foreach (var part in parts) sums[part.Party] = sums.GetValueOrDefault(part.Party) + part.Amount.Ticks;
        return sums;
    }
}
