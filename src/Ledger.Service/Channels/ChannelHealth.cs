using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Wolverine;

namespace Ledger.Service.Channels;

/// <summary>What this process last saw of each channel and of the messages that failed. It forgets with the process; the messages themselves are in the database.</summary>
public sealed partial class ChannelHealth(ChannelOptions options, OlderMessages older, TimeProvider clock, ILogger<ChannelHealth> log)
{
    private const int notesMax = 2_000;
    private static readonly TimeSpan askAgain = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan askAgainForDigest = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, ChannelTrouble> troubles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> gone = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<Guid, DeliveryNote> notes = [];
    private readonly Dictionary<Guid, TaskCompletionSource<DeliveryNote>> awaited = [];

    /// <summary>Every channel and how it is.</summary>
    public IReadOnlyList<ChannelStatus> Channels => [.. ChannelNames.All.Select(name =>
    {
        var (configured, target, hint) = options.Describe(name);
        return new ChannelStatus(name, configured, target, hint, TroubleOf(name));
    })];

    /// <summary>What keeps a channel from delivering; null when nothing does, as far as this process knows.</summary>
    public ChannelTrouble? TroubleOf(string channel)
    {
        lock (gate) return troubles.GetValueOrDefault(channel);
    }

    /// <summary>What the last attempt of a message ended with; null when it was not tried here, or arrived.</summary>
    public DeliveryNote? NoteOf(Guid envelope)
    {
        lock (gate) return notes.GetValueOrDefault(envelope);
    }

    /// <summary>Runs one attempt and remembers how it ended.</summary>
    /// <exception cref="DeliveryRefused">Another attempt would be useless or could become a third copy.</exception>
    /// <exception cref="DeliveryFailed">Another attempt follows.</exception>
    public async Task Attempt(string channel, INotification message, Envelope envelope, Func<Task> send)
    {
        try
        {
            if (IsGone(channel, out var why)) throw new DeliveryRefused(why);
            if (await older.Allow(message, envelope)) await send();
            Remember(channel, message, new(envelope.Id, DeliveryState.Delivered, null, 0, envelope.Attempts));
        }
        catch (DeliveryRefused refused)
        {
            if (refused.IsGone) Stop(channel, refused.Message);
            Remember(channel, message, new(envelope.Id, DeliveryState.Refused, refused.Message, UnknownOf(envelope), envelope.Attempts));
            throw;
        }
        catch (DeliveryFailed failed)
        {
            var unknown = UnknownOf(envelope) + (failed.IsUnknown ? 1 : 0);
            var note = new DeliveryNote(envelope.Id, DeliveryState.Waiting, failed.Message, unknown, envelope.Attempts);
            // A webhook's receiver tells copies by their id. A reader of mails or chats would just get another one.
            if (failed.IsUnknown && channel != ChannelNames.Webhook)
            {
                if (unknown > 1)
                {
                    var refused = new DeliveryRefused($"outcome unknown, sent at most twice: {failed.Message}");
                    Remember(channel, message, note with { State = DeliveryState.Refused, Reason = refused.Message });
                    throw refused;
                }
                failed = new(failed.Message) { IsUnknown = true, IsChannelDown = failed.IsChannelDown, Wait = failed.Wait ?? (message.Class == NotificationClasses.Digest ? askAgainForDigest : askAgain) };
            }
            Remember(channel, message, note, failed.IsChannelDown ? failed.Wait ?? DeliveryPolicies.DelayAfter(envelope.Attempts) : null);
            throw failed;
        }
    }

    /// <summary>Waits for how the next attempt of a message ends, and sends it meanwhile; null when the patience ends first.</summary>
    public async Task<DeliveryNote?> FirstOutcome(Guid message, Func<Task> send, TimeSpan patience, CancellationToken ct)
    {
        var outcome = new TaskCompletionSource<DeliveryNote>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate) awaited[message] = outcome;
        try
        {
            await send();
            return await outcome.Task.WaitAsync(patience, clock, ct);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            lock (gate) awaited.Remove(message);
        }
    }

    private int UnknownOf(Envelope envelope) => NoteOf(envelope.Id)?.Unknown ?? 0;

    private bool IsGone(string channel, [NotNullWhen(true)] out string? why)
    {
        lock (gate) return gone.TryGetValue(channel, out why);
    }

    private void Stop(string channel, string reason)
    {
        var why = $"{reason}; nothing more is sent there until the service is started anew";
        lock (gate)
            if (!gone.TryAdd(channel, why)) return;
        LogStopped(channel, why);
    }

    /// <param name="channel">Which.</param>
    /// <param name="message">What was sent.</param>
    /// <param name="note">How it ended.</param>
    /// <param name="pause">The channel is away for so long; null: it answered.</param>
    private void Remember(string channel, INotification message, DeliveryNote note, TimeSpan? pause = null)
    {
        ChannelTrouble? before;
        TaskCompletionSource<DeliveryNote>? waiting;
        var now = clock.GetUtcNow();
        lock (gate)
        {
            troubles.Remove(channel, out before);
            if (pause is { } length) troubles[channel] = new(note.Reason!, now + length, before?.Since ?? now);
            notes.Remove(note.Envelope);
            if (note.State != DeliveryState.Delivered) notes.Add(note.Envelope, note);
            if (notes.Count > notesMax) notes.RemoveAt(0);
            waiting = awaited.GetValueOrDefault(message.Id);
        }
        if (before is null && pause is not null) LogDown(channel, note.Reason!);
        if (before is not null && pause is null) LogBack(channel, Moments.About(now - before.Since));
        waiting?.TrySetResult(note);
    }

    [LoggerMessage(LogLevel.Warning, "{Channel} is down: {Reason}; what waits is kept")]
    private partial void LogDown(string channel, string reason);

    [LoggerMessage(LogLevel.Information, "{Channel} is back after {Length}")]
    private partial void LogBack(string channel, string length);

    [LoggerMessage(LogLevel.Error, "{Channel} has stopped: {Reason}")]
    private partial void LogStopped(string channel, string reason);
}

/// <summary>Why a whole channel does not deliver.</summary>
/// <param name="Reason">What it said last; no secrets.</param>
/// <param name="Until">When it is tried next.</param>
/// <param name="Since">Since when it has been so.</param>
public sealed record ChannelTrouble(string Reason, DateTimeOffset Until, DateTimeOffset Since);

/// <summary>A channel and how it is.</summary>
/// <param name="Name">One of <see cref="ChannelNames"/>.</param>
/// <param name="Configured">Whether messages go where people look. Mail that goes to files is not.</param>
/// <param name="Target">Where to, without secrets.</param>
/// <param name="Hint">What would configure it.</param>
/// <param name="Trouble">What keeps it from delivering; null when nothing does.</param>
public sealed record ChannelStatus(string Name, bool Configured, string? Target, string? Hint, ChannelTrouble? Trouble);

/// <summary>How an attempt ended.</summary>
public enum DeliveryState
{
    /// <summary>The receiver said yes.</summary>
    Delivered,

    /// <summary>It is a dead letter.</summary>
    Refused,

    /// <summary>Another attempt follows.</summary>
    Waiting,
}

/// <summary>How the last attempt of a message ended.</summary>
/// <param name="Envelope">The message's id in the queue, by which it is listed and retried.</param>
/// <param name="State">How.</param>
/// <param name="Reason">What was said; null when it arrived.</param>
/// <param name="Unknown">Attempts of which nobody knows whether they arrived.</param>
/// <param name="Attempts">Attempts in all.</param>
public sealed record DeliveryNote(Guid Envelope, DeliveryState State, string? Reason, int Unknown, int Attempts);
