using Ledger.Agents;

namespace Ledger.Contracts;

/// <summary>Adds somebody who spends: <c>POST /api/v1/agents</c>.</summary>
/// <param name="Name">Its name; the id follows from it.</param>
/// <param name="Idle"><c>shares</c> (default) or <c>yields</c>: what becomes of its time without a mission.</param>
public sealed record AddAgent(string? Name, string? Idle);

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
