using Ledger.Money;

namespace Ledger.Accounts;

/// <summary>Turns a reading into snapshots: only the lines that changed, each with the total it replaces.</summary>
public static class Observation
{
    /// <summary>Lines per event; a reading with more is written as parts of one append.</summary>
    public const int LinesPerSnapshotMax = 2_000;

    /// <summary>A line must be lacking this long in complete answers before it counts as withdrawn.</summary>
    public static readonly TimeSpan WithdrawnAfter = TimeSpan.FromHours(1);

    /// <summary>What one reading changes. Empty when nothing did.</summary>
    /// <param name="account">The account.</param>
    /// <param name="reading">The reading.</param>
    /// <param name="held">The lines the books hold for the time covered.</param>
    /// <param name="previous">Previous complete readings of stretches of that time.</param>
    /// <param name="settlementLagSeconds">The lag it is judged by.</param>
    /// <param name="bookmark">The instant of the bookmark that asked for the reading, where it counts as taken there.</param>
    public static IReadOnlyList<UsageSnapshotTaken> Observe(
        string account, Reading reading, IReadOnlyCollection<HeldLine> held, IReadOnlyList<PreviousReading> previous, int settlementLagSeconds, DateTimeOffset? bookmark)
    {
        var byName = held.ToDictionary(h => h.Name);
        var changed = new List<SnapshotLine>();
        var missing = new List<LineName>();
        var found = new List<LineName>();
        var seen = new HashSet<LineName>();

        foreach (var line in reading.Lines)
        {
            var name = new LineName(line.Start, line.Seconds, reading.Dimensions, line.Key, line.Model, line.Unit);
            seen.Add(name);
            var known = byName.GetValueOrDefault(name);
            if (known is { MissingSince: not null }) found.Add(name);
            if (known is null ? line.Total == Usd.Zero : line.Total == known.Total) continue;
            changed.Add(Changed(name, reading.Dimensions, line.Total, known?.Total, line.Raw));
        }

        // Buckets that were read under another set of dimensions, or cut in another width, are held under this one from now on:
        // the old lines go to 0 in the event that brings the new totals, so the bill is never counted twice. The key is never
        // dropped, so a key the answer lacks is missing, not read otherwise.
        var retaken = reading.Lines.ToLookup(l => l.Key ?? "", l => new Interval(l.Start, l.Start.AddSeconds(l.Seconds)));
        var exactly = reading.Lines.Select(l => (l.Start, l.Seconds, l.Key)).ToHashSet();
        var retakenStretches = new List<(string Key, Interval Bucket)>();
        foreach (var old in held)
        {
            if (seen.Contains(old.Name) || old.Total == Usd.Zero) continue;
            var bucket = new Interval(old.Name.Start, old.Name.Start.AddSeconds(old.Name.Seconds));
            if (bucket.Start < reading.Covers.Start || bucket.End > reading.Covers.End) continue;
            var sameBucket = exactly.Contains((old.Name.Start, old.Name.Seconds, old.Name.Key));
            var otherwise = sameBucket ? old.Name.Dimensions != reading.Dimensions : retaken[old.Name.Key ?? ""].Any(r => r.Meets(bucket));
            if (otherwise)
            {
                retakenStretches.Add((old.Name.Key ?? "", bucket));
                changed.Add(Changed(old.Name, reading.Dimensions, Usd.Zero, old.Total, raw: null));
            }
            else if (old.MissingSince is not { } since)
                missing.Add(old.Name);
            else if (reading.Dense && reading.Asked - since >= WithdrawnAfter)
                changed.Add(Changed(old.Name, reading.Dimensions, Usd.Zero, old.Total, raw: null) with { Withdrawn = true });
        }

        if (retakenStretches.Count > 0)
        {
            var takenOver = retakenStretches.ToLookup(r => r.Key, r => r.Bucket);
            for (var i = 0; i < changed.Count; i++)
                if (changed[i].Replaces is null && takenOver[changed[i].Key ?? ""].Any(b => b.Meets(changed[i].Bucket)))
                    changed[i] = changed[i] with { Retaken = true };
        }
        if (changed.Count == 0 && missing.Count == 0 && found.Count == 0) return [];
        changed.Sort(static (a, b) => Compare(Name(a), Name(b)));
        return Parts(account, reading, changed, missing, found, previous, settlementLagSeconds, bookmark);
    }

    private static SnapshotLine Changed(LineName name, DimensionSet ofReading, Usd total, Usd? replaces, string? raw) => new()
    {
        Start = name.Start,
        Seconds = name.Seconds,
        Dimensions = name.Dimensions == ofReading ? null : name.Dimensions,
        Key = name.Key,
        Model = name.Model,
        Unit = name.Unit,
        Total = total,
        Replaces = replaces,
        Raw = raw is null || (Usd.TryParse(raw, out var exact) && exact == total) ? null : raw,
    };

    private static IReadOnlyList<UsageSnapshotTaken> Parts(
        string account, Reading reading, List<SnapshotLine> changed, List<LineName> missing, List<LineName> found,
        IReadOnlyList<PreviousReading> previous, int settlementLagSeconds, DateTimeOffset? bookmark)
    {
        var id = Ids.DerivedFrom(account, $"reading:{reading.Asked.ToText()}:{reading.Answered.ToText()}:{reading.Covers.Start.ToText()}").ToString("N");
        var chunks = Chunks(changed);
        var parts = new List<UsageSnapshotTaken>(chunks.Count);
        for (var i = 0; i < chunks.Count; i++)
            parts.Add(new()
            {
                Account = account,
                Reading = id,
                Part = i + 1,
                Parts = chunks.Count,
                Asked = bookmark ?? reading.Asked,
                Answered = bookmark ?? reading.Answered,
                Measured = bookmark is null ? null : new(reading.Asked, reading.Answered),
                Covers = reading.Covers,
                Dimensions = reading.Dimensions,
                SettlementLagSeconds = settlementLagSeconds,
                Previous = previous,
                Lines = chunks[i],
                Missing = i == 0 && missing.Count > 0 ? missing : null,
                Found = i == 0 && found.Count > 0 ? found : null,
            });
        return parts;
    }

    /// <summary>Cut by count, and by the most bytes the lines' names can take: an event stays under 1 MB whatever things are called.</summary>
    private static List<IReadOnlyList<SnapshotLine>> Chunks(List<SnapshotLine> changed)
    {
        const int bytesMax = 900_000;
        const int bytesPerLine = 250;
        var chunks = new List<IReadOnlyList<SnapshotLine>>();
        var chunk = new List<SnapshotLine>();
        var bytes = 0;
        foreach (var line in changed)
        {
            var size = bytesPerLine + Bytes(line.Key) + Bytes(line.Model) + Bytes(line.Unit) + Bytes(line.Raw);
            if (chunk.Count == LinesPerSnapshotMax || (chunk.Count > 0 && bytes + size > bytesMax))
            {
                chunks.Add(chunk);
                (chunk, bytes) = ([], 0);
            }
            chunk.Add(line);
            bytes += size;
        }
        chunks.Add(chunk);
        return chunks;

        // What is not plain ASCII may be written as \uXXXX.
        static int Bytes(string? text) => text is null ? 4 : text.Sum(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '.' or '_' ? 1 : 6);
    }

    private static LineName Name(SnapshotLine line) => new(line.Start, line.Seconds, line.Dimensions, line.Key, line.Model, line.Unit);

    private static int Compare(LineName a, LineName b)
    {
        var c = a.Start.CompareTo(b.Start);
        if (c == 0) c = a.Seconds.CompareTo(b.Seconds);
        if (c == 0) c = Nullable.Compare(a.Dimensions, b.Dimensions);
        if (c == 0) c = string.CompareOrdinal(a.Key, b.Key);
        if (c == 0) c = string.CompareOrdinal(a.Model, b.Model);
        return c == 0 ? string.CompareOrdinal(a.Unit, b.Unit) : c;
    }
}

/// <summary>A line as the books hold it.</summary>
/// <param name="Name">Its name, with its dimensions spelled out.</param>
/// <param name="Total">Its latest total.</param>
/// <param name="MissingSince">Since when complete answers have lacked it; null when they don't.</param>
public sealed record HeldLine(LineName Name, Usd Total, DateTimeOffset? MissingSince);
