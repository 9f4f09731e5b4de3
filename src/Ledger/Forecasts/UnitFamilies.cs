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

    /// <summary>What makes less of a unit, as the beginning of a sentence that goes on with the key.</summary>
    public static string Shrinking(string? unit) => unit switch
    {
        _ when unit?.Contains("reasoning", StringComparison.OrdinalIgnoreCase) == true => "Ask for less reasoning through",
        _ when unit?.Contains("completion", StringComparison.OrdinalIgnoreCase) == true => "Ask for shorter answers through",
        _ when unit?.Contains("prompt", StringComparison.OrdinalIgnoreCase) == true => "Send less context through",
        _ => "Use less of it through",
    };

    /// <summary>Some kind of search.</summary>
    public static bool IsSearch(string unit) => unit.Contains("search", StringComparison.OrdinalIgnoreCase);
}
