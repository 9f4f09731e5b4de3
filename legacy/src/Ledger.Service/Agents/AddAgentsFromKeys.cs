using Ledger.Agents;
using Ledger.Keys;
using Ledger.Service.Accounts;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Agents;

/// <summary>Makes an agent of each key's name (without the provider in front) and gives it the key, from the beginning. Keys that have an owner are left alone.</summary>
internal sealed record AddAgentsFromKeys(string? Account);

internal sealed record AssignedKey(string Key, string Name, string Agent);

internal sealed record SkippedKey(string Key, string? Name, string Why);

internal sealed record FromKeysAnswer(IReadOnlyList<AgentBody> Agents, IReadOnlyList<AssignedKey> Assigned, IReadOnlyList<SkippedKey> Skipped, long? Position);

internal static class AddAgentsFromKeysEndpoint
{
    private const int keysMax = 400;

    public static Task<Answer> Post(AddAgentsFromKeys request, Command command, Journal journal, Registry registry, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var keys = await registry.AskCurrent(d =>
        {
            var account = request.Account is null ? null : AccountFinder.Connected(d, request.Account).Id;
            return d.Keys.Values.Where(k => k.Key.Length > 0 && (account is null || k.Account == account)).OrderBy(k => k.Account, StringComparer.Ordinal).ThenBy(k => k.Key, StringComparer.Ordinal).ToArray();
        }, ct);

        var agents = new Dictionary<string, AgentBody>(StringComparer.Ordinal);
        var assigned = new List<AssignedKey>();
        var skipped = new List<SkippedKey>();
        var streams = new Dictionary<string, (long Version, IReadOnlyList<ILedgerEvent> Events)>(StringComparer.Ordinal);
        foreach (var seen in keys)
        {
            var known = await registry.Key(seen.Account, seen.Key, ct);
            var key = known.State ?? seen;
            if (WhyNot(key, assigned.Count) is { } why)
            {
                skipped.Add(new(key.Key, key.Name, why));
                continue;
            }
            var name = Agent.NameFromKey(key.Account.Split('-')[0], key.Name!);
            var id = registry.Ask(d => AgentFinder.Find(d, name))?.Id ?? Agent.IdOf(name);
            if (!agents.TryGetValue(id, out var body))
            {
                var agent = await registry.Agent(id, ct);
                var added = agent.State is null ? Agent.Add(null, name, IdleRule.Shares, now, command.By) : Decision.Accept();
                if (added is Decision.Refused refused)
                {
                    skipped.Add(new(key.Key, key.Name, refused.Why.Detail));
                    continue;
                }
                streams[Agent.StreamOf(id)] = (agent.Version, added.Events());
                body = new(id, agent.State?.Name ?? name, agent.State?.Idle ?? IdleRule.Shares, [], []);
            }
            streams[KeyOwnership.StreamOf(key.Account, key.Key)] = (known.Version, key.Assign([new(id, 1)], null, now, command.By).Events());
            agents[id] = body with { Keys = [.. body.Keys, new(key.Account, key.Key, key.Name, 1)] };
            assigned.Add(new(key.Key, key.Name!, id));
        }

        var plan = new Plan(new FromKeysAnswer([.. agents.Values], assigned, skipped, null));
        foreach (var (stream, (version, events)) in streams)
            plan.Append(stream, version, events);
        return plan;
    }, ct);

    private static string? WhyNot(KeyOwnership key, int done) =>
        key.Assignments.Count > 0 ? "it was assigned before"
        : key.Name is null ? "billing gives it no name"
        : Names.WhyNot(key.Name) is { } why ? $"its name can't be an agent's: {why}"
        : done >= keysMax ? $"at most {keysMax} at once; call again"
        : null;
}
