using System.Numerics;
using Ledger.Money;

namespace Ledger.Spend;

/// <summary>
/// One line's total and who carries it, reading by reading. A total below the line's highest so far scales the allocations held at
/// that height; rising again gives the same parts back; only what exceeds the height is new evidence. Credits mirror this below zero.
/// </summary>
public sealed class LineBook
{
    // Most lines rise once or a few times for one or two parties: short sorted lists, made when they are needed.
    private Side? up;
    private Side? down;

    /// <summary>The line's latest total.</summary>
    public Usd Total { get; private set; }

    /// <summary>What the provider said the line costs now.</summary>
    /// <param name="said">The new total, and since when.</param>
    /// <param name="attribute">Shares a rise over the evidence.</param>
    public void Observe(Observed said, Func<Usd, Interval, IReadOnlyList<Part>> attribute)
    {
        if (said.Closed) (up, down) = (null, null);
        Total = said.Total;
        var (top, bottom) = (up?.Height ?? Usd.Zero, down?.Height ?? Usd.Zero);
        if (Total > top)
            foreach (var rise in said.Rises(Total - top))
            {
                up ??= new();
                up.Raise(up.Height + rise.Amount, attribute(rise.Amount, rise.Evidence));
            }
        if (Total < bottom) (down ??= new()).Raise(Total, attribute(Total - bottom, said.Evidence));
    }

    /// <summary>
    /// Who carries what now, in the order of their parties, and by how much restatements moved it from the height. The amounts add
    /// up to <see cref="Total"/>; every amount has the total's sign and lies between 0 and it.
    /// </summary>
    public IReadOnlyList<Holding> Holdings()
    {
        if (down is null && Total == (up?.Height ?? Usd.Zero)) return up is null ? [] : [.. up.Parts];

        var holdings = new SortedDictionary<(Party Party, Method Method), Holding>();
        Scale(up, Total > Usd.Zero ? Total : Usd.Zero, holdings);
        Scale(down, Total < Usd.Zero ? Total : Usd.Zero, holdings);
        return [.. holdings.Values];
    }

    private static void Scale(Side? side, Usd total, SortedDictionary<(Party, Method), Holding> into)
    {
        if (side is null) return;
        var amounts = total.Split(side.Parts.Select(p => (BigInteger)Math.Abs(p.Amount.Ticks)).ToArray());
        for (var i = 0; i < amounts.Length; i++)
        {
            var held = side.Parts[i];
            var before = into.GetValueOrDefault((held.Party, held.Method), held with { Amount = Usd.Zero });
            into[(held.Party, held.Method)] = before with { Amount = before.Amount + amounts[i], Restated = before.Restated + (amounts[i] - held.Amount) };
        }
    }

    /// <summary>The allocations held at the furthest total on one side of zero.</summary>
    private sealed class Side
    {
        public Usd Height { get; private set; }

        /// <summary>In the order of parties, then methods.</summary>
        public List<Holding> Parts { get; } = new(1);

        public void Raise(Usd height, IReadOnlyList<Part> parts)
        {
            foreach (var part in parts)
            {
                var at = 0;
                while (at < Parts.Count && Compare(Parts[at], part) < 0) at++;
                if (at < Parts.Count && Compare(Parts[at], part) == 0) Parts[at] = Parts[at] with { Amount = Parts[at].Amount + part.Amount };
                else Parts.Insert(at, new(part.Party, part.Method, part.Amount, Usd.Zero));
            }
            Height = height;
        }

        private static int Compare(Holding held, Part part) => held.Party.CompareTo(part.Party) is var c and not 0 ? c : held.Method.CompareTo(part.Method);
    }
}

/// <summary>What one party carries of a line by one method.</summary>
/// <param name="Party">Who.</param>
/// <param name="Method">How it came there.</param>
/// <param name="Amount">How much now.</param>
/// <param name="Restated">By how much the provider's restatements changed it from what it was at the line's height.</param>
public readonly record struct Holding(Party Party, Method Method, Usd Amount, Usd Restated);
