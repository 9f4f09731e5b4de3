using System.Text.Json;
using Ledger.Service.Http;

namespace Ledger.Service.Writing;

/// <summary>
/// Writes what commands decide: at most once per idempotency key, deciding again when a stream moved meanwhile, and answering a
/// replay with the first answer.
/// </summary>
internal sealed class Journal(IEventLog log, TimeProvider clock)
{
    private const int attemptsMax = 8;

    /// <param name="command">The caller's key and what it asked.</param>
    /// <param name="decide">Looks and decides; called again when what it looked at has moved.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Answer> Write(Command command, Func<CancellationToken, Task<Plan>> decide, CancellationToken ct)
    {
        // A replay is answered before anything is decided: what was right then may be refused now.
        if (await Before(command, ct) is { } before) return before;
        for (var attempt = 1; ; attempt++)
        {
            var plan = await decide(ct);
            var body = JsonSerializer.SerializeToNode(plan.Answer, plan.Answer.GetType(), Json.Options)!.AsObject();
            var streams = plan.ToStreams(command.Key, clock.GetUtcNow());
            var events = streams.Sum(s => s.Events.Count);
            var request = new AppendRequest { Streams = streams, Idempotency = new(command.Key, command.BodyHash, Kept.Of(body, events)), Messages = plan.Messages };
            switch (await Append(request, ct))
            {
                case AppendResult.Written written:
                    return new(body, written.Last, events, replayed: false);
                case AppendResult.AlreadyThere there:
                    return Again(there.Answer, there.Last);
                case AppendResult.KeyReused:
                    throw Reused();
                case AppendResult.StreamMoved when attempt < attemptsMax:
                    continue;
                case AppendResult.StreamMoved moved:
                    throw new Refused("log.conflict", $"{moved.Stream} kept changing while this was decided; look and try again.");
                default:
                    throw new Refused("log.conflict", "Another node does this work now.");
            }
        }
    }

    /// <summary>The streams' versions as they are now; 0 for those that are not there yet.</summary>
    public Task<long> VersionOf(string stream, CancellationToken ct) => log.StreamVersion(stream, ct);

    /// <summary>The first answer to this command, or null when it is new. To be asked before anything is done that is not a plan.</summary>
    public async Task<Answer?> Before(Command command, CancellationToken ct)
    {
        if (await log.FindKey(command.Key, ct) is not { } kept) return null;
        return kept.BodyHash.Span.SequenceEqual(command.BodyHash) ? Again(kept.Answer, kept.Last) : throw Reused();
    }

    private async Task<AppendResult> Append(AppendRequest request, CancellationToken ct)
    {
        try
        {
            return await log.Append(request, ct);
        }
        catch (ArgumentException e)
        {
            // A bound of the log that no rule before it has: nothing was written, and the same request would meet it again.
            throw new Refused("request.invalid", $"The log does not take this: {Names.Printable(e.Message)}");
        }
    }

    private static Answer Again(string? kept, long position)
    {
        var (body, events) = Kept.Read(kept);
        return new(body, position, events, replayed: true);
    }

    private static Refused Reused() =>
        new("idempotency.reused", "This Idempotency-Key was used before for something else; a new request needs a new key.", "Idempotency-Key");
}
