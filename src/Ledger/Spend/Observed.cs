using System.Numerics;
using Ledger.Money;

namespace Ledger.Spend;

/// <summary>What a provider said of a line, once.</summary>
/// <param name="Total">The total it gave.</param>
/// <param name="Evidence">When a rise can have happened.</param>
/// <param name="Moved">What other lines of the key held of it before, with their evidence, in order; null: nothing.</param>
/// <param name="Closed">What the line held before is held by others now: it has no height any more.</param>
public readonly record struct Observed(Usd Total, Interval Evidence, IReadOnlyList<Rise>? Moved = null, bool Closed = false)
{
    /// <summary>A rise above the line's height, by when it can have happened: the last of what moved here, and the rest now.</summary>
    public IEnumerable<Rise> Rises(Usd amount)
    {
        if (Moved is not { Count: > 0 } moved) return [new(amount, Evidence)];
        var rises = new List<Rise>();
        for (var i = moved.Count - 1; i >= 0 && amount > Usd.Zero; i--)
        {
            var part = moved[i].Amount < amount ? moved[i].Amount : amount;
            rises.Add(moved[i] with { Amount = part });
            amount -= part;
        }
        rises.Reverse();
        return amount > Usd.Zero ? rises.Append(new(amount, Evidence)) : rises;
    }
}

/// <summary>What a line rose by, and when that can have happened.</summary>
/// <param name="Amount">How much; positive.</param>
/// <param name="Evidence">When.</param>
public readonly record struct Rise(Usd Amount, Interval Evidence)
{
    /// <summary>What a line holds, by when it rose: what moves to another line of its key takes this along.</summary>
    /// <param name="said">What was said of the line, in order.</param>
    /// <param name="amount">How much of it moves; at most its total.</param>
    public static IReadOnlyList<Rise> Of(IEnumerable<Observed> said, Usd amount)
    {
        var rises = new List<Rise>();
        var height = Usd.Zero;
        foreach (var fact in said)
        {
            if (fact.Closed) (height, rises) = (Usd.Zero, []);
            if (fact.Total <= height) continue;
            rises.AddRange(fact.Rises(fact.Total - height));
            height = fact.Total;
        }
        if (amount >= height || rises.Count == 0) return rises;
        var amounts = amount.Split(rises.Select(r => (BigInteger)r.Amount.Ticks).ToArray());
        return [.. rises.Select((r, i) => r with { Amount = amounts[i] }).Where(r => r.Amount > Usd.Zero)];
    }
}
