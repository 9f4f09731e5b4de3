namespace Ledger.Log;

/// <summary>
/// The one ordered log. An engine stores and returns; it knows names, not meanings, and never calls the domain.
/// </summary>
/// <remarks>
/// What every engine promises (and the compliance suite holds it to): an append is all or nothing; <see cref="ReadAll"/> is in
/// commit order, dense from 1: once a position is out, no lower one can appear later, and none that was seen vanishes; the same
/// idempotency key never writes twice; every read takes a limit.
/// </remarks>
public interface IEventLog
{
    /// <summary>Appends to one or more streams in one transaction. Answers only after commit.</summary>
    /// <exception cref="AppendOutcomeUnknownException">
    /// The connection was cut during commit and the outcome could not be resolved in time. Ask again with the same idempotency key.
    /// </exception>
    /// <exception cref="LogBusyException">The bounded queue of appends is full, or the database refuses writes for now.</exception>
    /// <exception cref="ArgumentException">The request breaks a bound (event size, batch size, names). Nothing was written.</exception>
    Task<AppendResult> Append(AppendRequest request, CancellationToken ct);

    /// <summary>The events of one stream with a version above <paramref name="afterVersion"/>, in order, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<Recorded>> ReadStream(string stream, long afterVersion, int limit, CancellationToken ct);

    /// <summary>The version a stream is at; 0 when it is not there.</summary>
    Task<long> StreamVersion(string stream, CancellationToken ct);

    /// <summary>What was committed under an idempotency key; null when nothing was.</summary>
    Task<KeptAnswer?> FindKey(string key, CancellationToken ct);

    /// <summary>
    /// All events with a position above <paramref name="afterPosition"/>, in position order, at most <paramref name="limit"/>; fewer
    /// when they are large, but at least one when there is one.
    /// </summary>
    Task<IReadOnlyList<Recorded>> ReadAll(long afterPosition, int limit, CancellationToken ct);

    /// <summary>The last position and the chain hash there. Position 0 and 32 zero bytes when the log is empty.</summary>
    Task<LogHead> Head(CancellationToken ct);

    /// <summary>The chain hash at a position (32 zero bytes at 0); null when the log does not reach it.</summary>
    Task<byte[]?> ChainAt(long position, CancellationToken ct);

    /// <summary>The position of the last event recorded before <paramref name="time"/> (0 when there is none).</summary>
    Task<long> PositionBefore(DateTimeOffset time, CancellationToken ct);

    /// <summary>
    /// Returns when the log may have grown beyond <paramref name="position"/> or the patience is over. A hint to save polling,
    /// never a truth: read to know.
    /// </summary>
    Task WaitForGrowth(long position, TimeSpan patience, CancellationToken ct);
}

/// <summary>The end of the log.</summary>
/// <param name="Position">Position of the last event; 0 when empty.</param>
/// <param name="Chain">Chain hash at that position, 32 bytes.</param>
public sealed record LogHead(long Position, ReadOnlyMemory<byte> Chain);

/// <summary>An event as it goes in.</summary>
/// <param name="Id">Derived from cause and role (<see cref="EventIds"/>), so that a retry has the same id.</param>
/// <param name="Type">Stored name, short and versioned: <c>mission-started.v1</c>. At most 100 characters.</param>
/// <param name="Data">UTF-8 JSON object. Numbers are integers; money is a decimal string. Under 1 MB.</param>
/// <param name="At">When it is recorded, UTC, to the microsecond.</param>
public sealed record NewEvent(Guid Id, string Type, ReadOnlyMemory<byte> Data, DateTimeOffset At);

/// <summary>An event as it came out.</summary>
/// <param name="Position">Place in the one log, dense from 1.</param>
/// <param name="Id">The event's id.</param>
/// <param name="Stream">The stream's name.</param>
/// <param name="Version">Place in the stream, dense from 1.</param>
/// <param name="Type">Stored name.</param>
/// <param name="Data">UTF-8 JSON as the engine stored it: equal in meaning to what went in, not in bytes.</param>
/// <param name="At">When it was recorded, UTC, to the microsecond.</param>
public sealed record Recorded(long Position, Guid Id, string Stream, long Version, string Type, ReadOnlyMemory<byte> Data, DateTimeOffset At);

/// <summary>Events for one stream inside an append.</summary>
/// <param name="Stream">Stream name, at most 200 characters.</param>
/// <param name="ExpectedVersion">Version the stream must be at (0: must not exist), or <see cref="AnyVersion"/>.</param>
/// <param name="Events">In order; may be empty only to assert the version.</param>
public sealed record StreamAppend(string Stream, long ExpectedVersion, IReadOnlyList<NewEvent> Events)
{
    /// <summary>No expectation.</summary>
    public const long AnyVersion = -1;
}

/// <summary>One all-or-nothing append.</summary>
public sealed record AppendRequest
{
    /// <summary>Streams and events; each stream at most once.</summary>
    public required IReadOnlyList<StreamAppend> Streams { get; init; }

    /// <summary>Makes the append happen at most once, ever. Null: the event ids alone guard it.</summary>
    public IdempotencyKey? Idempotency { get; init; }

    /// <summary>Messages that leave with the commit (alerts, mails).</summary>
    public IReadOnlyList<NewMessage> Messages { get; init; } = [];

    /// <summary>A lease that must still be held, checked inside the transaction.</summary>
    public Fence? Fence { get; init; }
}

/// <summary>A caller's key for one command, with what it asked and what it was answered.</summary>
/// <param name="Key">At most 200 characters.</param>
/// <param name="BodyHash">SHA-256 of the canonical request body: the same key with another hash is refused.</param>
/// <param name="Answer">JSON kept with the key and given back on a replay; null when the caller keeps none. At most 64 KB.</param>
public sealed record IdempotencyKey(string Key, ReadOnlyMemory<byte> BodyHash, string? Answer);

/// <summary>What the log keeps with an idempotency key.</summary>
/// <param name="BodyHash">SHA-256 of what was asked.</param>
/// <param name="Last">Last position of that append.</param>
/// <param name="Answer">The answer kept with it, if any.</param>
public sealed record KeptAnswer(ReadOnlyMemory<byte> BodyHash, long Last, string? Answer);

/// <summary>A lease's fencing token; stale tokens write nothing.</summary>
/// <param name="Lease">Name of the lease.</param>
/// <param name="Token">The token handed out when the lease was taken.</param>
public sealed record Fence(string Lease, long Token);

/// <summary>What became of an append: one of the nested cases.</summary>
public abstract record AppendResult
{
    private AppendResult() { }

    /// <summary>Committed. Positions are those of this request's events, dense.</summary>
    /// <param name="First">First position written, or the head when the request held no events.</param>
    /// <param name="Last">Last position written, or the head when the request held no events.</param>
    public sealed record Written(long First, long Last) : AppendResult;

    /// <summary>The same key (or the same event ids) was committed before; nothing new was written.</summary>
    /// <param name="Last">Last position of that earlier append.</param>
    /// <param name="Answer">The answer kept with the key, if any.</param>
    public sealed record AlreadyThere(long Last, string? Answer) : AppendResult;

    /// <summary>A stream was not at the expected version; nothing was written.</summary>
    /// <param name="Stream">The stream that moved.</param>
    /// <param name="ActualVersion">Where it is.</param>
    public sealed record StreamMoved(string Stream, long ActualVersion) : AppendResult;

    /// <summary>The key was used before with another body; nothing was written.</summary>
    public sealed record KeyReused : AppendResult;

    /// <summary>The fence's lease is held by somebody else by now; nothing was written.</summary>
    public sealed record Fenced : AppendResult;
}

/// <summary>The outcome of a commit is not known: it may or may not be in the log. Never retry without the same idempotency key.</summary>
public sealed class AppendOutcomeUnknownException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The log can't take writes just now: the queue is full or the database is away, full or read-only. Nothing was written.</summary>
public sealed class LogBusyException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The stored log breaks an invariant (a hole, a changed row, a rewound head). Reading stops; an operator decides.</summary>
public sealed class LogBrokenException(string message, long position) : Exception(message)
{
    /// <summary>The first position found wrong.</summary>
    public long Position { get; } = position;
}
