using Ledger.Accounts;

namespace Ledger.Service.Xai;

/// <summary>
/// Reads a stretch of usage: at most seven days a request, split in time where the answer was a subset, down to one bucket, then under fewer
/// dimensions; never without the key, never more requests than allowed. The newest comes first: where the requests don't suffice, the
/// end of the stretch is read, and the rest is left for another time.
/// </summary>
/// <param name="ask">Asks once; throws what the provider refused.</param>
/// <param name="options">Bounds.</param>
/// <param name="bucketSeconds">3600 or 900.</param>
/// <param name="dimensions">What to ask for.</param>
internal sealed class UsageReader(Func<UsageAsked, Task<UsageAnswer>> ask, XaiOptions options, int bucketSeconds, DimensionSet dimensions)
{
    // Full dimensions, without the model, by the key alone: what reading one bucket can cost.
    private const int triesMax = 3;

    private readonly List<UsageAnswer> answers = [];
    private int requests;

    public async Task<XaiUsage> Read(Interval wanted)
    {
        var (width, set) = (bucketSeconds, dimensions);
        var stretches = Stretches(Whole(wanted, width));
        UsageAnswer begun;
        (begun, width, set) = await First(stretches.Peek(), wanted);
        if (width != bucketSeconds) stretches = Stretches(Whole(wanted, width));

        var (isCrowded, left) = (false, default(Interval?));
        while (stretches.TryPop(out var stretch))
        {
            var isBegun = begun.Asked.Range == stretch;
            if (!isBegun && requests + triesMax > options.RequestsMax)
            {
                left = stretch;
                break;
            }
            var answer = isBegun ? begun : await Ask(new(stretch, width, set));
            isCrowded |= answer.Part.LimitReached;
            if (answer.Part.LimitReached && Halves(stretch, width) is var (early, late))
            {
                stretches.Push(early);
                stretches.Push(late);
                continue;
            }
            while (answer.Part.LimitReached) answer = await Ask(answer.Asked with { Dimensions = Fewer(answer.Asked.Dimensions) ?? throw TooMany() });
            answers.Add(answer);
        }
        answers.Reverse();
        return new()
        {
            Readings = Merged(),
            HoursAtOnce = isCrowded || left is not null ? (int)Math.Ceiling(answers.Count > 0 ? answers.Sum(a => a.Asked.Range.Length.TotalHours) : left!.Value.Length.TotalHours) : null,
            BucketSeconds = width,
            QuarterHourRefused = width != bucketSeconds,
            ModelRefused = set != dimensions,
            DimensionsDropped = answers.Any(answer => answer.Asked.Dimensions != set),
            Requests = requests,
            Dimensions = set,
            ClockAhead = answers.Append(begun).Select(a => a.ClockAhead).LastOrDefault(ahead => ahead is not null),
            Silent = [.. answers.Where(a => a.Part.IsSilent).Select(a => a.Asked.Range)],
        };
    }

    /// <summary>The whole buckets that a stretch of time touches.</summary>
    internal static Interval Whole(Interval wanted, int seconds)
    {
        var width = TimeSpan.FromSeconds(seconds).Ticks;
        var start = wanted.Start.UtcTicks / width * width;
        var end = (wanted.End.UtcTicks + width - 1) / width * width;
        return new(new(start, TimeSpan.Zero), new(end, TimeSpan.Zero));
    }

    // A refused argument doesn't say reliably which one it was: what we can do without is left out, the likelier one first.
    private async Task<(UsageAnswer Answer, int Width, DimensionSet Set)> First(Interval stretch, Interval wanted)
    {
        ProviderException refusal;
        try
        {
            return (await Ask(new(stretch, bucketSeconds, dimensions)), bucketSeconds, dimensions);
        }
        catch (ProviderException e) when (e.Kind == FailureKind.Invalid && !e.Detail.Contains("uuid", StringComparison.OrdinalIgnoreCase))
        {
            refusal = e;
        }

        foreach (var (width, set) in Alternatives(refusal.Detail))
        {
            var range = Stretches(Whole(wanted, width)).Peek();
            if (await Unrefused(new(range, width, set)) is not { } answer) continue;
            // The dimensions are kept from then on, so one refusal in passing must not decide them: what was wanted is asked once more.
            return set != dimensions && await Unrefused(new(stretch, bucketSeconds, dimensions)) is { } wantedAfterAll
                ? (wantedAfterAll, bucketSeconds, dimensions)
                : (answer, width, set);
        }
        throw refusal;
    }

    /// <summary>Null: an argument is refused.</summary>
    private async Task<UsageAnswer?> Unrefused(UsageAsked asked)
    {
        try
        {
            return await Ask(asked);
        }
        catch (ProviderException e) when (e.Kind == FailureKind.Invalid)
        {
            return null;
        }
    }

    private List<(int Width, DimensionSet Set)> Alternatives(string refusal)
    {
        var alternatives = new List<(int, DimensionSet)>();
        var quarters = bucketSeconds < 3600;
        var model = dimensions == DimensionSet.KeyModelUnit;
        if (quarters) alternatives.Add((3600, dimensions));
        if (model) alternatives.Add((bucketSeconds, DimensionSet.KeyDescriptionUnit));
        if (quarters && model)
        {
            alternatives.Add((3600, DimensionSet.KeyDescriptionUnit));
            if (refusal.Contains("model", StringComparison.OrdinalIgnoreCase) || refusal.Contains("group", StringComparison.OrdinalIgnoreCase))
                (alternatives[0], alternatives[1]) = (alternatives[1], alternatives[0]);
        }
        return alternatives;
    }

    private async Task<UsageAnswer> Ask(UsageAsked asked)
    {
        if (requests >= options.RequestsMax) throw TooMany();
        requests++;
        return await ask(asked);
    }

    private Stack<Interval> Stretches(Interval covers)
    {
        var stretches = new List<Interval>();
        for (var start = covers.Start; start < covers.End; start += options.StretchMax)
            stretches.Add(new(start, start + options.StretchMax < covers.End ? start + options.StretchMax : covers.End));
        return new(stretches);
    }

    /// <summary>Two stretches of whole hours while there are several, then of whole buckets; null: it is one bucket.</summary>
    internal static (Interval Early, Interval Late)? Halves(Interval stretch, int bucketSeconds)
    {
        if (stretch.Length <= TimeSpan.FromSeconds(bucketSeconds)) return null;
        var unit = stretch.Length > TimeSpan.FromHours(1) ? TimeSpan.TicksPerHour : bucketSeconds * TimeSpan.TicksPerSecond;
        var middle = stretch.Start + (stretch.Length / 2);
        var cut = new DateTimeOffset(middle.UtcTicks / unit * unit, TimeSpan.Zero);
        // A stretch of quarter-hours may begin within an hour; both halves keep some length.
        if (cut <= stretch.Start) cut = cut.AddTicks(unit);
        return (new(stretch.Start, cut), new(cut, stretch.End));
    }

    private static DimensionSet? Fewer(DimensionSet set) => set switch
    {
        DimensionSet.KeyModelUnit or DimensionSet.KeyDescriptionUnit => DimensionSet.KeyUnit,
        DimensionSet.KeyUnit => DimensionSet.Key,
        _ => null,
    };

    private List<Reading> Merged()
    {
        var readings = new List<Reading>();
        for (var i = 0; i < answers.Count;)
        {
            var run = answers.Skip(i).TakeWhile(answer => answer.Asked.Dimensions == answers[i].Asked.Dimensions).ToList();
            var names = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (id, name) in run.SelectMany(answer => answer.Part.KeyNames)) names[id] = name;
            var answered = run.Where(answer => answer.Part.Series > 0).ToList();
            readings.Add(new()
            {
                Asked = run.Min(answer => answer.At),
                Answered = run.Max(answer => answer.Answered),
                Covers = new(run[0].Asked.Range.Start, run[^1].Asked.Range.End),
                Dimensions = run[0].Asked.Dimensions,
                Seconds = run[0].Asked.BucketSeconds,
                Lines = [.. run.SelectMany(answer => answer.Part.Lines)],
                KeyNames = names,
                // An answer without any series shows nothing about zeros, so it is not proof that lines vanished.
                Dense = answered.Count > 0 && answered.All(answer => answer.Part.Dense),
            });
            i += run.Count;
        }
        return readings;
    }

    private ProviderException TooMany() => new(
        FailureKind.Contract, $"The provider's answers are limited to so few groups that usage by key can't be read in {options.RequestsMax} requests.");
}

/// <summary>One answer and when it was asked and given.</summary>
internal sealed record UsageAnswer(UsageAsked Asked, UsagePart Part, DateTimeOffset At, DateTimeOffset Answered, TimeSpan? ClockAhead = null);
