using Ledger.Postgres;
using Ledger.Service.Scheduling;

namespace Ledger.Service.Hosting;

/// <summary>
/// What has to be done now and then so that nothing grows for ever: idempotency keys are kept 90 days, delivered messages 30. Dead letters
/// stay until a person has looked.
/// </summary>
internal sealed class HousekeepingJob(PostgresEventLog log, IOutbox outbox, TimeProvider clock) : IRoutine
{
    private const int perRound = 10_000;
    private static readonly TimeSpan messagesKept = TimeSpan.FromDays(30);

    public async Task Run(CancellationToken ct)
    {
        await log.ForgetOldKeys(perRound, ct);
        await outbox.Forget(clock.GetUtcNow() - messagesKept, perRound, ct);
    }
}
