using Ledger.Accounts;
using Ledger.Providers;
using Ledger.Providers.Xai;

namespace Ledger.Service.Polling;

/// <summary>Reads a stretch of an account's usage in the widths of buckets that were asked for in it.</summary>
internal static class UsageStretch
{
    /// <summary>One stretch, completely. Where the width of buckets changed within it, each side is read in its own.</summary>
    public static async Task<(IReadOnlyList<Reading> Readings, DimensionSet Dimensions)> Read(XaiClient xai, Account of, DimensionSet dimensions, Interval stretch, Priority priority, CancellationToken ct)
    {
        var readings = new List<Reading>();
        foreach (var (part, seconds) in of.InWidths(stretch))
        {
            var usage = await xai.ReadUsage(of.Team, part, seconds, dimensions, priority, ct);
            dimensions = usage.Dimensions;
            readings.AddRange(usage.Readings);
        }
        return (readings, dimensions);
    }
}
