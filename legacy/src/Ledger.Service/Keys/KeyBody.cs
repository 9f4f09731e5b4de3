using System.Text.Json.Serialization;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Service.Agents;

namespace Ledger.Service.Keys;

/// <summary>A key as it is answered.</summary>
/// <param name="Account">The account's label.</param>
/// <param name="Key">The provider's id.</param>
/// <param name="Name">Its name in billing.</param>
/// <param name="Owners">Who owns it now.</param>
/// <param name="History">All assignments; the first without a start is from the beginning.</param>
/// <param name="Billed30d">What it cost in 30 days; null: not asked.</param>
/// <param name="SharedNow">Several agents own it now.</param>
internal sealed record KeyBody(
    string Account, string Key, string? Name, IReadOnlyList<NamedOwner> Owners, IReadOnlyList<OwnersFrom> History, Usd? Billed30d, bool SharedNow)
{
    public static KeyBody Of(KeyOwnership key, string label, DateTimeOffset now, Usd? billed, AttributionContext? known = null) => new(
        label, key.Key, key.Name, [.. key.OwnersAt(now).Select(o => new NamedOwner(o.Agent, o.Weight, known is null ? null : AgentFinder.NameBeside(known, o.Agent)))],
        [.. key.Assignments.Select(a => new OwnersFrom(a.From == DateTimeOffset.MinValue ? null : a.From, a.Owners))],
        billed, key.OwnersAt(now).Count > 1);
}

/// <summary>An owner, with what it is called where that is not its id.</summary>
internal sealed record NamedOwner(string Agent, int Weight, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AgentName);

/// <summary>From an instant on, these own it.</summary>
internal sealed record OwnersFrom(DateTimeOffset? From, IReadOnlyList<Owner> Owners);

internal sealed record KeyAnswer(KeyBody Key, long? Position, Usd? Moved);
