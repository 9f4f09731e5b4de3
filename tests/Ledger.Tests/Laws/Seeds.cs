using System.Globalization;

namespace Ledger.Tests.Laws;

/// <summary>Random tests that can be run again: the seed is in the failure's message, and <c>LEDGER_SEED</c> pins it.</summary>
public static class Seeds
{
    /// <summary>Runs a property for a number of seeds; <c>LEDGER_SEED</c> runs just that one.</summary>
    public static void Run(int count, Action<Random> property)
    {
        foreach (var seed in Choose(count))
        {
            try
            {
                property(new Random(seed));
            }
            catch (Exception e)
            {
                throw new SeedFailedException(seed, e);
            }
        }
    }

    /// <summary>Runs an asynchronous property for a number of seeds.</summary>
    public static async Task Run(int count, Func<Random, Task> property)
    {
        foreach (var seed in Choose(count))
        {
            try
            {
                await property(new Random(seed));
            }
            catch (Exception e)
            {
                throw new SeedFailedException(seed, e);
            }
        }
    }

    private static IEnumerable<int> Choose(int count)
    {
        if (Environment.GetEnvironmentVariable("LEDGER_SEED") is { Length: > 0 } pinned)
            return [int.Parse(pinned, CultureInfo.InvariantCulture)];
        return Enumerable.Range(0, count).Select(_ => Random.Shared.Next());
    }
}

/// <summary>A property did not hold for a seed.</summary>
public sealed class SeedFailedException(int seed, Exception why)
    : Exception($"Seed {seed} (run again with LEDGER_SEED={seed}): {why.Message}", why);
