namespace Ledger.Service.Hosting;

/// <summary>
/// Gives memory back when nothing happens: a service that waits for the next poll should weigh little. Once per quiet time, and only
/// after there was something to collect.
/// </summary>
internal sealed class IdleMemory : IDisposable
{
    // Polls every few seconds and the odd request are still quiet.
    private const long quietBytes = 32 * 1024 * 1024;
    private const long worthBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan lookEvery = TimeSpan.FromSeconds(10);

    private readonly ITimer timer;
    private long allocated;
    private long collectedAt;

    public IdleMemory(TimeProvider clock) => timer = clock.CreateTimer(static self => ((IdleMemory)self!).Look(), this, lookEvery, lookEvery);

    public void Dispose() => timer.Dispose();

    private void Look()
    {
        var now = GC.GetTotalAllocatedBytes();
        var quiet = now - allocated < quietBytes;
        allocated = now;
        if (!quiet || now - collectedAt < worthBytes) return;
        collectedAt = now;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
