using Ledger.Accounts;

namespace Ledger.Service.Tests.Spend;

/// <summary>Readings cut into parts, as large ones are.</summary>
internal static class InParts
{
    public static IReadOnlyList<(string Stream, ILedgerEvent Event)> Of(IEnumerable<(string Stream, ILedgerEvent Event)> log, Random random) =>
        [.. log.SelectMany(l => l.Event is UsageSnapshotTaken whole ? Cut(whole, random.Next(1, 4)).Select(part => (l.Stream, (ILedgerEvent)part)) : [l])];

    /// <summary>What counts up to some event: of a reading whose last part is not there, nothing does.</summary>
    public static IEnumerable<ILedgerEvent> Whole(IReadOnlyList<ILedgerEvent> log)
    {
        var whole = log.OfType<UsageSnapshotTaken>().Where(s => s.Part == s.Parts).Select(s => s.Reading).ToHashSet();
        return log.Where(e => e is not UsageSnapshotTaken s || whole.Contains(s.Reading));
    }

    public static IEnumerable<UsageSnapshotTaken> Cut(UsageSnapshotTaken whole, int parts)
    {
        parts = Math.Min(parts, Math.Max(1, whole.Lines.Count));
        var chunks = whole.Lines.Chunk(Math.Max(1, (whole.Lines.Count + parts - 1) / parts)).DefaultIfEmpty([]).ToArray();
        return chunks.Select((lines, i) => whole with { Part = i + 1, Parts = chunks.Length, Lines = lines, Missing = i == chunks.Length - 1 ? whole.Missing : null, Found = i == chunks.Length - 1 ? whole.Found : null });
    }
}
