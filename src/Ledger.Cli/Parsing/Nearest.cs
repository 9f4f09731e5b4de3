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
            var edits = Likeness.Edits(typed, name);
            if (edits < fewest) (best, fewest) = (name, edits);
        }
        return best;
    }
}
