using System.Numerics;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Spend;

namespace Ledger.Tests.Laws;

/// <summary>
/// The attribution of the design, written a second time as plainly as possible: no indexes, no caches, everything from position 0,
/// shares as fractions. Slow, and its only purpose is to disagree with the real one.
/// </summary>
public sealed class ReferenceBooks
{
    private readonly Dictionary<string, IdleRule> idle = [];
    private readonly Dictionary<(string, string), List<(DateTimeOffset From, IReadOnlyList<Owner> Owners)>> owners = [];
    private readonly Dictionary<string, Mission> missions = [];
    private readonly Dictionary<RefLine, List<Fact>> facts = [];

    /// <summary>Latest totals.</summary>
    public Dictionary<RefLine, long> Totals { get; } = [];

    /// <summary>Who carries what: line → (mission, agent, method) → (amount, restated), zeros left out.</summary>
    public Dictionary<RefLine, Dictionary<(string Mission, string Agent, Method Method), (long Amount, long Restated)>> Parts { get; } = [];

    /// <summary>Low and high of every mission that can claim anything.</summary>
    public Dictionary<string, (long Low, long High)> Bounds { get; } = [];

    public static ReferenceBooks Of(IEnumerable<ILedgerEvent> log)
    {
        var books = new ReferenceBooks();
        foreach (var happened in log)
            books.Fold(happened);
        books.Attribute();
        return books;
    }

    private void Fold(ILedgerEvent happened)
    {
        switch (happened)
        {
            case AgentAdded e:
                idle[e.Agent] = e.Idle;
                break;
            case AgentEdited { Idle: { } rule } e:
                idle[e.Agent] = rule;
                break;
            case KeyAssigned e:
                if (!owners.TryGetValue((e.Account, e.Key), out var list)) owners[(e.Account, e.Key)] = list = [];
                list.RemoveAll(a => a.From == (e.From ?? DateTimeOffset.MinValue));
                list.Add((e.From ?? DateTimeOffset.MinValue, e.Owners));
                list.Sort((a, b) => a.From.CompareTo(b.From));
                break;
            case UsageSnapshotTaken e:
                foreach (var line in e.Lines)
                    Observe(e, line);
                break;
            case IMissionEvent e:
                missions[e.Mission] = Mission.Fold(missions.GetValueOrDefault(e.Mission), e)!;
                break;
        }
    }

    private void Observe(UsageSnapshotTaken e, SnapshotLine line)
    {
        var name = new RefLine(e.Account, line.Key ?? "", line.Model ?? "", line.Unit ?? "", line.Dimensions ?? e.Dimensions, line.Start, line.Seconds);
        var end = line.Start.AddSeconds(line.Seconds);
        var previous = line.Retaken ? null : e.Previous.FirstOrDefault(p => p.Start <= line.Start && end <= p.End);
        var from = previous is null ? line.Start : Max(line.Start, previous.Asked - TimeSpan.FromSeconds(e.SettlementLagSeconds));
        var to = Min(end, e.Answered);
        if (to <= from) from = line.Start;
        if (to <= from) (from, to) = (line.Start, end);
        if (!facts.TryGetValue(name, out var list)) facts[name] = list = [];
        list.Add(new(e.Reading, line.Total.Ticks, from, to, Moved(e, line, name), line.Closed));
        Totals[name] = line.Total.Ticks;
    }

    /// <summary>What came from other lines of the key, piece by piece; for a line that begins anew what it keeps.</summary>
    private List<Piece> Moved(UsageSnapshotTaken e, SnapshotLine line, RefLine name)
    {
        if (line.Closed) return Held(name, e.Reading, line.Total.Ticks);
        return [.. (line.MovedFrom ?? []).Where(m => m.Key == line.Key)
            .SelectMany(m => Held(name with { Model = m.Model ?? "", Unit = m.Unit ?? "", Dimensions = m.Dimensions ?? e.Dimensions }, e.Reading, m.Amount.Ticks))];
    }

    /// <summary>An amount of what a line held before a reading, by when it rose.</summary>
    private List<Piece> Held(RefLine name, string reading, long amount)
    {
        var pieces = new List<Piece>();
        long height = 0;
        foreach (var fact in facts.GetValueOrDefault(name, []).Where(f => f.Reading != reading))
        {
            if (fact.Closed) (height, pieces) = (0, []);
            if (fact.Total <= height) continue;
            pieces.AddRange(Rises(fact, fact.Total - height));
            height = fact.Total;
        }
        if (amount == 0) return [];
        if (amount >= height || pieces.Count == 0) return pieces;
        var scaled = Round(amount, [.. pieces.Select(p => new Fraction(p.Amount, 1))]);
        return [.. pieces.Select((p, i) => p with { Amount = scaled[i] }).Where(p => p.Amount > 0)];
    }

    /// <summary>A rise: from the last of what moved here backwards, then what is new.</summary>
    private static List<Piece> Rises(Fact fact, long rise)
    {
        var pieces = new List<Piece>();
        foreach (var piece in Enumerable.Reverse(fact.Moved))
        {
            var taken = Math.Min(piece.Amount, rise);
            rise -= taken;
            if (taken > 0) pieces.Insert(0, piece with { Amount = taken });
        }
        if (rise > 0) pieces.Add(new(rise, fact.Start, fact.End));
        return pieces;
    }

    private void Attribute()
    {
        foreach (var (line, readings) in facts)
        {
            var up = new SortedDictionary<(int, string, string, Method), long>();
            var down = new SortedDictionary<(int, string, string, Method), long>();
            long top = 0, bottom = 0;
            foreach (var fact in readings)
            {
                if (fact.Closed)
                {
                    up.Clear();
                    down.Clear();
                    (top, bottom) = (0, 0);
                }
                if (fact.Total > top)
                {
                    foreach (var piece in Rises(fact, fact.Total - top)) Share(line, piece.Amount, piece.Start, piece.End, up);
                    top = fact.Total;
                }
                if (fact.Total < bottom)
                {
                    Share(line, fact.Total - bottom, fact.Start, fact.End, down);
                    bottom = fact.Total;
                }
            }
            var last = Totals[line];
            var parts = new Dictionary<(string, string, Method), (long Amount, long Restated)>();
            Hold(up, Math.Max(0, last), parts);
            Hold(down, Math.Min(0, last), parts);
            Parts[line] = parts.Where(p => p.Value != (0, 0)).ToDictionary();
            Claim(line, last);
        }
    }

    private static void Hold(SortedDictionary<(int, string Mission, string Agent, Method Method), long> height, long total, Dictionary<(string, string, Method), (long, long)> into)
    {
        if (height.Count == 0) return;
        var scaled = Round(total, [.. height.Values.Select(v => new Fraction(Math.Abs(v), 1))]);
        var i = 0;
        foreach (var (key, held) in height)
        {
            var (amount, restated) = into.GetValueOrDefault((key.Mission, key.Agent, key.Method));
            into[(key.Mission, key.Agent, key.Method)] = (amount + scaled[i], restated + scaled[i] - held);
            i++;
        }
    }

    private void Share(RefLine line, long amount, DateTimeOffset start, DateTimeOffset end, SortedDictionary<(int, string, string, Method), long> into)
    {
        var cuts = new SortedSet<DateTimeOffset> { start, end };
        foreach (var (from, _) in owners.GetValueOrDefault((line.Account, line.Key), []))
            cuts.Add(from);
        foreach (var window in missions.Values.SelectMany(m => m.Intervals))
        {
            cuts.Add(window.Start);
            cuts.Add(window.End);
        }
        var edges = cuts.Where(c => c >= start && c <= end).ToArray();

        var weight = new Dictionary<(string Mission, string Agent), Fraction>();
        var alone = new Dictionary<(string, string), bool>();
        var segments = new Dictionary<(string, string), int>();
        var yielded = new HashSet<(string, string)>();
        for (var i = 0; i + 1 < edges.Length; i++)
        {
            var here = PartiesAt(line, edges[i]);
            foreach (var (party, share) in here)
            {
                weight[party] = weight.GetValueOrDefault(party, new(0, 1)) + (share * new Fraction((edges[i + 1] - edges[i]).Ticks, 1));
                alone[party] = alone.GetValueOrDefault(party, true) && here.Count == 1;
                segments[party] = segments.GetValueOrDefault(party) + 1;
            }
        }
        foreach (var agent in weight.Keys.Where(p => p.Mission == "" && p.Agent != "" && idle.GetValueOrDefault(p.Agent) == IdleRule.Yields).Select(p => p.Agent).ToArray())
        {
            var own = weight.Keys.Where(p => p.Mission != "" && p.Agent == agent).ToArray();
            if (own.Length == 0) continue;
            var all = own.Aggregate(new Fraction(0, 1), (sum, p) => sum + weight[p]);
            var give = weight[("", agent)];
            foreach (var party in own)
            {
                weight[party] += give * (weight[party] / all);
                alone[party] &= alone[("", agent)];
                yielded.Add(party);
            }
            weight.Remove(("", agent));
        }

        var parties = weight.Keys.OrderBy(p => p.Mission != "" ? 0 : p.Agent != "" ? 1 : 2).ThenBy(p => p.Mission, StringComparer.Ordinal).ThenBy(p => p.Agent, StringComparer.Ordinal).ToArray();
        var amounts = Round(amount, [.. parties.Select(p => weight[p])]);
        for (var i = 0; i < parties.Length; i++)
        {
            var party = parties[i];
            if (amounts[i] == 0) continue;
            var method = !alone[party] ? Method.Shared : segments[party] == edges.Length - 1 && !yielded.Contains(party) ? Method.Whole : Method.Prorated;
            var rank = (party.Mission != "" ? 0 : party.Agent != "" ? 10 : 20);
            var key = (rank, party.Mission, party.Agent, method);
            into[key] = into.GetValueOrDefault(key) + amounts[i];
        }
    }

    private List<((string Mission, string Agent) Party, Fraction Share)> PartiesAt(RefLine line, DateTimeOffset at)
    {
        var now = owners.GetValueOrDefault((line.Account, line.Key), []).LastOrDefault(a => a.From <= at).Owners ?? [];
        if (now.Count == 0) return [(("", ""), new(1, 1))];
        var result = new List<((string, string), Fraction)>();
        var all = new Fraction(now.Sum(o => (long)o.Weight), 1);
        foreach (var owner in now)
        {
            var mine = new Fraction(owner.Weight, 1) / all;
            var open = missions.Values.Where(m => m.Agents.Contains(owner.Agent) && m.Intervals.Any(s => s.Start <= at && at < s.End)).ToArray();
            if (open.Length == 0) result.Add((("", owner.Agent), mine));
            foreach (var mission in open)
                result.Add(((mission.Id, owner.Agent), mine * new Fraction(mission.Weight, open.Sum(m => (long)m.Weight))));
        }
        return result;
    }

    private void Claim(RefLine line, long total)
    {
        var bucketEnd = line.Start.AddSeconds(line.Seconds);
        var stretches = new SortedSet<DateTimeOffset> { line.Start, bucketEnd };
        foreach (var (from, _) in owners.GetValueOrDefault((line.Account, line.Key), []))
            if (from > line.Start && from < bucketEnd) stretches.Add(from);
        foreach (var span in missions.Values.SelectMany(m => m.Intervals))
            foreach (var edge in new[] { span.Start, span.End })
                if (edge > line.Start && edge < bucketEnd) stretches.Add(edge);
        var points = stretches.SkipLast(1).ToArray();
        IReadOnlyList<Owner> OwnersAt(DateTimeOffset at) => owners.GetValueOrDefault((line.Account, line.Key), []).LastOrDefault(a => a.From <= at).Owners ?? [];
        bool Open(Mission m, DateTimeOffset at) => m.Intervals.Any(s => s.Start <= at && at < s.End);

        var claimants = missions.Values.Where(m => points.Any(p => Open(m, p) && OwnersAt(p).Any(o => m.Agents.Contains(o.Agent)))).ToArray();
        foreach (var mission in claimants)
        {
            var sole = claimants.Length == 1 && points.All(p => Open(mission, p) && OwnersAt(p).Count > 0 && OwnersAt(p).All(o => mission.Agents.Contains(o.Agent)));
            var (low, high) = Bounds.GetValueOrDefault(mission.Id);
            Bounds[mission.Id] = (low + (sole ? total : Math.Min(0, total)), high + (sole ? total : Math.Max(0, total)));
        }
    }

    private static long[] Round(long amount, Fraction[] weights)
    {
        var sum = weights.Aggregate(new Fraction(0, 1), (a, b) => a + b);
        var magnitude = BigInteger.Abs(amount);
        var exact = weights.Select(w => w / sum * new Fraction(magnitude, 1)).ToArray();
        var floors = exact.Select(e => BigInteger.Divide(e.Numerator, e.Denominator)).ToArray();
        var missing = (int)(magnitude - floors.Aggregate(BigInteger.Zero, (a, b) => a + b));
        foreach (var i in Enumerable.Range(0, weights.Length).OrderByDescending(i => exact[i] - new Fraction(floors[i], 1), Fraction.Comparer).ThenBy(i => i).Take(missing))
            floors[i] += 1;
        return [.. floors.Select(f => (long)f * Math.Sign(amount))];
    }

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private sealed record Fact(string Reading, long Total, DateTimeOffset Start, DateTimeOffset End, List<Piece> Moved, bool Closed);

    private sealed record Piece(long Amount, DateTimeOffset Start, DateTimeOffset End);

    private readonly record struct Fraction(BigInteger Numerator, BigInteger Denominator)
    {
        public static IComparer<Fraction> Comparer { get; } = System.Collections.Generic.Comparer<Fraction>.Create((a, b) => (a.Numerator * b.Denominator).CompareTo(b.Numerator * a.Denominator));

        public static Fraction operator +(Fraction a, Fraction b) => Reduced((a.Numerator * b.Denominator) + (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

        public static Fraction operator -(Fraction a, Fraction b) => Reduced((a.Numerator * b.Denominator) - (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

        public static Fraction operator *(Fraction a, Fraction b) => Reduced(a.Numerator * b.Numerator, a.Denominator * b.Denominator);

        public static Fraction operator /(Fraction a, Fraction b) => Reduced(a.Numerator * b.Denominator, a.Denominator * b.Numerator);

        private static Fraction Reduced(BigInteger n, BigInteger d)
        {
            var g = BigInteger.GreatestCommonDivisor(n, d);
            return g.IsZero ? new(n, d) : new(n / g, d / g);
        }
    }
}

/// <summary>A line's full name.</summary>
public readonly record struct RefLine(string Account, string Key, string Model, string Unit, DimensionSet Dimensions, DateTimeOffset Start, int Seconds);
