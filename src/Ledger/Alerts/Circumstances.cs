using Ledger.Money;

namespace Ledger.Alerts;

/// <summary>How much it matters.</summary>
public enum Severity
{
    /// <summary>Good to know.</summary>
    Info,

    /// <summary>There is time to act.</summary>
    Warning,

    /// <summary>Act now.</summary>
    Critical,
}

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

/// <summary>When prepaid credit runs out.</summary>
/// <param name="Account">Account id.</param>
/// <param name="AccountName">Its label.</param>
/// <param name="Left">Credit left, as the provider's invoice preview has it.</param>
/// <param name="Of">Credit at the start of its cycle; null when unknown.</param>
/// <param name="LastHour">Spent in the last hour of data.</param>
/// <param name="LastDay">Spent in the last 24 hours of data.</param>
/// <param name="LastWeek">Spent in the last 7 days of data.</param>
/// <param name="RunsOut">At the last day's rate; null: not at present rates, or not known.</param>
/// <param name="Earliest">At the quickest of the three rates.</param>
/// <param name="Latest">At the slowest of the three rates that is not 0.</param>
/// <param name="Through">How far the data reaches; rates end here.</param>
/// <param name="Why">Why there is no answer; null when there is one.</param>
public sealed record Runway(
    string Account, string AccountName, Usd Left, Usd? Of, Usd LastHour, Usd LastDay, Usd LastWeek, DateTimeOffset? RunsOut, DateTimeOffset? Earliest, DateTimeOffset? Latest,
    DateTimeOffset? Through, string? Why);

/// <summary>What will have been spent at the end of a period.</summary>
/// <param name="Expected">Most likely; null when there is too little to go by.</param>
/// <param name="Low">Lower end of the range; null as <paramref name="Expected"/>.</param>
/// <param name="High">Upper end of the range; null as <paramref name="Expected"/>.</param>
/// <param name="Method">How: <c>rate-24h</c>, <c>mean-7d</c>, <c>weekday-28d</c>; null as <paramref name="Expected"/>.</param>
/// <param name="Exceeds">When the limit is reached at that pace; null: not in this period, or there is no limit.</param>
/// <param name="Why">Why there is no forecast; null when there is one.</param>
public sealed record Forecast(Usd? Expected, Usd? Low, Usd? High, string? Method, DateTimeOffset? Exceeds, string? Why);

/// <summary>The one thing that helps most, computed from the books.</summary>
/// <param name="Kind"><c>stop-unit</c>, <c>split-key</c>, <c>end-mission</c>, <c>top-up</c>, <c>assign-key</c>.</param>
/// <param name="Text">One sentence for a person, with names and dollars.</param>
/// <param name="Effect">Dollars it is about.</param>
/// <param name="Per"><c>day</c>, <c>week</c>, <c>once</c>.</param>
/// <param name="Command">The command that does it, where there is one.</param>
public sealed record Recommendation(string Kind, string Text, Usd Effect, string Per, string? Command);

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
