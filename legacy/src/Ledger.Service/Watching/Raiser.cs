using Ledger.Service.Notifying;
using Ledger.Views;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>An alert or a recovery that is to be written.</summary>
/// <param name="Event">The event.</param>
/// <param name="Told">Whether people are told of it; one that another alert tells of is written only.</param>
internal sealed record Finding(ILedgerEvent Event, bool Told = true)
{
    public string Alert => Event switch
    {
        IAlert e => e.Alert,
        IRecovery e => e.Alert,
        _ => throw new InvalidOperationException($"{Event.GetType().Name} is neither an alert nor a recovery."),
    };

    /// <summary>The same trouble has the same id, whoever finds it and however often.</summary>
    public NewEvent ToNew(DateTimeOffset now) => Event is IAlert alert ? EventJson.ToNew(alert, alert.Key, "raised", now) : EventJson.ToNew(Event, Alert, "recovered", now);
}

/// <summary>
/// Writes findings with their messages, each once ever. What was found belongs together by <c>group</c>: a group is never cut.
/// </summary>
internal sealed class Raiser(IEventLog log, Books books, INotifier notifier, TimeProvider clock)
{
    private const int eventsMax = 900;
    private const int bytesMax = 2_500_000;
    private const int messagesMax = 900;
    private const int messageBytesMax = 3_500_000;
    private const int attemptsMax = 3;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    /// <summary>Writes them and waits until the views know. False: the fence is stale; somebody else does this now.</summary>
    /// <remarks>One that can't be told or written holds up no other: the rest is written, and then it throws.</remarks>
    public async Task<bool> Write(IReadOnlyList<IReadOnlyList<Finding>> groups, Fence? fence, CancellationToken ct)
    {
        var (last, held) = (0L, true);
        var failed = new List<Exception>();
        foreach (var chunk in Chunks(groups))
        {
            if (await Append(chunk, fence, failed, ct) is { } position) last = Math.Max(last, position);
            else held = false;
            if (!held) break;
        }
        // The next look finds them there, and does not compose their messages again.
        if (last > 0) await books.WaitFor(last, patience, ct);
        return failed.Count == 0 || !held ? held : throw new InvalidOperationException($"{failed.Count} findings can't be written; the first: {failed[0].Message}", failed[0]);
    }

    /// <summary>Together where that is possible; else in halves, down to the group that is the trouble. Null: the fence is stale.</summary>
    private async Task<long?> Append(IReadOnlyList<IReadOnlyList<Finding>> groups, Fence? fence, List<Exception> failed, CancellationToken ct)
    {
        try
        {
            return await Append([.. groups.SelectMany(g => g)], fence, ct);
        }
        catch (Exception e) when (e is not (OperationCanceledException or LogBusyException or AppendOutcomeUnknownException or Npgsql.NpgsqlException or TimeoutException or IOException))
        {
            if (groups.Count == 1)
            {
                failed.Add(e);
                return 0;
            }
        }
        if (await Append([.. groups.Take(groups.Count / 2)], fence, failed, ct) is not { } first) return null;
        return await Append([.. groups.Skip(groups.Count / 2)], fence, failed, ct) is { } second ? Math.Max(first, second) : null;
    }

    private async Task<long?> Append(IReadOnlyList<Finding> findings, Fence? fence, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (findings.Count == 0) return 0;
            var now = clock.GetUtcNow().ToMicroseconds();
            var told = findings.Where(f => f.Told).Select(f => f.Event).ToArray();
            var messages = told.Length == 0 ? [] : await notifier.Compose(told, now, ct);
            if (messages.Count > messagesMax || messages.Sum(m => (long)m.Body.Length) > messageBytesMax) throw new TooMuchException();
            var request = new AppendRequest
            {
                Streams = [.. findings.GroupBy(f => f.Alert, StringComparer.Ordinal).Select(g => new StreamAppend(Alert.StreamOf(g.Key), StreamAppend.AnyVersion, [.. g.Select(f => f.ToNew(now))]))],
                Messages = messages,
                Fence = fence,
            };
            try
            {
                switch (await log.Append(request, ct))
                {
                    case AppendResult.Written written:
                        return written.Last;
                    case AppendResult.AlreadyThere there:
                        return there.Last;
                    case AppendResult.Fenced:
                        return null;
                    case var other:
                        throw new InvalidOperationException($"Nobody expects {other} of an append without a version or a key.");
                }
            }
            catch (InvalidOperationException) when (attempt < attemptsMax)
            {
                // Some of them are there already, found by somebody else or before a crash, when other figures stood beside them. The rest follows.
                var missing = await Missing(findings, ct);
                if (missing.Count == findings.Count) throw;
                findings = missing;
            }
        }
    }

    private async Task<IReadOnlyList<Finding>> Missing(IReadOnlyList<Finding> findings, CancellationToken ct)
    {
        var missing = new List<Finding>();
        foreach (var finding in findings)
        {
            var id = finding.ToNew(Instants.Min).Id;
            var there = await log.ReadStream(Alert.StreamOf(finding.Alert), 0, 100, ct);
            if (!there.Any(e => e.Id == id)) missing.Add(finding);
        }
        return missing;
    }

    private static IEnumerable<IReadOnlyList<IReadOnlyList<Finding>>> Chunks(IReadOnlyList<IReadOnlyList<Finding>> groups)
    {
        var chunk = new List<IReadOnlyList<Finding>>();
        var (events, bytes) = (0, 0);
        foreach (var group in groups)
        {
            var size = group.Sum(f => f.ToNew(Instants.Min).Data.Length);
            if (chunk.Count > 0 && (events + group.Count > eventsMax || bytes + size > bytesMax))
            {
                yield return chunk;
                (chunk, events, bytes) = ([], 0, 0);
            }
            chunk.Add(group);
            events += group.Count;
            bytes += size;
        }
        if (chunk.Count > 0) yield return chunk;
    }

    /// <summary>The messages of these findings don't fit into one append.</summary>
    private sealed class TooMuchException() : Exception("The messages of one budget's alerts don't fit into one append.");
}
