using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Ledger.Service.Operations;

/// <summary>
/// Whether the service works: the database answers and takes what is written, and what is computed from the log follows it. A view that stopped,
/// a mark that waits for somebody's transaction, or a node that holds something up is told with its reason.
/// </summary>
public sealed class BooksHealth(LogProgressReader reader, RefusedWrites writes) : IHealthCheck
{
    private const long behindMax = 1_000;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(patience);
            return Of(await reader.Read(limit.Token), writes.Trouble);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            return Result([new("database", false, "does not answer")]);
        }
    }

    private static HealthCheckResult Of(LogProgress log, string? refused) => Result(
    [
        new("database", refused is null, refused ?? $"position {log.Last}"),
        new("log", log is { MarkTrouble: null, Broken: null }, log.MarkTrouble ?? log.Broken ?? $"complete up to position {log.Mark}"),
        .. log.Views.Select(v => new ReadyCheck(v.Name, v.Trouble is null && v.Lag <= behindMax, v.Trouble ?? $"{v.Lag} behind")),
        .. log.HeldUp.Select(trouble => new ReadyCheck("nodes", false, trouble)),
    ]);

    private static HealthCheckResult Result(IReadOnlyList<ReadyCheck> checks) =>
        new(checks.All(c => c.Ok) ? HealthStatus.Healthy : HealthStatus.Unhealthy, data: new Dictionary<string, object>(StringComparer.Ordinal) { [nameof(checks)] = checks });

    /// <summary>The service answers only once commands are taken, so this is all there is to say.</summary>
    public static Task WriteLive(HttpContext http, HealthReport report) => Write(http, new LiveStatus("live"));

    public static Task WriteReady(HttpContext http, HealthReport report)
    {
        var checks = report.Entries.Values.SelectMany(e => e.Data.Values.OfType<IReadOnlyList<ReadyCheck>>().FirstOrDefault() ?? [new("service", false, "can't be looked at")]).ToArray();
        return Write(http, new ReadyStatus(report.Status == HealthStatus.Healthy ? "ready" : "not ready", checks));
    }

    private static Task Write<T>(HttpContext http, T answer) => http.Response.WriteAsJsonAsync(answer, JsonConventions.Options, http.RequestAborted);
}
