using System.Globalization;
using Ledger.Contracts;
using Ledger.Service.Storage;

namespace Ledger.Service.Spend;

/// <summary>Where in the log a read stands: as of a position or a time, and at least at a position the caller has written.</summary>
public sealed class ReadAt(SpendViews views, Positions positions)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The position to answer as of (null: the current one), once the views hold it and what the caller wrote. After 10 seconds it is
    /// answered from what there is, and marked stale.
    /// </summary>
    public async Task<(long? AsOf, bool Behind)> Resolve(string? asOf, long? minPosition, CancellationToken ct)
    {
        var behind = !await Caught(minPosition, ct);
        return (asOf is null ? null : await Reached("asOf", asOf, ct), behind);
    }

    /// <summary>
    /// Waits until the views hold what the caller wrote. False: they don't. A position that the log does not reach is of other books,
    /// so nothing is waited for.
    /// </summary>
    public async Task<bool> Caught(long? minPosition, CancellationToken ct)
    {
        if (minPosition is not { } wanted || await views.Position(ct) >= wanted) return true;
        return wanted <= await positions.Last(ct) && await views.WaitFor(wanted, patience, ct);
    }

    /// <summary>A position, or the last one before a time.</summary>
    public async Task<long> Position(string field, string text, CancellationToken ct)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            return position <= await positions.Last(ct) ? position : throw Unknown(field, text);
        return Instants.TryParse(text, out var at)
            ? await positions.Before(at, ct)
            : throw new Refused("time.invalid", $"{field} is a position, or a time such as 2026-11-16T10:15:00Z.", field, text);
    }

    /// <summary>The same, once the views hold it.</summary>
    public async Task<long> Reached(string field, string text, CancellationToken ct)
    {
        var position = await Position(field, text, ct);
        if (!await views.WaitFor(position, patience, ct))
            throw new Refused("log.busy", $"The views hold the log up to {await views.Position(ct)} only; position {position} is not there yet.") { RetryAfter = TimeSpan.FromSeconds(2) };
        return position;
    }

    /// <summary>A position as answers show it.</summary>
    public async Task<AsOfSummary> Summary(long position, CancellationToken ct) => new(position, await positions.TimeOf(position, ct));

    private static Refused Unknown(string field, string value) => new("position.unknown", $"The log does not reach position {Names.Printable(value)}.", field, value);
}
