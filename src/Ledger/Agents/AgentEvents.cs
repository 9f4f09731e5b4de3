namespace Ledger.Agents;

/// <summary>Somebody who spends was added.</summary>
/// <param name="Agent">Id: lower-case name.</param>
/// <param name="Name">Name as given.</param>
/// <param name="Idle">What becomes of its time without a mission.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record AgentAdded(string Agent, string Name, IdleRule Idle, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>An agent was edited; null leaves a value as it was.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Name">New display name.</param>
/// <param name="Idle">New rule.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record AgentEdited(string Agent, string? Name, IdleRule? Idle, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>What becomes of spend in an agent's time without a mission.</summary>
public enum IdleRule
{
    /// <summary>Idle time carries its share, as <c>(idle)</c>.</summary>
    Shares,

    /// <summary>The agent spends on missions only: its idle part of a stretch goes to its own missions there.</summary>
    Yields,
}
