using Ledger.Money;

namespace Ledger.Accounts;

/// <summary>Turns a reading into snapshots: only the lines that changed, each with the total it replaces.</summary>
public static class Observation
{
    /// <summary>Lines per event; a reading with more is written as parts of one append.</summary>
    public const int LinesPerSnapshotMax = 2_000;

    /// <summary>A line must be lacking this long in complete answers before it counts as withdrawn.</summary>
    public static readonly TimeSpan WithdrawnAfter = TimeSpan.FromMinutes(10);

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
        var changed = new List<SnapshotLine>();
        var missing = new List<LineName>();
        var found = new List<LineName>();
        var known = held.ToDictionary(h => h.Name);

        // A bucket of time is held in one width, so what stands in another one is closed in the event that brings the new totals.
        var covered = held.Where(h => h.Total != Usd.Zero && reading.Covers.Start <= h.Name.Start && h.Name.Bucket.End <= reading.Covers.End).ToList();
        var closed = covered.Where(h => h.Name.Seconds != reading.WidthAt(h.Name.Start)).ToList();
        foreach (var old in closed)
            changed.Add(Changed(old.Name, reading.Dimensions, Usd.Zero, old.Total, raw: null) with { Closed = true });
        var closedTime = closed.Select(c => c.Name.Bucket).Distinct().ToLookup(b => b.Start.FloorToHour());
        bool IsRetaken(LineName name) => closed.Count > 0 && closedTime[name.Start.FloorToHour()].Any(c => c.Meets(name.Bucket));

        var lines = Read(reading, known);
        foreach (var line in lines.Values)
            if (known.GetValueOrDefault(line.Name) is { MissingSince: not null }) found.Add(line.Name);
        foreach (var (name, total) in covered.Except(closed).Select(h => (h.Name, h.Total)).Concat(Taken(closed, reading)))
            lines[name] = lines.TryGetValue(name, out var line) ? line with { Before = total } : new(name, total, null);

        foreach (var bucket in lines.Values.Where(IsNews).GroupBy(l => (l.Name.Start, l.Name.Seconds)))
        {
            var moves = Moves.Of([.. bucket]);
            foreach (var line in bucket)
            {
                var before = known.GetValueOrDefault(line.Name);
                var total = line.Read?.Total ?? moves.Left(line);
                var isWithdrawn = line.Read is null && total != Usd.Zero && reading.Dense && reading.Asked - before?.MissingSince >= WithdrawnAfter;
                if (isWithdrawn) total = Usd.Zero;
                else if (line.Read is null && total != Usd.Zero && (before?.MissingSince is null || total != before.Total)) missing.Add(line.Name);
                if (total == (before?.Total ?? Usd.Zero)) continue;
                var isRetaken = IsRetaken(line.Name);
                changed.Add(Changed(line.Name, reading.Dimensions, total, before?.Total, line.Read?.Raw) with
                {
                    Withdrawn = isWithdrawn,
                    Retaken = isRetaken,
                    Closed = moves.LeftWithinKey(line),
                    MovedFrom = isRetaken ? null : moves.Into(line, reading.Dimensions),
                });
            }
        }
        bool IsNews(BucketLine line) => line.Read is not { } read || read.Total != line.Before || read.Total != (known.TryGetValue(line.Name, out var before) ? before.Total : Usd.Zero);

        if (changed.Count == 0 && missing.Count == 0 && found.Count == 0) return [];
        changed.Sort(static (a, b) => Compare(Name(a), Name(b)));
        missing.Sort(Compare);
        return Parts(account, reading, changed, missing, found, previous, settlementLagSeconds, bookmark);
    }

    /// <summary>The lines of the answer; zeros only where the books hold something else.</summary>
    private static Dictionary<LineName, BucketLine> Read(Reading reading, Dictionary<LineName, HeldLine> known)
    {
        var lines = new Dictionary<LineName, BucketLine>(reading.Lines.Count);
        foreach (var line in reading.Lines)
        {
            var name = new LineName(line.Start, line.Seconds, reading.Dimensions, line.Key, line.Model, line.Unit);
            if (line.Total != Usd.Zero || known.ContainsKey(name)) lines.Add(name, new(name, Usd.Zero, line));
        }
        return lines;
    }

    /// <summary>What a wider bucket takes over from those within it, line by line: what the answer lacks of it is missing as if it had been held so.</summary>
    private static IEnumerable<(LineName Name, Usd Total)> Taken(List<HeldLine> closed, Reading reading) =>
        from line in closed
        let width = reading.WidthAt(line.Name.Start)
        where width > line.Name.Seconds
        let start = new DateTimeOffset(line.Name.Start.UtcTicks - (line.Name.Start.UtcTicks % (width * TimeSpan.TicksPerSecond)), TimeSpan.Zero)
        group line.Total by line.Name with { Start = start, Seconds = width, Dimensions = reading.Dimensions } into taken
        select (taken.Key, taken.Aggregate(Usd.Zero, (sum, total) => sum + total));

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
                // In the last part: some may be lines that this reading brings.
                Missing = i == chunks.Count - 1 && missing.Count > 0 ? missing : null,
                Found = i == chunks.Count - 1 && found.Count > 0 ? found : null,
            });
        return parts;
    }

    /// <summary>Cut by count, and by the most bytes the lines' names can take: an event stays under 1 MB whatever things are called.</summary>
    private static List<IReadOnlyList<SnapshotLine>> Chunks(List<SnapshotLine> changed)
    {
        const int bytesMax = 900_000;
        const int bytesPerLine = 250;
        const int bytesPerMove = 80;
        var chunks = new List<IReadOnlyList<SnapshotLine>>();
        var chunk = new List<SnapshotLine>();
        var bytes = 0;
        foreach (var line in changed)
        {
            var size = bytesPerLine + Bytes(line.Key) + Bytes(line.Model) + Bytes(line.Unit) + Bytes(line.Raw) + (line.MovedFrom ?? []).Sum(m => bytesPerMove + Bytes(m.Key) + Bytes(m.Model) + Bytes(m.Unit));
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

    internal static int Compare(LineName a, LineName b)
    {
        var c = a.Start.CompareTo(b.Start);
        if (c == 0) c = a.Seconds.CompareTo(b.Seconds);
        if (c == 0) c = Nullable.Compare(a.Dimensions, b.Dimensions);
        if (c == 0) c = string.CompareOrdinal(a.Key, b.Key);
        if (c == 0) c = string.CompareOrdinal(a.Model, b.Model);
        return c == 0 ? string.CompareOrdinal(a.Unit, b.Unit) : c;
    }
}

/// <summary>A line as the books hold it and as an answer has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Before">Its total before.</param>
/// <param name="Read">What the answer says; null: the answer lacks it.</param>
internal sealed record BucketLine(LineName Name, Usd Before, ReadLine? Read);

/// <summary>A line as the books hold it.</summary>
/// <param name="Name">Its name, with its dimensions spelled out.</param>
/// <param name="Total">Its latest total.</param>
/// <param name="MissingSince">Since when complete answers have lacked it; null when they don't.</param>
public sealed record HeldLine(LineName Name, Usd Total, DateTimeOffset? MissingSince);
