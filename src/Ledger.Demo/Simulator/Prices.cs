using Ledger.Money;

namespace Ledger.Demo.Simulator;

/// <summary>Words and list prices of the simulated provider.</summary>
public static class Prices
{
    /// <summary>The model agents think with.</summary>
    public const string Reasoning = "grok-4-1-fast-reasoning";

    /// <summary>The model made for code.</summary>
    public const string Code = "grok-code-fast-1";

    /// <summary>The model that draws.</summary>
    public const string Image = "grok-imagine-image";

    /// <summary>Fresh input.</summary>
    public const string Prompt = "Prompt text tokens";

    /// <summary>Input read from the cache.</summary>
    public const string Cached = "Cached prompt text tokens";

    /// <summary>Visible output.</summary>
    public const string Completion = "Completion text tokens";

    /// <summary>Hidden output.</summary>
    public const string Thought = "Reasoning text tokens";

    /// <summary>Images made.</summary>
    public const string Images = "Generated images";

    /// <summary>Searches on X.</summary>
    public const string XSearches = "X searches";

    /// <summary>Searches on the web.</summary>
    public const string WebSearches = "Web searches";

    /// <summary>Price of one unit; an unknown pair costs a millionth of a dollar.</summary>
    public static Usd Of(string model, string unit) => new((model, unit) switch
    {
        (_, XSearches or WebSearches) => 50_000_000,
        (_, Images) => 200_000_000,
        (Code, Prompt) => 2_000,
        (Code, Cached) => 200,
        (Code, Completion or Thought) => 15_000,
        (_, Prompt) => 2_000,
        (_, Cached) => 500,
        (_, Completion or Thought) => 5_000,
        _ => 10_000,
    });

    /// <summary>How billing describes a line: tools by themselves, pictures by their model, everything else as chat.</summary>
    internal static string Description(string model, string unit) => unit switch
    {
        XSearches or WebSearches => $"{model} {unit}",
        Images => model,
        _ => $"Chat {model}",
    };
}
