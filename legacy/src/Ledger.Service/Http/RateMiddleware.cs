using System.Threading.RateLimiting;
using Ledger.Service.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ledger.Service.Http;

/// <summary>A bound on what one caller may ask, so that a loop gone wild does not starve the others.</summary>
internal sealed class RateMiddleware(RequestDelegate next, ServiceSettings settings) : IDisposable
{
    private readonly PartitionedRateLimiter<string> limiter = PartitionedRateLimiter.Create<string, string>(caller => RateLimitPartition.GetTokenBucketLimiter(caller, _ => new()
    {
        TokenLimit = settings.RequestsPerSecondMax,
        TokensPerPeriod = settings.RequestsPerSecondMax,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
        AutoReplenishment = true,
    }));

    public async Task Invoke(HttpContext http)
    {
        using var lease = limiter.AttemptAcquire($"{http.Connection.RemoteIpAddress} {http.Request.Headers.Authorization}");
        if (!lease.IsAcquired)
            throw new Refused("rate.limited", $"More than {settings.RequestsPerSecondMax} requests in a second; nothing was done. Try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
        await next(http);
    }

    public void Dispose() => limiter.Dispose();
}
