using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Alerts;

/// <summary>What a good part of some spend went to.</summary>
/// <param name="Dimension"><c>key</c>, <c>model</c>, <c>unit</c> or <c>agent</c>.</param>
/// <param name="Value">Id or text in that dimension; null where billing names none.</param>
/// <param name="Name">What people call it; null when it is called by its value.</param>
/// <param name="Amount">Billed.</param>
/// <param name="Permille">Its part of the whole, in thousandths.</param>
public sealed record Driver(string Dimension, string? Value, string? Name, Usd Amount, int Permille);

/// <summary>A key that more than one agent owned while money was spent through it.</summary>
/// <param name="Key">Id.</param>
/// <param name="Name">Its name; null when none was seen.</param>
/// <param name="Agents">Its owners.</param>
/// <param name="Amount">Billed through it in the time looked at.</param>
public sealed record SharedKey(string Key, string? Name, IReadOnlyList<string> Agents, Usd Amount);

/// <summary>What was known when an alert was raised.</summary>
/// <param name="Drivers">Largest first, at most three a dimension.</param>
/// <param name="SharedKeys">Keys nobody can tell the spenders of, largest first, at most three.</param>
/// <param name="Runway">The account's run-out, where prepaid credit is known; with several accounts the soonest.</param>
/// <param name="Action">What helps most; null when nothing stands out.</param>
/// <param name="AsOf">Position of the books.</param>
/// <param name="Through">How far the data reaches; null: nothing read yet.</param>
public sealed record Circumstances(
    IReadOnlyList<Driver> Drivers, IReadOnlyList<SharedKey> SharedKeys, Runway? Runway, Recommendation? Action, long AsOf, DateTimeOffset? Through)
{
    /// <summary>Nothing known.</summary>
    public static Circumstances None { get; } = new([], [], null, null, 0, null);
}
