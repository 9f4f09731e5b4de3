using System.Text.Json.Serialization;
using Ledger.Keys;
using Ledger.Money;

namespace Ledger.Contracts;

/// <summary>Says who owns a key, with weights, from an instant on; affected lines are allocated anew: <c>POST /api/v1/keys/assign</c>.</summary>
/// <param name="Account">The account's label or id; needed where keys of several accounts are called the same.</param>
/// <param name="Key">Key id or name; <c>(none)</c> is spend that billing names no key for.</param>
/// <param name="Owners">Agents with their weights; empty: nobody.</param>
/// <param name="From">From when on; without it, from the beginning if the key never had an owner, else from now.</param>
public sealed record AssignKey(string? Account, string? Key, IReadOnlyDictionary<string, int>? Owners, string? From);

/// <summary>A key.</summary>
/// <param name="Account">The account's label.</param>
/// <param name="Key">The provider's id.</param>
/// <param name="Name">Its name in billing.</param>
/// <param name="Owners">Who owns it now.</param>
/// <param name="History">All assignments; the first without a start is from the beginning.</param>
/// <param name="Billed30d">What it cost in 30 days; null: not asked.</param>
/// <param name="SharedNow">Several agents own it now.</param>
public sealed record KeySummary(
    string Account, string Key, string? Name, IReadOnlyList<NamedOwner> Owners, IReadOnlyList<OwnersFrom> History, Usd? Billed30d, bool SharedNow);

/// <summary>An owner of a key.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Weight">Its weight.</param>
/// <param name="AgentName">What it is called, where that is not its id.</param>
public sealed record NamedOwner(string Agent, int Weight, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AgentName);

/// <summary>From an instant on, these own the key.</summary>
/// <param name="From">Null: from the beginning.</param>
/// <param name="Owners">Empty: nobody.</param>
public sealed record OwnersFrom(DateTimeOffset? From, IReadOnlyList<Owner> Owners);

/// <summary>What an assignment answers.</summary>
/// <param name="Key">The key as it is now.</param>
/// <param name="Moved">Dollars that it moved between parties, as the books stood when it was made; null when the views were not there in time.</param>
public sealed record KeyAnswer(KeySummary Key, Usd? Moved);

/// <summary>All keys: <c>GET /api/v1/keys</c>.</summary>
/// <param name="Keys">Those that are known.</param>
/// <param name="ListedAt">When the provider last listed the keys, of every account: a newer key is known once it spends. Null: of some account it never did.</param>
public sealed record KeyList(IReadOnlyList<KeySummary> Keys, DateTimeOffset? ListedAt);
