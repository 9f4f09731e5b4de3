using Ledger.Service.Spend;
using Ledger.Service.Writing;

namespace Ledger.Service.Guarding;

/// <summary>The holds that still keep money free, the latest first, with how much is left of each.</summary>
internal sealed record HoldList(IReadOnlyList<HoldBody> Holds, AsOfBody AsOf);

internal static class ListHolds
{
    public static async Task<HoldList> Get(long? minPosition, Registry registry, ReadAt readAt, HoldLedger holdings, TimeProvider clock, CancellationToken ct)
    {
        await readAt.Caught(minPosition, ct);
        var now = clock.GetUtcNow();
        var (position, holds) = registry.Ask(d => (registry.Position, d.Holds.Values.ToArray()));
        var open = await holdings.Open(holds, now, ct);
        return new([.. open.OrderByDescending(h => h.Hold.At).Select(HoldBody.Of)], new(position, now));
    }
}
