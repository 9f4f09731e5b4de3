namespace Ledger.Spend;

/// <summary>The stretch of a bucket in which a rise can have happened.</summary>
public static class Evidence
{
    /// <summary>
    /// <c>bucket ∩ (previousAsked − settlementLag, answered]</c>; without a previous reading, or when that has no length,
    /// <c>bucket ∩ (−∞, answered]</c>; when that has none either, the bucket.
    /// </summary>
    /// <param name="bucket">The line's bucket.</param>
    /// <param name="previousAsked">When the previous complete reading of the bucket was asked, or null.</param>
    /// <param name="settlementLag">How late the provider's figures settle.</param>
    /// <param name="answered">When this reading was answered.</param>
    public static Interval Of(Interval bucket, DateTimeOffset? previousAsked, TimeSpan settlementLag, DateTimeOffset answered)
    {
        // A reading taken exactly at a window's start belongs to before it: its evidence ends where the window begins, so
        // writing (a, b] as [a, b) changes no length and hence no share.
        if (previousAsked is { } asked && bucket.And(new(asked - settlementLag, answered)) is { IsEmpty: false } since)
            return since;
        var sinceStart = bucket.And(new(DateTimeOffset.MinValue, answered));
        return sinceStart.IsEmpty ? bucket : sinceStart;
    }
}
