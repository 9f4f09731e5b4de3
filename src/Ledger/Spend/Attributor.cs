using System.Numerics;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;

namespace Ledger.Spend;

/// <summary>
/// Shares what a line rose by among those who can have spent it: cut the evidence at every change of owners and every edge of the
/// owners' missions, share each segment by weight, round once. The parts add up to the amount, to the tick.
/// </summary>
public static class Attributor
{
    /// <summary>The parts of an amount, in the order of their parties, none of them zero.</summary>
    /// <param name="amount">What the line rose by (or fell by, below zero).</param>
    /// <param name="evidence">When it can have happened; not empty.</param>
    /// <param name="ownership">Who owned the key when.</param>
    /// <param name="context">Missions and agents.</param>
    public static IReadOnlyList<Part> Attribute(Usd amount, Interval evidence, KeyOwnership ownership, AttributionContext context)
    {
        if (amount == Usd.Zero) return [];
        var segments = Cut(evidence, ownership, context);

        // Nearly every line: one owner, no edge of a mission in the evidence.
        if (segments.Count == 1 && segments[0].Shares is [var only])
            return [new(only.Party, Method.Whole, amount)];

        var stakes = Weigh(segments);
        foreach (var agent in stakes.Values.Select(s => s.Party).Where(p => p is { Mission: null, Agent: { } }).Select(p => p.Agent!).ToArray())
            if (context.IdleOf(agent) == IdleRule.Yields)
                Yield(agent, stakes);

        var parties = stakes.Values.OrderBy(s => s.Party).ToArray();
        var amounts = amount.Split(parties.Select(s => s.Weight).ToArray());
        var parts = new List<Part>(parties.Length);
        for (var i = 0; i < parties.Length; i++)
            if (amounts[i] != Usd.Zero)
                parts.Add(new(parties[i].Party, parties[i].Method(segments.Count), amounts[i]));
        return parts;
    }

    /// <summary>Segments of the evidence in which the same parties share in the same way.</summary>
    private static List<Segment> Cut(Interval evidence, KeyOwnership ownership, AttributionContext context)
    {
        var segments = new List<Segment>(1);
        var windows = new List<(Interval Interval, Mission Mission)>();
        foreach (var (stretch, owners) in ownership.Stretches(evidence))
        {
            windows.Clear();
            foreach (var owner in owners)
                context.CollectWindows(owner.Agent, stretch, windows);
            if (windows.Count == 0)
            {
                segments.Add(new(stretch, SharesAt(stretch.Start, owners, windows)));
                continue;
            }
            var edges = new SortedSet<DateTimeOffset> { stretch.Start, stretch.End };
            foreach (var (span, _) in windows)
            {
                if (stretch.Contains(span.Start)) edges.Add(span.Start);
                if (stretch.Contains(span.End)) edges.Add(span.End);
            }
            DateTimeOffset? from = null;
            foreach (var edge in edges)
            {
                if (from is { } start) segments.Add(new(new(start, edge), SharesAt(start, owners, windows)));
                from = edge;
            }
        }
        return segments;
    }

    /// <summary>Who shares at an instant, as exact fractions that add up to one.</summary>
    private static List<Share> SharesAt(DateTimeOffset at, IReadOnlyList<Owner> owners, List<(Interval Interval, Mission Mission)> windows)
    {
        if (owners.Count == 0) return [new(Party.Unassigned, 1, 1)];
        var shares = new List<Share>(owners.Count);
        BigInteger ownerWeights = owners.Sum(o => (long)o.Weight);
        foreach (var owner in owners)
        {
            var open = new List<Mission>();
            var seen = windows.Count > 1 ? new HashSet<string>(windows.Count, StringComparer.Ordinal) : null;
            foreach (var (span, mission) in windows)
                if (span.Contains(at) && mission.Agents.Contains(owner.Agent) && seen?.Add(mission.Id) is not false)
                    open.Add(mission);
            if (open.Count == 0)
            {
                shares.Add(new(Party.Idle(owner.Agent), owner.Weight, ownerWeights));
                continue;
            }
            BigInteger missionWeights = open.Sum(m => (long)m.Weight);
            foreach (var mission in open)
                shares.Add(new(new(mission.Id, owner.Agent), (BigInteger)owner.Weight * mission.Weight, ownerWeights * missionWeights));
        }
        return shares;
    }

    private static Dictionary<Party, Stake> Weigh(List<Segment> segments)
    {
        BigInteger common = 1;
        foreach (var share in segments.SelectMany(s => s.Shares))
            common = common / BigInteger.GreatestCommonDivisor(common, share.Denominator) * share.Denominator;

        var stakes = new Dictionary<Party, Stake>();
        for (var i = 0; i < segments.Count; i++)
            foreach (var share in segments[i].Shares)
            {
                if (!stakes.TryGetValue(share.Party, out var stake)) stakes[share.Party] = stake = new(share.Party);
                stake.Weight += segments[i].Stretch.Length.Ticks * share.Numerator * (common / share.Denominator);
                stake.Segments.Add(i);
                stake.Shared |= segments[i].Shares.Count > 1;
            }
        return stakes;
    }

    /// <summary>Moves an agent's idle part to its own missions in the evidence, in proportion to their parts. Nobody else's part changes.</summary>
    private static void Yield(string agent, Dictionary<Party, Stake> stakes)
    {
        var idle = stakes[Party.Idle(agent)];
        var own = stakes.Values.Where(s => s.Party.Mission is not null && s.Party.Agent == agent).ToArray();
        var ownWeight = own.Aggregate(BigInteger.Zero, (sum, s) => sum + s.Weight);
        if (ownWeight.IsZero) return;

        stakes.Remove(idle.Party);
        foreach (var stake in stakes.Values)
            stake.Weight *= own.Contains(stake) ? ownWeight + idle.Weight : ownWeight;
        foreach (var stake in own)
        {
            stake.Shared |= idle.Shared;
            stake.Yielded = true;
        }
    }

    private sealed record Segment(Interval Stretch, List<Share> Shares);

    private readonly record struct Share(Party Party, BigInteger Numerator, BigInteger Denominator);

    private sealed class Stake(Party party)
    {
        public Party Party { get; } = party;

        public BigInteger Weight { get; set; }

        public HashSet<int> Segments { get; } = [];

        public bool Shared { get; set; }

        public bool Yielded { get; set; }

        public Method Method(int segmentsInAll) =>
            Shared ? Spend.Method.Shared
            : Segments.Count == segmentsInAll && !Yielded ? Spend.Method.Whole
            : Spend.Method.Prorated;
    }
}
