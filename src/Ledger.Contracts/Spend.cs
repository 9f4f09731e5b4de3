using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Money;

namespace Ledger.Contracts;

/// <summary>Where in the log an answer stands.</summary>
/// <param name="Position">Last position it knows.</param>
/// <param name="Time">When that event was recorded; null at 0.</param>
public sealed record AsOfSummary(long Position, DateTimeOffset? Time);

/// <summary>How far the figures of an answer can be relied on.</summary>
/// <param name="Through">Last complete reading of the account that was read longest ago; null: one was never read, or there is none.</param>
/// <param name="LagSeconds">How long ago that is.</param>
/// <param name="Stale">That is longer ago than polling should take, or the views are behind what the caller wrote.</param>
/// <param name="Preliminary">The part of billed that may still move; null where nothing is billed.</param>
/// <param name="Removed">Where no account is connected any more: those that were. Their figures end where they were last read.</param>
/// <param name="Failing">Accounts that can't be read just now, and why. The figures are as old as <paramref name="Through"/> says, no older for it.</param>
/// <param name="Missing">Lines that the provider's answers lack; they keep their totals.</param>
public sealed record DataSummary(
    DateTimeOffset? Through, long? LagSeconds, bool Stale, Usd? Preliminary, IReadOnlyList<RemovedAccountSummary> Removed, IReadOnlyList<FailingAccountSummary> Failing,
    IReadOnlyList<MissingLineSummary> Missing)
{
    /// <summary>Stretches of the window that were never read completely, the newest 20 first: what was billed there is not known. Only where the answer has a window.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<UnreadSummary>? Unread { get; init; }
}

/// <summary>Time of an account that was never read completely.</summary>
/// <param name="Account">What people call it.</param>
/// <param name="From">Where it begins, or the window does.</param>
/// <param name="Until">Where it ends, or the window does.</param>
/// <param name="ReadFrom">From when on the account was read; null: nothing later was read either.</param>
public sealed record UnreadSummary(string Account, DateTimeOffset From, DateTimeOffset Until, DateTimeOffset? ReadFrom);

/// <summary>An account that can't be read just now.</summary>
/// <param name="Account">What people call it.</param>
/// <param name="Detail">What happened, until when, and what to do.</param>
public sealed record FailingAccountSummary(string Account, string Detail);

/// <summary>An account that is no longer read.</summary>
/// <param name="Account">What people called it.</param>
/// <param name="At">When it was removed; null where the books are older than that note.</param>
public sealed record RemovedAccountSummary(string Account, DateTimeOffset? At);

/// <summary>A line that the provider's answers lack.</summary>
/// <param name="Start">Start of its bucket.</param>
/// <param name="Account">The account's label.</param>
/// <param name="Key">Key id, or null.</param>
/// <param name="Model">Model, or null.</param>
/// <param name="Unit">Unit, or null.</param>
/// <param name="Total">What it holds.</param>
/// <param name="Since">Since when it is missing.</param>
public sealed record MissingLineSummary(DateTimeOffset Start, string Account, string? Key, string? Model, string? Unit, Usd Total, DateTimeOffset Since);

/// <summary>Spend in a window, grouped and filtered: <c>GET /api/v1/report</c>. Rows add up to the total.</summary>
/// <param name="Since">Start of the window.</param>
/// <param name="Until">End of the window.</param>
/// <param name="GroupBy">What the rows are grouped by, in order.</param>
/// <param name="Currency"><c>USD</c>.</param>
/// <param name="Rows">Each has the group's values under their names, what people call them beside ids, and <c>billed</c>.</param>
/// <param name="Total">What was billed; null where nothing of the window was read: nothing known is not nothing spent.</param>
/// <param name="AtLeast">Some of the window was never read (<c>data.unread</c>): it was that much or more.</param>
/// <param name="Idle">The part of agents without a mission.</param>
/// <param name="Unassigned">The part of keys that nobody owned.</param>
/// <param name="Window">The window used: whole hours, or days of the zone.</param>
/// <param name="Zone">The time zone of the window's days and of the days, weeks and months of the rows, by its IANA name.</param>
/// <param name="Notes">What to know when reading the rows; mostly nothing.</param>
/// <param name="AsOf">Where it stands.</param>
/// <param name="Data">How far it can be relied on.</param>
public sealed record SpendReport(
    DateTimeOffset Since, DateTimeOffset Until, IReadOnlyList<string> GroupBy, string Currency, IReadOnlyList<JsonObject> Rows, Usd? Total, bool AtLeast, Usd? Idle, Usd? Unassigned,
    WindowSummary Window, string Zone, IReadOnlyList<string> Notes, AsOfSummary AsOf, DataSummary Data);

/// <summary>A stretch of time, half-open.</summary>
/// <param name="Since">First instant inside.</param>
/// <param name="Until">First instant after.</param>
public sealed record WindowSummary(DateTimeOffset Since, DateTimeOffset Until);
