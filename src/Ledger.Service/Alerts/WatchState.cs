using Ledger.Money;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>How far spend was watched: a document, written in the transaction of the alerts that were found.</summary>
public sealed record WatchMark
{
    /// <summary>The id of the only one.</summary>
    public const string Only = "watch";

    public string Id { get; init; } = Only;

    /// <summary>The last position that was looked at; null: nothing was.</summary>
    public long? Position { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan? Took { get; init; }

    /// <summary>The highest position that a look waits for, because the money views are not there yet.</summary>
    public long? WaitsFor { get; init; }

    /// <summary>Why the last look did not find or write all there was; null: it did.</summary>
    public string? Trouble { get; init; }

    /// <summary>By how much figures of the past moved since people were told of it, by account.</summary>
    public IReadOnlyDictionary<string, UntoldMove> Untold { get; init; } = new Dictionary<string, UntoldMove>();
}

/// <summary>Figures of an account's past that moved, which nobody was told of yet.</summary>
/// <param name="Moved">The net, signed.</param>
/// <param name="Days">The UTC days concerned.</param>
/// <param name="Position">Position of the last reading that moved them.</param>
public sealed record UntoldMove(Usd Moved, Interval Days, long Position);

/// <summary>Where the watch stands; for status and doctor.</summary>
/// <param name="Position">The last position that was looked at; null: nothing was.</param>
/// <param name="At">When that was.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Trouble">Why the last look did not find or write all there was; null: it did.</param>
public sealed record WatchState(long? Position, DateTimeOffset? At, TimeSpan? Took, string? Trouble)
{
    public static async Task<WatchState> Of(IQuerySession session, CancellationToken ct) =>
        await session.LoadAsync<WatchMark>(WatchMark.Only, ct) is { } mark ? new(mark.Position, mark.At, mark.Took, mark.Trouble) : new(null, null, null, null);
}
