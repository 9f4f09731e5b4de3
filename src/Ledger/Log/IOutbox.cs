namespace Ledger.Log;

/// <summary>Messages that were committed with their cause and leave later: leased, fenced, retried, dead-lettered visibly.</summary>
public interface IOutbox
{
    /// <summary>
    /// Takes up to <paramref name="limit"/> due messages for <paramref name="lease"/>. A message whose lease ran out is due again,
    /// with a new token; the old holder's answers are then refused.
    /// </summary>
    Task<IReadOnlyList<ClaimedMessage>> Claim(int limit, TimeSpan lease, DateTimeOffset now, CancellationToken ct);

    /// <summary>Marks a message delivered. False: the token is stale, somebody else holds it.</summary>
    Task<bool> Delivered(ClaimedMessage message, DateTimeOffset now, CancellationToken ct);

    /// <summary>Gives a message back, due at <paramref name="dueAt"/>. False: the token is stale.</summary>
    Task<bool> Retry(ClaimedMessage message, DateTimeOffset dueAt, string reason, CancellationToken ct);

    /// <summary>Sets a message aside for a person to look at. False: the token is stale.</summary>
    Task<bool> DeadLetter(ClaimedMessage message, string reason, CancellationToken ct);

    /// <summary>What waits, what is dead, and since when the oldest has waited.</summary>
    Task<OutboxState> State(DateTimeOffset now, CancellationToken ct);
}

/// <summary>A message as it goes in with an append.</summary>
/// <param name="Id">Derived from cause and role; the same id is kept once.</param>
/// <param name="Kind">What it is, for the deliverer: <c>alert-mail.v1</c>.</param>
/// <param name="Body">UTF-8 JSON, at most 256 KB.</param>
/// <param name="DueAt">Not before this instant.</param>
public sealed record NewMessage(Guid Id, string Kind, ReadOnlyMemory<byte> Body, DateTimeOffset DueAt);

/// <summary>A message under lease.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Body">UTF-8 JSON.</param>
/// <param name="Attempt">1 for the first try.</param>
/// <param name="Token">Fencing token of this claim.</param>
/// <param name="Position">Position of the append that caused it.</param>
public sealed record ClaimedMessage(Guid Id, string Kind, ReadOnlyMemory<byte> Body, int Attempt, long Token, long Position);

/// <summary>The outbox at a glance.</summary>
/// <param name="Waiting">Messages not yet delivered and not dead.</param>
/// <param name="Dead">Messages set aside.</param>
/// <param name="OldestWaiting">When the oldest waiting message was committed; null when none waits.</param>
public sealed record OutboxState(long Waiting, long Dead, DateTimeOffset? OldestWaiting);
