using System.Numerics;
using Ledger.Money;

namespace Ledger.Accounts;

/// <summary>
/// What moved between the lines of one bucket of time. The bucket's sum is kept at once: as far as other lines rose, those that are gone (the answer
/// lacks them, or says 0) are counted as moved there, lines of the same key first; what the sum would fall by stays.
/// </summary>
internal sealed class Moves
{
    private static readonly Moves none = new([]);

    private readonly List<(BucketLine From, BucketLine To, Usd Amount)> moves;

    private Moves(List<(BucketLine, BucketLine, Usd)> moves) => this.moves = moves;

    /// <param name="lines">The lines of one bucket that are not as they were.</param>
    public static Moves Of(IReadOnlyList<BucketLine> lines)
    {
        var gone = lines.Where(l => l.Before > Usd.Zero && (l.Read is null || l.Read.Total == Usd.Zero)).OrderBy(l => l.Name, order).ToArray();
        if (gone.Length == 0) return none;
        var risen = lines.Where(l => l.Read is { } read && read.Total > l.Before).OrderBy(l => l.Name, order).ToArray();
        var net = Sum(lines.Except(gone).Select(l => (l.Read?.Total ?? l.Before) - l.Before));
        var left = gone.ToDictionary(l => l, l => l.Before);
        var open = risen.ToDictionary(l => l, l => l.Read!.Total - l.Before);
        var all = Lower(net, Sum(left.Values));
        if (all <= Usd.Zero) return none;

        var moves = new List<(BucketLine, BucketLine, Usd)>();
        var keys = gone.Select(l => l.Name.Key).Distinct().ToArray();
        var within = keys.Select(k => Lower(Sum(gone.Where(l => l.Name.Key == k).Select(l => left[l])), Sum(risen.Where(l => l.Name.Key == k).Select(l => open[l])))).ToArray();
        if (Sum(within) > all) within = all.Split(Weights(within));
        for (var i = 0; i < keys.Length; i++)
            Move(within[i], [.. gone.Where(l => l.Name.Key == keys[i])], [.. risen.Where(l => l.Name.Key == keys[i])]);
        Move(all - Sum(within), gone, risen);
        return new(moves);

        // Both sides by largest remainder, then paired in order.
        void Move(Usd amount, BucketLine[] from, BucketLine[] to)
        {
            if (amount == Usd.Zero) return;
            var outs = amount.Split(Weights(from.Select(l => left[l])));
            var ins = amount.Split(Weights(to.Select(l => open[l])));
            for (var (i, j) = (0, 0); i < from.Length;)
            {
                var moved = Lower(outs[i], ins[j]);
                if (moved > Usd.Zero) moves.Add((from[i], to[j], moved));
                (outs[i], ins[j]) = (outs[i] - moved, ins[j] - moved);
                (left[from[i]], open[to[j]]) = (left[from[i]] - moved, open[to[j]] - moved);
                if (outs[i] == Usd.Zero) i++;
                else j++;
            }
        }
    }

    /// <summary>What a line that the answer lacks keeps.</summary>
    public Usd Left(BucketLine line) => line.Before - Sum(moves.Where(m => m.From == line).Select(m => m.Amount));

    /// <summary>Whether some of the line's money is with other lines of its key now, which took along when it rose.</summary>
    public bool LeftWithinKey(BucketLine line) => moves.Exists(m => m.From == line && m.To.Name.Key == line.Name.Key);

    /// <summary>Where some of the line's money came from; null: nowhere.</summary>
    public IReadOnlyList<MovedFrom>? Into(BucketLine line, DimensionSet ofReading) => moves.Exists(m => m.To == line)
        ? [.. moves.Where(m => m.To == line).Select(m => new MovedFrom(m.From.Name.Dimensions == ofReading ? null : m.From.Name.Dimensions, m.From.Name.Key, m.From.Name.Model, m.From.Name.Unit, m.Amount))]
        : null;

    private static readonly Comparer<LineName> order = Comparer<LineName>.Create(Observation.Compare);

    private static ReadOnlySpan<BigInteger> Weights(IEnumerable<Usd> amounts) => amounts.Select(a => (BigInteger)a.Ticks).ToArray();

    private static Usd Lower(Usd a, Usd b) => a < b ? a : b;

    private static Usd Sum(IEnumerable<Usd> amounts) => amounts.Aggregate(Usd.Zero, (sum, amount) => sum + amount);
}
