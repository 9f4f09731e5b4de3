using Ledger.Agents;
using Ledger.Contracts;
using Ledger.Keys;
using Ledger.Service.Accounts;
using Ledger.Service.Http;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Agents;

public static class AddAgentsFromKeysEndpoint
{
    private const int keysMax = 400;

    [WolverinePost("/api/v1/agents/from-keys"), Authorize(Policy = Scopes.Write)]
    public static async Task<AgentsFromKeys> Post(AddAgentsFromKeys request, Caller caller, IDocumentSession session, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var known = await session.Known(ct);
        var account = request.Account is null ? null : known.ConnectedAccount(request.Account).Id;
        var agents = new Dictionary<string, AgentSummary>(StringComparer.Ordinal);
        var assigned = new List<AssignedKey>();
        var skipped = new List<SkippedKey>();
        foreach (var key in known.Keys.Values.Where(k => k.Key.Length > 0 && (account is null || k.Account == account))
            .OrderBy(k => k.Account, StringComparer.Ordinal).ThenBy(k => k.Key, StringComparer.Ordinal))
        {
            if (WhyNot(key, assigned.Count) is { } why)
            {
                skipped.Add(new(key.Key, key.Name, why));
                continue;
            }
            var name = Agent.NameFromKey(key.Account.Split('-')[0], key.Name!);
            var id = known.Find(name)?.Id ?? Agent.IdOf(name);
            if (!agents.TryGetValue(id, out var owner))
            {
                try
                {
                    owner = await Owner(id, name, known, session, now, caller.Name, ct);
                }
                catch (Refused e)
                {
                    skipped.Add(new(key.Key, key.Name, e.Why.Detail));
                    continue;
                }
            }
            // Whoever assigns the key at the same moment wins or loses as a whole.
            var stream = await session.Events.FetchForWriting<KeyOwnership>(key.Stream, ct);
            stream.AppendOne(stream.Aggregate!.Assign([new(id, 1)], null, now, caller.Name));
            agents[id] = owner with { Keys = [.. owner.Keys, new(key.Account, key.Key, key.Name, 1)] };
            assigned.Add(new(key.Key, key.Name!, id));
        }
        return new([.. agents.Values], assigned, skipped);
    }

    /// <summary>The agent of a name, made where there is none.</summary>
    private static async Task<AgentSummary> Owner(string id, string name, Known known, IDocumentSession session, DateTimeOffset now, string by, CancellationToken ct)
    {
        if (known.Agents.TryGetValue(id, out var agent)) return new(id, agent.Name, agent.Idle, [], []);
        var added = Agent.Add(null, name, IdleRule.Shares, now, by);
        var stream = await session.Events.FetchForWriting<Agent>(Agent.StreamOf(id), ct);
        stream.AppendOne(added);
        return new(id, added.Name, added.Idle, [], []);
    }

    private static string? WhyNot(KeyOwnership key, int done) =>
        key.Assignments.Count > 0 ? "it was assigned before"
        : key.Name is null ? "billing gives it no name"
        : Names.WhyNot(key.Name) is { } why ? $"its name can't be an agent's: {why}"
        : done >= keysMax ? $"at most {keysMax} at once; call again"
        : null;
}
