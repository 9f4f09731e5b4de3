namespace Ledger.Postgres;

/// <summary>Excused gaps: positions that another writer's sequence burnt, recorded when its appends were adopted.</summary>
internal static class Gaps
{
    /// <summary>The first position from here on that is not in a gap. Gaps are in order and apart.</summary>
    public static long Skip(IReadOnlyList<(long First, long Last)> gaps, long position)
    {
        foreach (var (first, last) in gaps)
        {
            if (first <= position && position <= last)
                position = last + 1;
        }
        return position;
    }
}
