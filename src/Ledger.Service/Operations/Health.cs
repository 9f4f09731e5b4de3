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
/// <remarks>
/// A message that is overdue is told too, but leaves the service ready: it answers and writes, and to be taken out of use would hold up more than that
/// message. Marten has checks for its daemon and its mark; these say the same of all nodes, and name the event or the transaction that is to blame.
/// </remarks>
public sealed class BooksHealth(LogProgressReader reader, RefusedWrites writes, Queues queues) : IHealthCheck
{
    private const long behindMax = 1_000;
    private const string queuesName = "queues";
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(patience);
            return Of(await reader.Read(limit.Token), writes.Trouble, await queues.Oldest(limit.Token));
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            return Result([new("database", false, "does not answer")]);
        }
    }

    private static HealthCheckResult Of(LogProgress log, string? refused, Overdue? oldest) => Result(
    [
        new("database", refused is null, refused ?? $"position {log.Last}"),
        new("log", log is { MarkTrouble: null, Broken: null }, log.MarkTrouble ?? log.Broken ?? $"complete up to position {log.Mark}"),
        .. log.Views.Select(v => new ReadyCheck(v.Name, v.Trouble is null && v.Lag <= behindMax, v.Trouble ?? $"{v.Lag} behind")),
        .. log.HeldUp.Select(trouble => new ReadyCheck("nodes", false, trouble)),
        new(queuesName, oldest is not { IsLong: true }, oldest is { IsLong: true } ? oldest.ToText() : "nothing is overdue"),
    ]);

    private static HealthCheckResult Result(IReadOnlyList<ReadyCheck> checks)
    {
        var bad = checks.Where(c => !c.Ok).ToArray();
        var status = bad.Length == 0 ? HealthStatus.Healthy : Array.TrueForAll(bad, c => c.Name == queuesName) ? HealthStatus.Degraded : HealthStatus.Unhealthy;
        return new(status, string.Join("; ", bad.Select(c => $"{c.Name}: {c.Detail}")), data: new Dictionary<string, object>(StringComparer.Ordinal) { [nameof(checks)] = checks });
    }

    /// <summary>The service answers only once commands are taken, so this is all there is to say.</summary>
    public static Task WriteLive(HttpContext http, HealthReport report) => Write(http, new LiveStatus("live"));

    public static Task WriteReady(HttpContext http, HealthReport report)
    {
        var checks = report.Entries.Values.SelectMany(e => e.Data.Values.OfType<IReadOnlyList<ReadyCheck>>().FirstOrDefault() ?? [new("service", false, "can't be looked at")]).ToArray();
        return Write(http, new ReadyStatus(report.Status != HealthStatus.Unhealthy ? "ready" : "not ready", checks));
    }

    private static Task Write<T>(HttpContext http, T answer) => http.Response.WriteAsJsonAsync(answer, JsonConventions.Options, http.RequestAborted);
}
