using Ledger.Contracts;
using Ledger.Service.Http;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Channels;

public static class GetOutboxEndpoint
{
    [WolverineGet("/api/v1/outbox"), Authorize(Policy = Scopes.Read)]
    public static async Task<Outbox> Get(DeadLetters letters, ChannelHealth health, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var waiting = await letters.Waiting(now, ct);
        var dead = await letters.Dead(now, ct);
        long? oldest = waiting.Listed.Count > 0 ? waiting.Listed.Max(m => m.AgeSeconds) : null;
        return new(waiting.Count, dead.Count, oldest, waiting.Listed, dead.Listed, [.. health.Channels.Select(StateOf)]);
    }

    /// <summary>A channel as answers show it.</summary>
    public static ChannelState StateOf(ChannelStatus channel) =>
        new(channel.Name, channel.Configured, channel.Target, channel.Hint, channel.Trouble?.Reason, channel.Trouble?.Since, channel.Trouble?.Until);
}
