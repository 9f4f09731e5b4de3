using Ledger.Money;

namespace Ledger.Accounts;

/// <summary>
/// What a provider said about lines, once: complete for the time it covers, already checked (aligned buckets, no duplicates,
/// finite figures), every figure exact. Providers make readings; the account turns them into snapshots.
/// </summary>
public sealed record Reading
{
    /// <summary>When we asked.</summary>
    public required DateTimeOffset Asked { get; init; }

    /// <summary>When the last part of the answer was in.</summary>
    public required DateTimeOffset Answered { get; init; }

    /// <summary>Whole buckets covered, <c>[Start, End)</c>; the last may still be running.</summary>
    public required Interval Covers { get; init; }

    /// <summary>Under which dimensions the feed was asked.</summary>
    public required DimensionSet Dimensions { get; init; }

    /// <summary>Width of the buckets, where they are not split.</summary>
    public int Seconds { get; init; } = 3600;

    /// <summary>Hours that are split, and by which width: 900 or 60.</summary>
    public IReadOnlyDictionary<DateTimeOffset, int> SplitHours { get; init; } = new Dictionary<DateTimeOffset, int>();

    /// <summary>Minutes of those hours that are split by the second.</summary>
    public IReadOnlySet<DateTimeOffset> SplitMinutes { get; init; } = new HashSet<DateTimeOffset>();

    /// <summary>The lines the answer held, each once. Explicit zeros are kept: a changed zero is a restatement.</summary>
    public required IReadOnlyList<ReadLine> Lines { get; init; }

    /// <summary>Names of keys that the answer gave beside their ids.</summary>
    public IReadOnlyDictionary<string, string> KeyNames { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the feed fills in zeros, so that a line's absence means something.</summary>
    public required bool Dense { get; init; }

    /// <summary>In which width it has an instant's time.</summary>
    public int WidthAt(DateTimeOffset at) => !SplitHours.TryGetValue(at.FloorToHour(), out var width) ? Seconds : SplitMinutes.Contains(at.FloorToMinute()) ? 1 : width;
}

/// <summary>One line of a reading.</summary>
/// <param name="Start">Start of the bucket, UTC.</param>
/// <param name="Seconds">Length of the bucket.</param>
/// <param name="Key">The provider's id of the API key; null where billing names none.</param>
/// <param name="Model">Model (or description) as billed; null where that dimension was dropped.</param>
/// <param name="Unit">Unit type as billed; null where that dimension was dropped.</param>
/// <param name="Total">What the provider says it cost so far.</param>
/// <param name="Raw">The figure's text on the wire.</param>
public sealed record ReadLine(DateTimeOffset Start, int Seconds, string? Key, string? Model, string? Unit, Usd Total, string Raw);

/// <summary>
/// What the feed was grouped by, beside the key, which is never dropped. Lines of different sets are never added up for one bucket.
/// </summary>
public enum DimensionSet
{
    /// <summary><c>api_key_id, model, unit_type</c>: the default.</summary>
    KeyModelUnit,

    /// <summary><c>api_key_id, description, unit_type</c>: where <c>model</c> is refused.</summary>
    KeyDescriptionUnit,

    /// <summary><c>api_key_id, unit_type</c>: too many groups with the model.</summary>
    KeyUnit,

    /// <summary><c>api_key_id</c> alone: the last resort.</summary>
    Key,
}
