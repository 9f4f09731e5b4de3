namespace Ledger;

/// <summary>How alike two short words are: for "did you mean …?".</summary>
public static class Likeness
{
    private const int lengthMax = 64;

    /// <summary>Insertions, deletions, replacements and swapped neighbours between two words; upper and lower case are one.</summary>
    public static int Edits(string a, string b)
    {
        if (a.Length > lengthMax || b.Length > lengthMax) return int.MaxValue;
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }

    /// <summary>The most alike of some names first: those that hold what was written, then those with the fewest edits.</summary>
    public static IReadOnlyList<string> Most(string written, IEnumerable<string> names, int max) =>
    [
        .. names.OrderByDescending(n => written.Length >= 2 && n.Contains(written, StringComparison.OrdinalIgnoreCase)).ThenBy(n => Edits(written, n)).ThenBy(n => n, StringComparer.Ordinal).Take(max),
    ];
}
