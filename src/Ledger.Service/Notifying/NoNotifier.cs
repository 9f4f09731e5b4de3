using Ledger.Log;

namespace Ledger.Service.Notifying;

/// <summary>Tells nobody: alerts are in the log and can be listed.</summary>
internal sealed class NoNotifier : INotifier
{
    public Task<IReadOnlyList<NewMessage>> Compose(IReadOnlyList<ILedgerEvent> raised, DateTimeOffset now, CancellationToken ct) => Task.FromResult<IReadOnlyList<NewMessage>>([]);
}
