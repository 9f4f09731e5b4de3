using Ledger.Postgres;
using Ledger.Service.Scheduling;

namespace Ledger.Service.Hosting;

/// <summary>What has to be done now and then so that nothing grows for ever: idempotency keys are kept 90 days.</summary>
internal sealed class HousekeepingJob(PostgresEventLog log) : IRoutine
{
    private const int keysPerRound = 10_000;

    public Task Run(CancellationToken ct) => log.ForgetOldKeys(keysPerRound, ct);
}
