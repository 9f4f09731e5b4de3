using Ledger.Service.Xai;

namespace Ledger.Service.Polling;

/// <summary>How long a message waits for the provider.</summary>
internal static class Patience
{
    private static readonly TimeSpan most = TimeSpan.FromSeconds(20);

    /// <summary>Asks for so long. After that the provider counts as unreachable, and the message still has time to write that down.</summary>
    public static async Task<T> Within<T>(TimeProvider clock, Func<CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(most, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            return await ask(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new ProviderException(FailureKind.Unreachable, $"The reading took longer than {most.TotalSeconds:0} seconds.");
        }
    }
}
