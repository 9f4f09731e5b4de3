using Ledger.Alerts;
using Ledger.Service.Channels;
using Ledger.Service.Settings;
using Marten;
using Marten.Exceptions;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wolverine.Marten.Publishing;
using Wolverine.Runtime;

namespace Ledger.Service.Alerts;

/// <summary>
/// Writes what was found: the streams of alerts with the messages that tell of them, in one transaction. A stream that is there already is an
/// alert that was told: whoever comes second fails, looks again and finds it.
/// </summary>
public sealed partial class RaiseAlert(OutboxedSessionFactory sessions, IWolverineRuntime runtime, LedgerOptions options, ChannelOptions channels, ILogger<RaiseAlert> log)
{
    private const int eventsMax = 900;
    private const int messagesMax = 900;

    /// <summary>Writes groups of findings; a group is never divided. One that can't be told of holds up no other.</summary>
    /// <param name="groups">What was found.</param>
    /// <param name="context">Where it was found.</param>
    /// <param name="looked">How the mark changes; stored with the last of them, once all of them are written.</param>
    /// <param name="ct">Cancels.</param>
    public async Task Write(IReadOnlyList<IReadOnlyList<Finding>> groups, WatchContext context, Func<WatchMark, WatchMark> looked, CancellationToken ct)
    {
        var audience = Team.Audience(options.People, context.Known.Accounts.Values, context.Budgets);
        var failed = new List<Exception>();
        var parts = Bounded(groups).ToArray();
        for (var i = 0; i < parts.Length; i++)
            await Write(parts[i], audience, context.Now, i == parts.Length - 1 && failed.Count == 0 ? looked : null, failed, ct);
        // They are found again by the next look.
        if (failed.Count > 0)
            await Mark(m => m with { Trouble = $"{failed.Count} findings can't be written; the first: {Names.Printable(failed[0].Message)}" }, ct);
    }

    /// <summary>Changes the mark alone.</summary>
    public async Task Mark(Func<WatchMark, WatchMark> change, CancellationToken ct)
    {
        await using var session = sessions.OpenSession(new MessageContext(runtime));
        await Mark(session, change, ct);
        await session.SaveChangesAsync(ct);
    }

    /// <summary>Together where that is possible; else in halves, down to the group that is the trouble.</summary>
    private async Task Write(
        IReadOnlyList<IReadOnlyList<Finding>> groups, Audience audience, DateTimeOffset now, Func<WatchMark, WatchMark>? looked, List<Exception> failed, CancellationToken ct)
    {
        if (await TryWrite([.. groups.SelectMany(g => g)], audience, now, looked, ct) is not { } trouble) return;
        if (groups.Count == 1)
        {
            NotWritten(log, groups[0][0].Alert, trouble);
            failed.Add(trouble);
            return;
        }
        var half = groups.Count / 2;
        await Write([.. groups.Take(half)], audience, now, null, failed, ct);
        await Write([.. groups.Skip(half)], audience, now, failed.Count == 0 ? looked : null, failed, ct);
    }

    /// <summary>Writes findings in one transaction; answers why they can't be told of. What the database says is thrown.</summary>
    private async Task<Exception?> TryWrite(IReadOnlyList<Finding> findings, Audience audience, DateTimeOffset now, Func<WatchMark, WatchMark>? looked, CancellationToken ct)
    {
        var messages = new MessageContext(runtime);
        await using var session = sessions.OpenSession(messages);
        var told = new List<Finding>();
        foreach (var finding in findings)
            if (await Append(session, finding, ct) && finding.Told) told.Add(finding);
        IReadOnlyList<object> notifications;
        try
        {
            var raised = told.Where(f => f.Event is IAlert).ToArray();
            notifications = await session.Notify(
                new([.. raised.Select(f => (IAlert)f.Event)], []) { Following = raised.Where(f => f.Follows).Select(f => f.Alert).ToHashSet(StringComparer.Ordinal) }, audience, channels, now, ct);
            if (notifications.Count > messagesMax) throw new InvalidOperationException($"{notifications.Count} messages don't fit into one transaction.");
        }
        catch (Exception e) when (e is not (OperationCanceledException or NpgsqlException or MartenCommandException or TimeoutException or IOException))
        {
            return e;
        }
        foreach (var notification in notifications) await messages.PublishAsync(notification);
        string[] over = [.. told.Where(f => f.Event is IRecovery).Select(f => f.Alert)];
        if (over.Length > 0) await messages.PublishAsync(new TellRecovery(over), new() { ScheduleDelay = Crossings.GoodNewsWaits });
        // Of two looks at the same moment one fails by the mark and looks again, so that the caps on notifications count right.
        await Mark(session, looked ?? (m => m), ct);
        await session.SaveChangesAsync(ct);
        return null;
    }

    /// <summary>False: it is over already.</summary>
    private static async Task<bool> Append(IDocumentSession session, Finding finding, CancellationToken ct)
    {
        if (finding.Event is IAlert)
        {
            session.Events.StartStream<Alert>(Alert.StreamOf(finding.Alert), finding.Event);
            return true;
        }
        var stream = await session.Events.FetchForWriting<Alert>(Alert.StreamOf(finding.Alert), ct);
        if (stream.Aggregate is not { RecoveredAt: null }) return false;
        stream.AppendOne(finding.Event);
        return true;
    }

    private static async Task Mark(IDocumentSession session, Func<WatchMark, WatchMark> change, CancellationToken ct) =>
        session.Store(change(await session.LoadAsync<WatchMark>(WatchMark.Only, ct) ?? new()));

    /// <summary>At least one part, so that the mark is stored when nothing was found.</summary>
    private static IEnumerable<IReadOnlyList<IReadOnlyList<Finding>>> Bounded(IReadOnlyList<IReadOnlyList<Finding>> groups)
    {
        var part = new List<IReadOnlyList<Finding>>();
        var events = 0;
        foreach (var group in groups)
        {
            if (part.Count > 0 && events + group.Count > eventsMax)
            {
                yield return part;
                (part, events) = ([], 0);
            }
            part.Add(group);
            events += group.Count;
        }
        yield return part;
    }

    [LoggerMessage(LogLevel.Error, "The alert {Alert} can't be told of.")]
    private static partial void NotWritten(ILogger log, string alert, Exception e);
}
