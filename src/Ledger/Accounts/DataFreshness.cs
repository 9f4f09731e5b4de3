namespace Ledger.Accounts;

/// <summary>How old what is known of an account is, or of several: then the oldest of them.</summary>
/// <param name="Through">When the last complete reading was asked; null: never.</param>
/// <param name="LagSeconds">How long ago that is.</param>
/// <param name="Stale">It was read longer ago than two polls take. Age alone says so: that it can't be read just now is a note beside the figure.</param>
public sealed record DataFreshness(DateTimeOffset? Through, long? LagSeconds, bool Stale)
{
    private static readonly TimeSpan grace = TimeSpan.FromMinutes(1);

    /// <summary>Of an account that was never read, and of no account at all.</summary>
    public static DataFreshness Unknown { get; } = new(null, null, Stale: true);

    /// <summary>Why figures are not known; null when they are.</summary>
    public string? Why => Through is null ? "no account was read completely yet" : null;

    /// <summary>Of one account.</summary>
    /// <param name="asked">When its last complete reading was asked; null: never.</param>
    /// <param name="pollEvery">How often it is read.</param>
    /// <param name="now">Now.</param>
    public static DataFreshness Of(DateTimeOffset? asked, TimeSpan pollEvery, DateTimeOffset now)
    {
        if (asked is not { } at) return Unknown;
        var lag = now - at;
        return new(at, Math.Max(0, (long)lag.TotalSeconds), lag > (pollEvery * 2) + grace);
    }

    /// <summary>Of several accounts. Unknown when one of them was never read, or there is none.</summary>
    public static DataFreshness OldestOf(IEnumerable<DataFreshness> accounts)
    {
        var each = accounts as IReadOnlyCollection<DataFreshness> ?? [.. accounts];
        return each.Count > 0 && each.All(f => f.Through is not null)
            ? new(each.Min(f => f.Through), each.Max(f => f.LagSeconds), each.Any(f => f.Stale))
            : Unknown;
    }
}
