using Ledger.Views;
using Microsoft.AspNetCore.Http;

namespace Ledger.Service.Operations;

internal sealed record Live(string Status);

internal static class GetLive
{
    /// <summary>The service answers only once commands are taken, so this is all there is to say.</summary>
    public static Live Get() => new("live");
}

internal sealed record Ready(string Status, IReadOnlyList<ReadyCheck> Checks);

internal sealed record ReadyCheck(string Name, bool Ok, string? Detail);

internal static class GetReady
{
    private const long behindMax = 1_000;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    public static async Task<IResult> Get(IEventLog log, Books books, CancellationToken ct)
    {
        var checks = new List<ReadyCheck>();
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(patience);
            var head = await log.Head(limit.Token);
            checks.Add(new("database", true, $"position {head.Position}"));
            var behind = head.Position - books.Position;
            checks.Add(new("views", books.Halted is null && behind <= behindMax, books.Halted is { } e ? $"stopped at position {books.Position}: {Names.Printable(e.Message)}" : $"{behind} behind"));
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or OperationCanceledException or TimeoutException && !ct.IsCancellationRequested)
        {
            checks.Add(new("database", false, "does not answer"));
        }
        var ok = checks.TrueForAll(c => c.Ok);
        return Results.Json(new Ready(ok ? "ready" : "not ready", checks), Http.Json.Options, statusCode: ok ? 200 : 503);
    }
}
