using Ledger.Postgres;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Hosting;

/// <summary>What has to be done now and then so that nothing grows for ever: idempotency keys are kept 90 days.</summary>
internal sealed class Housekeeping(PostgresEventLog log, TimeProvider clock, ILogger<Housekeeping> logger)
{
    private const int keysPerRound = 10_000;
    private static readonly TimeSpan every = TimeSpan.FromHours(1);

    public async Task Run(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(every, clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                await log.ForgetOldKeys(keysPerRound, ct);
            }
            catch (Npgsql.NpgsqlException e)
            {
                logger.LogWarning("Old idempotency keys were not removed: {Detail}", e.Message);
            }
        }
    }
}
