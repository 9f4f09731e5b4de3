using Ledger.Money;

namespace Ledger.Contracts;

/// <summary>
/// Sends a week's digest by mail: <c>POST /api/v1/digest/send</c>. It is composed and kept the first time, once a week and team. With
/// <paramref name="Again"/>, or <paramref name="To"/> others, the same digest leaves once more under the same Message-ID. A week that is not
/// over is told "so far", and its digest still comes.
/// </summary>
/// <param name="Week">ISO week such as <c>2026-W47</c>; null: the last one that is over.</param>
/// <param name="To">To these instead of whom it is set for; 1 to 50 addresses.</param>
/// <param name="Again">Once more, although it was sent.</param>
public sealed record SendDigest(string? Week, IReadOnlyList<string>? To, bool? Again);

/// <summary>A digest that was sent.</summary>
/// <param name="Week">ISO week.</param>
/// <param name="Subject">The mail's subject.</param>
/// <param name="Already">It had been composed before this call.</param>
/// <param name="Recipients">Who gets a mail by this call; nobody when it had been sent before and was not asked for again.</param>
/// <param name="At">When it was composed.</param>
/// <param name="AsOf">Position its figures stand at.</param>
/// <param name="Hint">What to do to get it once more.</param>
public sealed record SentDigest(
    string Week, string Subject, bool Already, IReadOnlyList<string> Recipients, DateTimeOffset At, long AsOf, string? Hint);

/// <summary>Digests that were composed in the last weeks, the latest first: <c>GET /api/v1/digests</c>.</summary>
public sealed record DigestList(IReadOnlyList<DigestSummary> Digests);

/// <summary>A digest in a list.</summary>
/// <param name="Week">ISO week.</param>
/// <param name="Subject">The mail's subject.</param>
/// <param name="Total">Billed in the week; null: not known.</param>
/// <param name="Recipients">Who it was for.</param>
/// <param name="At">When it was composed.</param>
/// <param name="By">Who asked; null: the schedule.</param>
/// <param name="AsOf">Position its figures stand at.</param>
/// <param name="Position">Where in the log it is.</param>
public sealed record DigestSummary(
    string Week, string Subject, Usd? Total, IReadOnlyList<string> Recipients, DateTimeOffset At, string? By, long AsOf, long Position);
