namespace Ledger.Log;

/// <summary>Messages that were committed with their cause and leave later: leased, fenced, retried, dead-lettered visibly.</summary>
public interface IOutbox
{
    /// <summary>
    /// Takes up to <paramref name="limit"/> due messages for <paramref name="lease"/>. A message whose lease ran out is due again,
    /// with a new token; the old holder's answers are then refused.
    /// </summary>
    /// <param name="kind">Only messages of this kind; null: of every kind.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="lease">For how long.</param>
    /// <param name="now">Due by then.</param>
    /// <param name="ct">Cancels.</param>
    Task<IReadOnlyList<ClaimedMessage>> Claim(string? kind, int limit, TimeSpan lease, DateTimeOffset now, CancellationToken ct);

    /// <summary>
    /// Notes, before anything leaves, that an attempt begins, and renews the lease. A claim that runs out after this has an unknown
    /// outcome and is counted as such; one that runs out before has sent nothing.
    /// </summary>
    /// <param name="messages">What leaves together.</param>
    /// <param name="parcel">Names what they leave as: kept with each, so that another try is of the same.</param>
    /// <param name="lease">For how long, from now.</param>
    /// <param name="now">Now.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Those still held, in order. What is not among them must not be sent.</returns>
    Task<IReadOnlyList<ClaimedMessage>> Begin(IReadOnlyList<ClaimedMessage> messages, Guid parcel, TimeSpan lease, DateTimeOffset now, CancellationToken ct);

    /// <summary>Marks messages delivered.</summary>
    /// <returns>How many; the tokens of the others are stale.</returns>
    Task<int> Delivered(IReadOnlyList<ClaimedMessage> messages, DateTimeOffset now, CancellationToken ct);

    /// <summary>Gives messages back, due at <paramref name="dueAt"/>.</summary>
    /// <param name="messages">Which.</param>
    /// <param name="dueAt">When they are due again.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="ambiguous">Nobody knows whether they arrived: counted in <see cref="ClaimedMessage.EarlierUnknown"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>How many; the tokens of the others are stale.</returns>
    Task<int> Retry(IReadOnlyList<ClaimedMessage> messages, DateTimeOffset dueAt, string reason, bool ambiguous, CancellationToken ct);

    /// <summary>Sets a message aside for a person to look at. False: the token is stale.</summary>
    Task<bool> DeadLetter(ClaimedMessage message, string reason, CancellationToken ct);

    /// <summary>Makes a dead letter wait again, with a clean count. False: there is no such dead letter.</summary>
    Task<bool> Revive(Guid id, DateTimeOffset dueAt, CancellationToken ct);

    /// <summary>One message, whatever became of it; null when there is none of that id.</summary>
    Task<KeptMessage?> Find(Guid id, CancellationToken ct);

    /// <summary>Messages that are dead (the latest first) or wait (the oldest first), at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<KeptMessage>> List(MessageState state, int limit, CancellationToken ct);

    /// <summary>What waits, what is dead, and since when the oldest has waited.</summary>
    Task<OutboxState> State(DateTimeOffset now, CancellationToken ct);

    /// <summary>Forgets messages that were delivered before an instant, at most <paramref name="limit"/>. What waits or is dead stays, however old.</summary>
    /// <returns>How many.</returns>
    Task<int> Forget(DateTimeOffset deliveredBefore, int limit, CancellationToken ct);

    /// <summary>
    /// A task that ends when messages are committed by this process after this call. A hint to save polling, never a truth: other
    /// processes write too. Ask for it before claiming, so that nothing comes in between.
    /// </summary>
    Task NextMessages();

    /// <summary>Takes due messages of every kind.</summary>
    Task<IReadOnlyList<ClaimedMessage>> Claim(int limit, TimeSpan lease, DateTimeOffset now, CancellationToken ct) => Claim(null, limit, lease, now, ct);

    /// <summary>Marks a message delivered. False: the token is stale, somebody else holds it.</summary>
    async Task<bool> Delivered(ClaimedMessage message, DateTimeOffset now, CancellationToken ct) => await Delivered([message], now, ct) == 1;

    /// <summary>Gives a message back, due at <paramref name="dueAt"/>. False: the token is stale.</summary>
    async Task<bool> Retry(ClaimedMessage message, DateTimeOffset dueAt, string reason, bool ambiguous, CancellationToken ct) =>
        await Retry([message], dueAt, reason, ambiguous, ct) == 1;
}

/// <summary>A message as it goes in with an append.</summary>
/// <param name="Id">Derived from cause and role; the same id is kept once.</param>
/// <param name="Kind">What it is, for the deliverer: <c>mail.v1</c>.</param>
/// <param name="Body">UTF-8 JSON, at most 256 KB.</param>
/// <param name="DueAt">Not before this instant.</param>
public sealed record NewMessage(Guid Id, string Kind, ReadOnlyMemory<byte> Body, DateTimeOffset DueAt);

/// <summary>A message under lease.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Body">UTF-8 JSON.</param>
/// <param name="Attempt">1 for the first claim.</param>
/// <param name="Token">Fencing token of this claim.</param>
/// <param name="Position">Position of the append that caused it.</param>
/// <param name="EarlierUnknown">Earlier attempts of which nobody knows whether they arrived: cut off, or begun by a claim that ran out.</param>
/// <param name="Since">When it was first due: its age is counted from here.</param>
/// <param name="Parcel">What it last left as part of; null when it never left.</param>
public sealed record ClaimedMessage(
    Guid Id, string Kind, ReadOnlyMemory<byte> Body, int Attempt, long Token, long Position, int EarlierUnknown, DateTimeOffset Since, Guid? Parcel);

/// <summary>What became of a message so far.</summary>
public enum MessageState
{
    /// <summary>Not delivered yet.</summary>
    Waiting,

    /// <summary>Delivered.</summary>
    Delivered,

    /// <summary>Set aside.</summary>
    Dead,
}

/// <summary>A message as the outbox keeps it.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Body">UTF-8 JSON.</param>
/// <param name="State">What became of it.</param>
/// <param name="Attempts">How often it was claimed.</param>
/// <param name="Unknown">Attempts of which nobody knows whether they arrived.</param>
/// <param name="Since">When it was first due.</param>
/// <param name="DueAt">When it is due next.</param>
/// <param name="Reason">Why it was given back or set aside last.</param>
public sealed record KeptMessage(
    Guid Id, string Kind, ReadOnlyMemory<byte> Body, MessageState State, int Attempts, int Unknown, DateTimeOffset Since, DateTimeOffset DueAt, string? Reason);

/// <summary>The outbox at a glance.</summary>
/// <param name="Waiting">Messages not yet delivered and not dead.</param>
/// <param name="Dead">Messages set aside.</param>
/// <param name="OldestWaiting">Since when the oldest waiting message has been due; null when none is.</param>
public sealed record OutboxState(long Waiting, long Dead, DateTimeOffset? OldestWaiting);
