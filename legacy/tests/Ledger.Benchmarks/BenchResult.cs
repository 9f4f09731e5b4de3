using System.Globalization;

namespace Ledger.Benchmarks;

/// <summary>One figure beside its limit: medians of paired runs.</summary>
internal sealed record BenchResult(string Name, string Unit, double Ours, double Limit, double Ratio, double RatioWanted, double? LeastWanted)
{
    public bool Holds => Ratio >= RatioWanted && (LeastWanted is null || Ours >= LeastWanted);

    /// <summary>Medians of the two sides, and of the ratios of the pairs.</summary>
    public static BenchResult Of(string name, string unit, IReadOnlyList<(double Ours, double Limit)> pairs, double ratioWanted, double? leastWanted = null) =>
        new(name, unit, Median(pairs.Select(p => p.Ours)), Median(pairs.Select(p => p.Limit)), Median(pairs.Select(p => p.Ours / p.Limit)), ratioWanted, leastWanted);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Name,-46} {Ours,10:N0} {Limit,10:N0} {Unit,-10} {Ratio,6:0.00} {RatioWanted,6:0.00} {(LeastWanted is { } least ? least.ToString("N0", CultureInfo.InvariantCulture) : "-"),8}  {(Holds ? "holds" : "MISSED")}");

    public static string Header => $"{"",-46} {"ours",10} {"limit",10} {"unit",-10} {"ratio",6} {"wanted",6} {"least",8}";

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
