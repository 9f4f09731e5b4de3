namespace Ledger.Keys;

/// <summary>Billing named a key for the first time, or by another name.</summary>
/// <param name="Account">The account.</param>
/// <param name="Key">The provider's id of the key.</param>
/// <param name="Name">Its name there; null when billing gave none.</param>
/// <param name="At">When.</param>
public sealed record KeySeen(string Account, string Key, string? Name, DateTimeOffset At) : ILedgerEvent;

/// <summary>From an instant on, these agents own the key, until the next assignment's start.</summary>
/// <param name="Account">The account.</param>
/// <param name="Key">The key.</param>
/// <param name="Owners">Agents with their weights; empty: nobody.</param>
/// <param name="From">Null: from the beginning.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record KeyAssigned(string Account, string Key, IReadOnlyList<Owner> Owners, DateTimeOffset? From, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>An owner of a key.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Weight">1 to 1,000,000.</param>
public sealed record Owner(string Agent, int Weight);
