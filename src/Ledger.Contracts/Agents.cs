using Ledger.Agents;

namespace Ledger.Contracts;

/// <summary>Adds somebody who spends: <c>POST /api/v1/agents</c>.</summary>
/// <param name="Name">Its name; the id follows from it.</param>
/// <param name="Idle"><c>shares</c> (default) or <c>yields</c>: what becomes of its time without a mission.</param>
public sealed record AddAgent(string? Name, string? Idle);

/// <summary>Renames an agent, or changes what becomes of its time without a mission: <c>PATCH /api/v1/agents/{id}</c>. What is left out stays.</summary>
/// <param name="Name">New name; the id stays.</param>
/// <param name="Idle"><c>shares</c> or <c>yields</c>.</param>
public sealed record EditAgent(string? Name, string? Idle);

/// <summary>
/// Makes an agent of each key's name (without the provider in front) and gives it the key, from the beginning; keys that have an owner are
/// left alone: <c>POST /api/v1/agents/from-keys</c>.
/// </summary>
/// <param name="Account">Label or id of one account; without it, the keys of all.</param>
public sealed record AddAgentsFromKeys(string? Account);

/// <summary>What became of the keys.</summary>
/// <param name="Agents">The agents that own keys now which nobody owned before.</param>
/// <param name="Assigned">The keys that were assigned.</param>
/// <param name="Skipped">The keys that were not.</param>
public sealed record AgentsFromKeys(IReadOnlyList<AgentSummary> Agents, IReadOnlyList<AssignedKey> Assigned, IReadOnlyList<SkippedKey> Skipped);

/// <summary>A key that was assigned.</summary>
/// <param name="Key">Key id.</param>
/// <param name="Name">Its name in billing.</param>
/// <param name="Agent">Who owns it now.</param>
public sealed record AssignedKey(string Key, string Name, string Agent);

/// <summary>A key that was left alone.</summary>
/// <param name="Key">Key id.</param>
/// <param name="Name">Its name in billing, or null.</param>
/// <param name="Why">Why.</param>
public sealed record SkippedKey(string Key, string? Name, string Why);

/// <summary>An agent.</summary>
/// <param name="Id">Id.</param>
/// <param name="Name">Name.</param>
/// <param name="Idle">What becomes of its time without a mission.</param>
/// <param name="Keys">The keys it owns now.</param>
/// <param name="OpenMissions">The missions it is on.</param>
public sealed record AgentSummary(string Id, string Name, IdleRule Idle, IReadOnlyList<OwnedKey> Keys, IReadOnlyList<string> OpenMissions);

/// <summary>A key that an agent owns now.</summary>
/// <param name="Account">Account id.</param>
/// <param name="Key">Key id.</param>
/// <param name="Name">What the provider calls it; null when it gave no name.</param>
/// <param name="Weight">Its weight among the key's owners.</param>
public sealed record OwnedKey(string Account, string Key, string? Name, int Weight);

/// <summary>What a command about one agent answers.</summary>
public sealed record AgentAnswer(AgentSummary Agent);

/// <summary>All agents: <c>GET /api/v1/agents</c>.</summary>
public sealed record AgentList(IReadOnlyList<AgentSummary> Agents);
