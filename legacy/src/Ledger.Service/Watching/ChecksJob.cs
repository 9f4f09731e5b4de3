using Ledger.Service.Scheduling;

namespace Ledger.Service.Watching;

/// <summary>The checks, every minute, on one node.</summary>
internal sealed class ChecksJob(Checks checks, TimeProvider clock) : IRoutine
{
    public Task Run(CancellationToken ct) => checks.Run(clock.GetUtcNow(), ct);
}
