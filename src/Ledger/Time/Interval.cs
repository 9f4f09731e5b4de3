using System.Text.Json.Serialization;

namespace Ledger;

/// <summary>A stretch of time, half-open: <c>[Start, End)</c>, UTC.</summary>
/// <param name="Start">First instant inside.</param>
/// <param name="End">First instant after.</param>
public readonly record struct Interval(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>No length: nothing can have happened in it.</summary>
    [JsonIgnore]
    public bool IsEmpty => End <= Start;

    /// <summary>Length; zero when empty.</summary>
    [JsonIgnore]
    public TimeSpan Length => IsEmpty ? TimeSpan.Zero : End - Start;

    /// <summary>What both stretches share; empty when they don't meet.</summary>
    public Interval And(Interval other) => new(Start > other.Start ? Start : other.Start, End < other.End ? End : other.End);

    /// <summary>The shortest stretch that holds both.</summary>
    public Interval Spanning(Interval other) => new(Start < other.Start ? Start : other.Start, End > other.End ? End : other.End);

    /// <summary>Whether they share any time.</summary>
    public bool Meets(Interval other) => Start < other.End && other.Start < End && !IsEmpty && !other.IsEmpty;

    /// <summary>Whether the instant lies inside.</summary>
    public bool Contains(DateTimeOffset at) => Start <= at && at < End;

    /// <summary>All time that is accepted.</summary>
    public static Interval Always => new(DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
}
