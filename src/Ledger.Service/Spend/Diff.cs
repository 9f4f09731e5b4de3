using Ledger.Missions;
using Ledger.Money;
using Ledger.Spend;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>How a mission's cost changed between two positions, in three parts.</summary>
/// <param name="Mission">The mission at the later position.</param>
/// <param name="From">The earlier position.</param>
/// <param name="To">The later position.</param>
/// <param name="Before">Billed at the earlier position.</param>
/// <param name="After">Billed at the later position.</param>
/// <param name="Moved">Moved to it by edits of history: windows, owners, weights. Over all parties this sums to 0.</param>
/// <param name="Refined">Told more finely: the provider's smaller buckets say who spent what was there already. Over all parties this sums to 0.</param>
/// <param name="Billed">New or restated by the provider. Over all parties this sums to the change of the bill.</param>
/// <param name="By">The parts by agent, model and unit.</param>
/// <param name="Counterparts">Where moved money came from (negative) or went to, over the lines this mission shares.</param>
public sealed record DiffAnswer(
    Mission Mission, AsOf From, AsOf To, Usd Before, Usd After, Usd Moved, Usd Refined, Usd Billed, IReadOnlyList<DiffRow> By, IReadOnlyList<Counterpart> Counterparts);

/// <summary>A row of a difference.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Model">The model, or null.</param>
/// <param name="Unit">The unit type, or null.</param>
/// <param name="Moved">Moved by edits.</param>
/// <param name="Refined">Told more finely.</param>
/// <param name="Billed">New or restated.</param>
public sealed record DiffRow(string Agent, string? Model, string? Unit, Usd Moved, Usd Refined, Usd Billed);

/// <summary>Who gave or got what an edit moved.</summary>
/// <param name="Mission">A mission's id, <c>(idle)</c> or <c>(unassigned)</c>.</param>
/// <param name="Agent">The agent, or null.</param>
/// <param name="Moved">Negative: gave.</param>
public sealed record Counterpart(string Mission, string? Agent, Usd Moved);

public sealed partial class SpendView
{
    private const int cellsMax = 5_000;

    /// <summary>What changed for a mission between two positions; null when there is no such mission at the later one.</summary>
    /// <remarks>
    /// Moved is what the later owners and windows make of the earlier facts, less what the earlier ones made of them. The rest is what the facts since
    /// then brought, all under the later owners and windows. Where an hour's time is held in other widths since, the part of it that was there
    /// before (by largest remainder) is refined, and what goes beyond is new.
    /// </remarks>
    /// <exception cref="PositionUnknownException">The views don't reach a position asked for.</exception>
    public async Task<DiffAnswer?> Diff(string mission, long from, long to, CancellationToken ct)
    {
        var later = await Stands(to, ct);
        if (from > to) throw new PositionUnknownException(from, to);
        var earlier = await Stands(from, ct);
        var (was, now) = (await ContextAt(from, ct), await ContextAt(to, ct));
        if (!now.Missions.TryGetValue(mission, out var known)) return null;

        var reach = Reach(known, now).Concat(was.Missions.TryGetValue(mission, out var before) ? Reach(before, was) : [])
            .Select(t => t with { Stretch = new(t.Stretch.Start.FloorToHour(), t.Stretch.End < Instants.Max ? t.Stretch.End.AddTicks(-1).FloorToHour().AddHours(1) : t.Stretch.End) }).Distinct().ToArray();
        var by = new SortedDictionary<(string Agent, string Model, string Unit), Changes>();
        var others = new Dictionary<Party, Int128>();
        var hours = new Dictionary<(string Account, string Key, DateTimeOffset Hour), HourChange>();
        await foreach (var line in LinesMeeting(reach, to, ct))
        {
            var held = new SpendLine(line.Id, line.Name);
            held.Facts.AddRange(line.Facts.Where(f => f.Position <= from));
            var (first, edited, last) = (ByParty(held.Parts(was)), ByParty(held.Parts(now)), ByParty(line.Parts(now)));
            var moved = edited.Keys.Union(first.Keys).ToDictionary(p => p, p => edited.GetValueOrDefault(p) - first.GetValueOrDefault(p));
            foreach (var party in moved.Keys.Where(p => p.Mission == mission))
                Add((party.Agent!, line.Name.Model, line.Name.Unit), new(first.GetValueOrDefault(party), moved[party], 0, 0));

            var hour = (line.Name.Account, line.Name.Key, line.Name.Start.FloorToHour());
            if (!hours.TryGetValue(hour, out var change)) hours[hour] = change = new();
            change.Add(line, from, edited, last);
            if (!moved.Any(m => m.Key.Mission == mission && m.Value != 0)) continue;
            foreach (var (party, ticks) in moved.Where(m => m.Key.Mission != mission))
                others[party] = others.GetValueOrDefault(party) + ticks;
        }
        foreach (var (row, refined, billed) in hours.Values.SelectMany(h => h.Rows()).Where(r => r.Row.Party.Mission == mission))
            Add((row.Party.Agent!, row.Model, row.Unit), new(0, 0, refined, billed));

        var all = by.Values.Aggregate(new Changes(0, 0, 0, 0), (a, b) => a.Plus(b));
        return new(
            known, earlier, later, Money(all.Before), Money(all.Before + all.Moved + all.Refined + all.Billed), Money(all.Moved), Money(all.Refined), Money(all.Billed),
            [
                .. by.Where(r => (r.Value.Moved, r.Value.Refined, r.Value.Billed) != (0, 0, 0))
                    .Select(r => new DiffRow(r.Key.Agent, Named(r.Key.Model), Named(r.Key.Unit), Money(r.Value.Moved), Money(r.Value.Refined), Money(r.Value.Billed))),
            ],
            [.. others.Where(o => o.Value != 0).OrderBy(o => o.Value).ThenBy(o => o.Key).Select(o => new Counterpart(Shown(o.Key), o.Key.Agent, Money(o.Value)))]);

        void Add((string, string, string) row, Changes change) => by[row] = by.TryGetValue(row, out var sum) ? sum.Plus(change) : change;
    }

    private sealed record Changes(Int128 Before, Int128 Moved, Int128 Refined, Int128 Billed)
    {
        public Changes Plus(Changes other) => new(Before + other.Before, Moved + other.Moved, Refined + other.Refined, Billed + other.Billed);
    }

    /// <summary>What became of the lines of one key and hour since a position.</summary>
    private sealed class HourChange
    {
        private readonly Dictionary<(Party Party, string Model, string Unit), (Int128 Edited, Int128 Last)> rows = [];
        private readonly HashSet<int> closed = [];
        private readonly HashSet<int> held = [];

        /// <summary>Its time is held in another width since.</summary>
        private bool IsRefined => closed.Count > 0 && held.Except(closed).Any();

        public void Add(SpendLine line, long from, Dictionary<Party, Int128> edited, Dictionary<Party, Int128> last)
        {
            if (line.Facts.Exists(f => f.Position > from && f.Said.Closed && f.Total == Usd.Zero)) closed.Add(line.Name.Seconds);
            if (line.Total != Usd.Zero) held.Add(line.Name.Seconds);
            foreach (var party in edited.Keys.Union(last.Keys))
            {
                var row = (party, line.Name.Model, line.Name.Unit);
                var sum = rows.GetValueOrDefault(row);
                rows[row] = (sum.Edited + edited.GetValueOrDefault(party), sum.Last + last.GetValueOrDefault(party));
            }
        }

        /// <summary>What was refined and what is new, by party, model and unit.</summary>
        public IEnumerable<((Party Party, string Model, string Unit) Row, Int128 Refined, Int128 Billed)> Rows()
        {
            var there = rows.ToDictionary(r => r.Key, r => r.Value.Edited);
            if (IsRefined)
            {
                var before = rows.Values.Aggregate((Int128)0, (sum, r) => sum + r.Edited);
                var now = rows.Where(r => r.Value.Last > 0).OrderBy(r => r.Key.Party).ThenBy(r => r.Key.Model, StringComparer.Ordinal).ThenBy(r => r.Key.Unit, StringComparer.Ordinal).ToArray();
                if (before > 0 && now.Length > 0)
                {
                    var shares = Money(before).Split(now.Select(r => (System.Numerics.BigInteger)r.Value.Last).ToArray());
                    there = rows.Keys.ToDictionary(r => r, _ => (Int128)0);
                    for (var i = 0; i < now.Length; i++) there[now[i].Key] = shares[i].Ticks;
                }
            }
            return rows.Select(r => (r.Key, there[r.Key] - r.Value.Edited, r.Value.Last - there[r.Key]));
        }
    }

    /// <summary>
    /// How much smaller buckets moved between parties since a position, in hours before an instant, and in how many of them. The bill is what it was.
    /// </summary>
    /// <param name="after">The position.</param>
    /// <param name="upTo">As of this position.</param>
    /// <param name="before">Only hours before this; those since are told as they are for the first time.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(Usd Moved, int Hours)> RefinedSince(long after, long upTo, DateTimeOffset before, CancellationToken ct)
    {
        var cells = new List<Touched>();
        await using (var command = new NpgsqlCommand($"""
            select distinct l.account, l.key, date_trunc('hour', l.start, 'utc') from {schema}.fact f join {schema}.line l on l.id = f.line_id
            where f.position > $1 and f.position <= $2 and f.closed and f.total = 0 and l.start < $3 limit {cellsMax}
            """, connection))
        {
            command.Parameters.Add(new() { Value = after });
            command.Parameters.Add(new() { Value = upTo });
            command.Parameters.Add(new() { Value = before.ToUniversalTime() });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                if (reader.GetFieldValue<DateTimeOffset>(2) is var hour) cells.Add(new(reader.GetString(0), reader.GetString(1), new(hour, hour.AddHours(1))));
        }
        if (cells.Count == 0) return (Usd.Zero, 0);
        var context = await ContextAt(upTo, ct);
        var hours = cells.ToDictionary(c => (c.Account, c.Key, c.Stretch.Start), _ => new HourChange());
        await foreach (var line in LinesMeeting(cells, upTo, ct))
        {
            if (!hours.TryGetValue((line.Name.Account, line.Name.Key, line.Name.Start.FloorToHour()), out var change)) continue;
            var held = new SpendLine(line.Id, line.Name);
            held.Facts.AddRange(line.Facts.Where(f => f.Position <= after));
            change.Add(line, after, ByParty(held.Parts(context)), ByParty(line.Parts(context)));
        }
        var moved = new Dictionary<Party, Int128>();
        foreach (var (row, refined, _) in hours.Values.SelectMany(h => h.Rows())) moved[row.Party] = moved.GetValueOrDefault(row.Party) + refined;
        return (Money(moved.Values.Where(m => m > 0).Aggregate((Int128)0, (sum, m) => sum + m)), hours.Keys.Select(h => h.Start).Distinct().Count());
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
