namespace Ledger.Contracts;

/// <summary>What waits to be delivered and what is set aside (500 of each at most), and how each channel is.</summary>
/// <param name="WaitingCount">Messages that wait, in all.</param>
/// <param name="DeadCount">Messages that are set aside, in all.</param>
/// <param name="OldestSeconds">How long the oldest has waited; null when none waits.</param>
/// <param name="Waiting">Those that wait, the most often tried first.</param>
/// <param name="Dead">Those that are set aside until somebody retries them; they are kept for 30 days.</param>
/// <param name="Channels">Each channel.</param>
public sealed record Outbox(
    long WaitingCount, long DeadCount, long? OldestSeconds, IReadOnlyList<OutboxMessage> Waiting, IReadOnlyList<OutboxMessage> Dead, IReadOnlyList<ChannelState> Channels);

/// <summary>A message that was not delivered yet. Recipients are cut: who they are is for the mail itself.</summary>
/// <param name="Id">To be named in a retry.</param>
/// <param name="Channel"><c>email</c>, <c>slack</c>, <c>webhook</c>, <c>exec</c>, or the message's type where it is none of these.</param>
/// <param name="To">A mail's recipient, cut to <c>l…@example.org</c>.</param>
/// <param name="Notification">What it is a message of.</param>
/// <param name="Class"><c>alert</c>, <c>digest</c> or <c>test</c>.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Unknown">Tries of which nobody knows whether they arrived.</param>
/// <param name="Reason">What was said last; null when nothing is known of it.</param>
/// <param name="AgeSeconds">Since it was composed.</param>
/// <param name="DueAt">When it is tried next; null when it is set aside.</param>
public sealed record OutboxMessage(
    Guid Id, string Channel, string? To, string? Notification, string? Class, int Attempts, int Unknown, string? Reason, long AgeSeconds, DateTimeOffset? DueAt);

/// <summary>A way by which people are told.</summary>
/// <param name="Name"><c>email</c>, <c>slack</c>, <c>webhook</c>, <c>exec</c>.</param>
/// <param name="Configured">Whether messages go where people look.</param>
/// <param name="Target">Where to, without secrets.</param>
/// <param name="Hint">What would configure it.</param>
/// <param name="Down">Why it does not deliver just now; null when it does.</param>
/// <param name="DownSince">Since when.</param>
/// <param name="NextTry">When it is tried next.</param>
public sealed record ChannelState(string Name, bool Configured, string? Target, string? Hint, string? Down, DateTimeOffset? DownSince, DateTimeOffset? NextTry);

/// <summary>A message that waits again, as if it were new. Look first whether it has arrived after all: a copy can't be called back.</summary>
/// <param name="Id">The message.</param>
public sealed record RetriedMessage(Guid Id);

/// <summary>Proves a channel by a test notification.</summary>
/// <param name="Channel"><c>email</c>, <c>slack</c>, <c>webhook</c> or <c>exec</c>.</param>
/// <param name="To">A mail's recipient.</param>
public sealed record TestAlert(string? Channel, string? To);

/// <summary>What became of a test notification within 15 seconds.</summary>
/// <param name="Id">The message in the outbox; null when it was not tried yet.</param>
/// <param name="Channel">Which channel.</param>
/// <param name="Outcome"><c>delivered</c>, <c>refused</c>, <c>waiting</c> (another try follows) or <c>pending</c> (no answer yet).</param>
/// <param name="Target">Where to, without secrets.</param>
/// <param name="Reason">Why it is not delivered, so far.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Hint">What would be better.</param>
public sealed record TestedAlert(Guid? Id, string Channel, string Outcome, string? Target, string? Reason, int Attempts, string? Hint);
