using JasperFx.Events;
using Marten.Events.Aggregation;

namespace Ledger.Service.Storage;

/// <summary>Keeps an aggregate of the domain as a document, in the transaction that appends its events.</summary>
/// <remarks>The domain folds; Marten loads, versions and stores. Only the named events reach it, so that a long stream of readings rewrites nothing.</remarks>
public sealed class Fold<T> : SingleStreamProjection<T, string>
    where T : class
{
    private readonly Func<T?, ILedgerEvent, T?> apply;

    public Fold(Func<T?, ILedgerEvent, T?> apply, params Type[] events)
    {
        this.apply = apply;
        Name = typeof(T).Name;
        foreach (var type in events) IncludeType(type);
    }

    public override T? Evolve(T? snapshot, string id, IEvent e) => e.Data is ILedgerEvent happened ? apply(snapshot, happened) : snapshot;
}
