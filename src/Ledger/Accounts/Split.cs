using Ledger.Money;

namespace Ledger.Accounts;

/// <summary>A bucket that is not split although it has an edge, and why.</summary>
/// <param name="Start">Its start.</param>
/// <param name="Seconds">The width that was wanted: 60 or 1.</param>
/// <param name="Why">Stable word; see <see cref="Split"/>.</param>
public sealed record Unsplit(DateTimeOffset Start, int Seconds, string Why);

/// <summary>
/// Tells hours that have an edge by the minute, and minutes that have one by the second, one width at a time. The hour is the bill: a finer answer is
/// asked for when an edge is new and when the hour's figure is not what its held lines add up to, and is used when it adds up to the hour.
/// </summary>
/// <remarks>Pure: the caller asks the provider for <see cref="HoursToAsk"/>, then for <see cref="MinutesToAsk"/>, and tells what it answered.</remarks>
public sealed class Split
{
    /// <summary>The provider does not serve the width for this stretch.</summary>
    public const string Refused = "refused";

    /// <summary>The finer buckets don't add up to the bucket they cut.</summary>
    public const string Differs = "does not add up";

    /// <summary>Even the smallest stretch has more groups than the provider answers.</summary>
    public const string CutOff = "cut off";

    /// <summary>The finer answer breaks its format.</summary>
    public const string Broken = "broken";

    private const int minutesPerHour = 60;
    private const int secondsPerMinute = 60;

    private readonly Reading reading;
    private readonly DateTimeOffset settledBefore;
    private readonly bool bySecond;
    private readonly ILookup<DateTimeOffset, HeldLine> held;
    private readonly ILookup<DateTimeOffset, DateTimeOffset> edgeMinutes;
    private readonly Dictionary<DateTimeOffset, IReadOnlyList<ReadLine>> figures;
    private readonly Dictionary<DateTimeOffset, (int Width, IReadOnlyList<ReadLine> Lines)> hours = [];
    private readonly Dictionary<DateTimeOffset, IReadOnlyList<ReadLine>> minutes = [];
    private readonly List<Unsplit> unsplit = [];

    /// <param name="reading">By the hour.</param>
    /// <param name="held">What the books hold of its time.</param>
    /// <param name="edges">Edges in its time.</param>
    /// <param name="finestSeconds">1 or 60.</param>
    /// <param name="settlementLag">How late figures settle: until an hour's end is that long ago, the finer answer counts.</param>
    public Split(Reading reading, IReadOnlyCollection<HeldLine> held, IReadOnlyList<DateTimeOffset> edges, int finestSeconds, TimeSpan settlementLag)
    {
        (this.reading, settledBefore, bySecond) = (reading, reading.Asked - settlementLag, finestSeconds == 1);
        this.held = held.Where(h => h.Total != Usd.Zero).ToLookup(h => h.Name.Start.FloorToHour());
        edgeMinutes = edges.Where(e => e != e.FloorToMinute()).Select(e => e.FloorToMinute()).Distinct().ToLookup(m => m.FloorToHour());
        var edgeHours = edges.Where(e => e != e.FloorToHour()).Select(e => e.FloorToHour()).ToHashSet();
        var wanted = edgeHours.Union(this.held.Where(h => h.Any(l => l.Name.Seconds < reading.Seconds)).Select(h => h.Key)).Where(reading.Covers.Contains).ToHashSet();
        figures = reading.Lines.Where(l => wanted.Contains(l.Start)).GroupBy(l => l.Start).ToDictionary(h => h.Key, h => (IReadOnlyList<ReadLine>)[.. h]);

        var ask = new List<DateTimeOffset>();
        foreach (var hour in wanted.OrderDescending())
        {
            var isFine = this.held[hour].Any(l => l.Name.Seconds < reading.Seconds);
            if (isFine && IsAsHeld(Figure(hour), this.held[hour], minutesPerHour + (secondsPerMinute * SecondsHeld(hour).Count()))) Keep(hour);
            else if (Figure(hour).Any(l => l.Total != Usd.Zero)) ask.Add(hour);
        }
        HoursToAsk = ask;
    }

    /// <summary>Hours to ask for by the minute, the newest first. Those that are not asked for stay whole.</summary>
    public IReadOnlyList<DateTimeOffset> HoursToAsk { get; }

    /// <summary>Buckets that stay whole although they were asked for.</summary>
    public IReadOnlyList<Unsplit> Unsplit => unsplit;

    /// <summary>Minutes to ask for by the second, the newest first, once the hours are told.</summary>
    public IReadOnlyList<DateTimeOffset> MinutesToAsk()
    {
        var ask = new List<DateTimeOffset>();
        if (!bySecond) return ask;
        foreach (var (hour, (width, lines)) in hours.Where(h => h.Value.Width == secondsPerMinute))
        {
            foreach (var minute in edgeMinutes[hour].Union(SecondsHeld(hour)).Where(m => !minutes.ContainsKey(m)))
            {
                var figure = lines.Where(l => l.Start == minute).ToArray();
                HeldLine[] seconds = [.. held[hour].Where(l => l.Name.Seconds == 1 && l.Name.Start.FloorToMinute() == minute)];
                if (seconds.Length > 0 && IsAsHeld(figure, seconds, secondsPerMinute)) minutes[minute] = AsRead(seconds);
                else if (figure.Any(l => l.Total != Usd.Zero)) ask.Add(minute);
            }
        }
        return [.. ask.OrderDescending()];
    }

    /// <summary>The provider's answer for an hour by the minute, or by the quarter-hour where it serves no minutes.</summary>
    /// <param name="hour">The hour.</param>
    /// <param name="seconds">60 or 900.</param>
    /// <param name="lines">All its lines.</param>
    public void TellHour(DateTimeOffset hour, int seconds, IReadOnlyList<ReadLine> lines)
    {
        if (Counts(hour, Figure(hour), lines, 3600 / seconds)) hours[hour] = (seconds, lines);
        else if (IsSettled(hour)) Stays(hour, secondsPerMinute, Differs);
    }

    /// <summary>The provider's answer for a minute by the second.</summary>
    public void TellMinute(DateTimeOffset minute, IReadOnlyList<ReadLine> lines)
    {
        var hour = minute.FloorToHour();
        if (Counts(hour, [.. hours[hour].Lines.Where(l => l.Start == minute)], lines, secondsPerMinute)) minutes[minute] = lines;
        else if (IsSettled(hour)) Stays(minute, 1, Differs);
    }

    /// <summary>The bucket stays whole.</summary>
    public void Stays(DateTimeOffset start, int seconds, string why) => unsplit.Add(new(start, seconds, why));

    /// <summary>The reading with the finer lines in the place of the wider ones.</summary>
    public Reading Result() => hours.Count == 0 ? reading : reading with
    {
        Lines =
        [
            .. reading.Lines.Where(l => !hours.ContainsKey(l.Start)),
            .. hours.Values.SelectMany(h => h.Lines).Where(l => !minutes.ContainsKey(l.Start.FloorToMinute()) || l.Seconds > secondsPerMinute),
            .. minutes.Values.SelectMany(m => m),
        ],
        SplitHours = hours.ToDictionary(h => h.Key, h => h.Value.Width),
        SplitMinutes = minutes.Keys.ToHashSet(),
    };

    private IReadOnlyList<ReadLine> Figure(DateTimeOffset hour) => figures.GetValueOrDefault(hour, []);

    private IEnumerable<DateTimeOffset> SecondsHeld(DateTimeOffset hour) => held[hour].Where(l => l.Name.Seconds == 1).Select(l => l.Name.Start.FloorToMinute()).Distinct();

    /// <summary>The hour's figure did not move: what the books hold of it is what the provider says.</summary>
    private void Keep(DateTimeOffset hour)
    {
        var width = held[hour].Any(l => l.Name.Seconds == 900) ? 900 : secondsPerMinute;
        hours[hour] = (width, AsRead(held[hour].Where(l => l.Name.Seconds == width)));
        foreach (var minute in held[hour].Where(l => l.Name.Seconds == 1).GroupBy(l => l.Name.Start.FloorToMinute())) minutes[minute.Key] = AsRead(minute);
    }

    private bool IsSettled(DateTimeOffset hour) => hour.AddHours(1) <= settledBefore;

    /// <summary>
    /// Whether a finer answer is used. It must speak of every key. While the hour runs or settles it is the later answer and counts as it is; after
    /// that it must add up, key by key, but for a tick of rounding for each bucket.
    /// </summary>
    private bool Counts(DateTimeOffset hour, IReadOnlyList<ReadLine> figure, IReadOnlyList<ReadLine> lines, int buckets)
    {
        var (whole, parts) = (ByKey(figure), ByKey(lines));
        if (whole.Any(k => k.Value != 0 && parts.GetValueOrDefault(k.Key) == 0)) return false;
        return !IsSettled(hour) || whole.Keys.Union(parts.Keys).All(k => Int128.Abs(whole.GetValueOrDefault(k) - parts.GetValueOrDefault(k)) <= buckets);

        static Dictionary<string, Int128> ByKey(IEnumerable<ReadLine> lines) => lines.GroupBy(l => l.Key ?? "", StringComparer.Ordinal)
            .ToDictionary(k => k.Key, k => k.Aggregate((Int128)0, (sum, l) => sum + l.Total.Ticks), StringComparer.Ordinal);
    }

    private bool IsAsHeld(IEnumerable<ReadLine> figure, IEnumerable<HeldLine> held, int buckets)
    {
        var sums = new Dictionary<(string?, string?, string?), Int128>();
        foreach (var line in figure) sums[(line.Key, line.Model, line.Unit)] = sums.GetValueOrDefault((line.Key, line.Model, line.Unit)) + line.Total.Ticks;
        foreach (var (name, total, _) in held)
        {
            if (name.Dimensions != reading.Dimensions) return false;
            sums[(name.Key, name.Model, name.Unit)] = sums.GetValueOrDefault((name.Key, name.Model, name.Unit)) - total.Ticks;
        }
        return sums.Values.All(difference => Int128.Abs(difference) <= buckets);
    }

    private static IReadOnlyList<ReadLine> AsRead(IEnumerable<HeldLine> held) =>
        [.. held.Select(h => new ReadLine(h.Name.Start, h.Name.Seconds, h.Name.Key, h.Name.Model, h.Name.Unit, h.Total, h.Total.ToString()))];
}
