using Ledger.Money;

namespace Ledger.Demo.Simulator;

/// <summary>Makes scripts whose amounts add up exactly.</summary>
public static class Scripts
{
    /// <summary>Splits a total, in whole units of the list price where it divides, over random instants of a window.</summary>
    /// <param name="random">Seeded.</param>
    /// <param name="window">When.</param>
    /// <param name="agent">Who.</param>
    /// <param name="key">Id of the key.</param>
    /// <param name="model">Model.</param>
    /// <param name="unit">Unit type.</param>
    /// <param name="total">What the spends add up to.</param>
    /// <param name="count">How many spends; fewer when there are fewer units.</param>
    public static IReadOnlyList<ScriptedSpend> Spread(Random random, Interval window, string agent, string key, string model, string unit, Usd total, int count)
    {
        var price = Prices.Of(model, unit).Ticks;
        var step = total.Ticks % price == 0 ? price : 1;
        var left = total.Ticks / step;
        var spends = new List<ScriptedSpend>();
        for (var i = 0; i < count && left > 0; i++)
        {
            var even = left / (count - i);
            var units = i == count - 1 ? left : Math.Min(left, (even / 2) + random.NextInt64(even + 1));
            if (units == 0) continue;
            left -= units;
            var at = window.Start.AddSeconds(random.NextInt64((long)window.Length.TotalSeconds));
            spends.Add(new(at, agent, key, model, unit, new(checked(units * step))));
        }
        return [.. spends.OrderBy(spend => spend.At)];
    }
}
