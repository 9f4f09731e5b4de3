using System.Numerics;
using Ledger.Money;

namespace Ledger.Attribution;

/// <summary>
/// One line's total and who carries it, reading by reading. A total below the line's highest so far scales the allocations held at
/// that height; rising again gives the same parts back; only what exceeds the height is new evidence. Credits mirror this below zero.
/// </summary>
public sealed class LineBook
{
    private readonly Side up = new();
    private readonly Side down = new();

    /// <summary>The line's latest total.</summary>
    public Usd Total { get; private set; }

    /// <summary>What the provider said the line costs now.</summary>
    /// <param name="total">The new total.</param>
    /// <param name="evidence">When a rise above the height can have happened.</param>
    /// <param name="attribute">Shares a rise over the evidence.</param>
    public void Observe(Usd total, Span evidence, Func<Usd, Span, IReadOnlyList<Part>> attribute)
    {
        Total = total;
        if (total > up.Height) up.Raise(total, attribute(total - up.Height, evidence));
        if (total < down.Height) down.Raise(total, attribute(total - down.Height, evidence));
    }

    /// <summary>
    /// Who carries what now, in the order of their parties, and by how much restatements moved it from the height. The amounts add
    /// up to <see cref="Total"/>; every amount has the total's sign and lies between 0 and it.
    /// </summary>
    public IReadOnlyList<Holding> Holdings()
    {
        if (Total == up.Height && down.Parts.Count == 0) return [.. up.Parts.Select(p => new Holding(p.Key.Party, p.Key.Method, p.Value, Usd.Zero))];

        var holdings = new SortedDictionary<(Party Party, Method Method), Holding>();
        Scale(up, Total > Usd.Zero ? Total : Usd.Zero, holdings);
        Scale(down, Total < Usd.Zero ? Total : Usd.Zero, holdings);
        return [.. holdings.Values];
    }

    private static void Scale(Side side, Usd total, SortedDictionary<(Party, Method), Holding> into)
    {
        if (side.Parts.Count == 0) return;
        var amounts = total.Split(side.Parts.Values.Select(p => (BigInteger)Math.Abs(p.Ticks)).ToArray());
        var i = 0;
        foreach (var (key, held) in side.Parts)
        {
            var amount = amounts[i++];
            var before = into.GetValueOrDefault(key, new(key.Party, key.Method, Usd.Zero, Usd.Zero));
            into[key] = before with { Amount = before.Amount + amount, Restated = before.Restated + (amount - held) };
        }
    }

    /// <summary>The allocations held at the furthest total on one side of zero.</summary>
    private sealed class Side
    {
        public Usd Height { get; private set; }

        public SortedDictionary<(Party Party, Method Method), Usd> Parts { get; } = [];

        public void Raise(Usd height, IReadOnlyList<Part> parts)
        {
            foreach (var part in parts)
                Parts[(part.Party, part.Method)] = Parts.GetValueOrDefault((part.Party, part.Method)) + part.Amount;
            Height = height;
        }
    }
}

/// <summary>What one party carries of a line by one method.</summary>
/// <param name="Party">Who.</param>
/// <param name="Method">How it came there.</param>
/// <param name="Amount">How much now.</param>
/// <param name="Restated">By how much the provider's restatements changed it from what it was at the line's height.</param>
public readonly record struct Holding(Party Party, Method Method, Usd Amount, Usd Restated);
