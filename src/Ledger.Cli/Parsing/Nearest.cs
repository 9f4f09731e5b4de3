namespace Ledger.Cli.Parsing;

/// <summary>"Did you mean …?"</summary>
internal static class Nearest
{
    /// <summary>The nearest of some names, when it is near enough to be meant.</summary>
    public static string? Of(string typed, IEnumerable<string> names)
    {
        string? begun = null;
        foreach (var name in names)
            if (typed.Length >= 2 && name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)) begun ??= name;
        return begun ?? Within(typed, names, Math.Max(1, Math.Min(2, typed.Length / 3)));
    }

    /// <summary>The nearest name at no more than so many edits; the first on a tie.</summary>
    public static string? Within(string typed, IEnumerable<string> names, int editsMax)
    {
        string? best = null;
        var fewest = editsMax + 1;
        foreach (var name in names)
        {
            var edits = Edits(typed, name);
            if (edits < fewest) (best, fewest) = (name, edits);
        }
        return best;
    }

    /// <summary>Insertions, deletions, replacements and swapped neighbours between two short words.</summary>
    private static int Edits(string a, string b)
    {
        if (a.Length > 64 || b.Length > 64) return int.MaxValue;
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
}
