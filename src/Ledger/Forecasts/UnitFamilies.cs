namespace Ledger.Forecasts;

/// <summary>
/// What units of a bill are, as far as somebody can do something about them: tools and media can be paused for a while, tokens can't.
/// Searches of all kinds are one habit, whatever the provider calls each.
/// </summary>
public static class UnitFamilies
{
    /// <summary>What can be paused, in a person's words; null for tokens and what nobody knows.</summary>
    public static string? Pausable(string? unit) => unit switch
    {
        null => null,
        _ when IsSearch(unit) => "searches",
        _ when unit.Contains("token", StringComparison.OrdinalIgnoreCase) => null,
        _ when unit.Contains("image", StringComparison.OrdinalIgnoreCase) => "image generation",
        _ when unit.Contains("video", StringComparison.OrdinalIgnoreCase) => "video generation",
        _ when unit.Contains("call", StringComparison.OrdinalIgnoreCase) || unit.Contains("tool", StringComparison.OrdinalIgnoreCase) => $"\"{unit}\"",
        _ => null,
    };

    /// <summary>Some kind of search.</summary>
    public static bool IsSearch(string unit) => unit.Contains("search", StringComparison.OrdinalIgnoreCase);
}
