using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Delivery;

/// <summary>Makes a dead letter wait again, as if it were new. Look first whether it has arrived after all: a copy can't be called back.</summary>
internal sealed record RetriedMessage(Guid Id);

internal static class RetryMessageEndpoint
{
    public static async Task<Answer> Post(Guid id, Command command, Journal journal, IOutbox outbox, TimeProvider clock, CancellationToken ct)
    {
        if (await journal.Before(command, ct) is { } before) return before;
        switch (await outbox.Find(id, ct))
        {
            case null:
                throw new Refused("message.unknown", $"There is no message {id} in the outbox.", "id", id.ToString());
            case { State: not MessageState.Dead }:
                throw new Refused("message.not_dead", $"The message {id} is no dead letter.", "id", id.ToString());
        }
        await outbox.Revive(id, clock.GetUtcNow(), ct);
        return await journal.Write(command, _ => Plan.Nothing(new RetriedMessage(id)), ct);
    }
}
