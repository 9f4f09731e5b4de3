namespace Ledger.Agents;

/// <summary>Somebody who spends, as the log knows it.</summary>
/// <param name="Id">Lower-case id.</param>
/// <param name="Name">Display name.</param>
/// <param name="Idle">What becomes of its time without a mission.</param>
public sealed record Agent(string Id, string Name, IdleRule Idle);
