using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;

namespace Ledger.Spend;

/// <summary>Which missions can claim a line, and which of them can't share it with anybody.</summary>
public static class Bounds
{
    /// <summary>
    /// The missions that can claim a bucket of a key: at some moment of it one of their windows is open and one of their agents
    /// owns the key.
    /// </summary>
    /// <param name="bucket">The line's bucket.</param>
    /// <param name="ownership">Who owned the key when.</param>
    /// <param name="context">Missions.</param>
    public static IReadOnlyList<Claim> Of(Interval bucket, KeyOwnership ownership, AttributionContext context)
    {
        List<Mission>? claimants = null;
        var windows = new List<(Interval Interval, Mission Mission)>();
        foreach (var (stretch, owners) in ownership.Stretches(bucket))
            foreach (var owner in owners)
            {
                windows.Clear();
                context.CollectWindows(owner.Agent, stretch, windows);
                foreach (var (_, mission) in windows)
                    if (claimants is null || !claimants.Exists(m => m.Id == mission.Id))
                        (claimants ??= []).Add(mission);
            }
        if (claimants is null) return [];
        if (claimants.Count > 1)
            return [.. claimants.OrderBy(m => m.Id, StringComparer.Ordinal).Select(m => new Claim(m.Id, Sole: false))];

        var only = claimants[0];
        var ownedThroughout = ownership.Stretches(bucket).All(s => s.Owners.Count > 0 && s.Owners.All(o => only.Agents.Contains(o.Agent)));
        return [new(only.Id, Sole: ownedThroughout && Covers(only, bucket))];
    }

    /// <summary>Whether the whole bucket lies in the mission's windows. Windows are disjoint and in order, and may touch.</summary>
    private static bool Covers(Mission mission, Interval bucket)
    {
        var covered = bucket.Start;
        foreach (var span in mission.Intervals)
            if (span.Start <= covered && span.End > covered)
                covered = span.End;
        return covered >= bucket.End;
    }
}

/// <summary>A mission that can claim a line.</summary>
/// <param name="Mission">The mission.</param>
/// <param name="Sole">Nobody else can have spent any of it.</param>
public readonly record struct Claim(string Mission, bool Sole)
{
    /// <summary>The least the mission can have spent of the line.</summary>
    public Usd Low(Usd total) => Sole || total < Usd.Zero ? total : Usd.Zero;

    /// <summary>The most the mission can have spent of the line.</summary>
    public Usd High(Usd total) => Sole || total > Usd.Zero ? total : Usd.Zero;
}
