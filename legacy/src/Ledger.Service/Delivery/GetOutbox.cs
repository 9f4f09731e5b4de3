using System.Text.Json;
using Ledger.Delivery;

namespace Ledger.Service.Delivery;

/// <summary>What waits and what is dead (500 of each at most), and how each channel is. Recipients are cut: who they are is for admins' eyes in the mail itself.</summary>
internal sealed record Outbox(long WaitingCount, long DeadCount, long? OldestSeconds, IReadOnlyList<OutboxMessage> Waiting, IReadOnlyList<OutboxMessage> Dead, IReadOnlyList<ChannelBody> Channels);

/// <param name="Id">To be named in a retry.</param>
/// <param name="Channel">email, slack, webhook, exec, or the kind where it is none of these.</param>
/// <param name="To">A mail's recipient, cut to <c>l…@example.org</c>.</param>
/// <param name="Notification">What it is a message of.</param>
/// <param name="Class">alert, digest or test.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Unknown">Tries of which nobody knows whether they arrived.</param>
/// <param name="Reason">What was said last.</param>
/// <param name="AgeSeconds">Since it was first due.</param>
/// <param name="DueAt">When it is tried next.</param>
internal sealed record OutboxMessage(Guid Id, string Channel, string? To, string? Notification, string? Class, int Attempts, int Unknown, string? Reason, long AgeSeconds, DateTimeOffset? DueAt);

/// <param name="Name">mail, slack, webhook, exec.</param>
/// <param name="Configured">Whether messages go where people look.</param>
/// <param name="Target">Where to, without secrets.</param>
/// <param name="Hint">What would configure it.</param>
/// <param name="Down">Why it does not deliver just now; null when it does.</param>
/// <param name="DownSince">Since when.</param>
/// <param name="NextTry">When it is tried next.</param>
internal sealed record ChannelBody(string Name, bool Configured, string? Target, string? Hint, string? Down, DateTimeOffset? DownSince, DateTimeOffset? NextTry)
{
    public static ChannelBody Of(ChannelStatus c) => new(c.Name, c.Configured, c.Target, c.Hint, c.Trouble?.Reason, c.Trouble?.Since, c.Trouble?.Until);
}

internal static class GetOutbox
{
    private const int listed = 500;

    public static async Task<Outbox> Get(IOutbox outbox, Deliverer deliverer, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var state = await outbox.State(now, ct);
        var waiting = await outbox.List(MessageState.Waiting, listed, ct);
        var dead = await outbox.List(MessageState.Dead, listed, ct);
        return new(
            state.Waiting, state.Dead, AgeOf(state, now), [.. waiting.Select(m => Of(m, now))], [.. dead.Select(m => Of(m, now))],
            [.. deliverer.Channels.Select(ChannelBody.Of)]);
    }

    /// <summary>How long the oldest undelivered message has been due; null when none is.</summary>
    public static long? AgeOf(OutboxState state, DateTimeOffset now) => state.OldestWaiting is { } oldest ? Math.Max(0, (long)(now - oldest).TotalSeconds) : null;

    internal static OutboxMessage Of(KeptMessage kept, DateTimeOffset now)
    {
        IMessageBody? body = null;
        try
        {
            body = MessageJson.Read(kept.Kind, kept.Body.Span);
        }
        catch (JsonException)
        {
            // Listed all the same: that it is unreadable is why it is here.
        }
        return new(
            kept.Id, MessageKinds.ChannelOf(kept.Kind), body is MailMessageBody mail ? Cut(mail.To) : null, body?.Notification, body?.Class,
            kept.Attempts, kept.Unknown, kept.Reason, Math.Max(0, (long)(now - kept.Since).TotalSeconds), kept.State == MessageState.Waiting ? kept.DueAt : null);
    }

    private static string Cut(string address) => address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? $"{address[0]}…{address[at..]}" : "…";
}
