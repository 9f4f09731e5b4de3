using Ledger.Agents;
using Ledger.Contracts;
using Ledger.Missions;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Agents;

/// <summary>Which agent somebody means: by id, or by the name it has now; case and spaces don't matter. An id comes first.</summary>
public static class AgentLookup
{
    private const int candidatesMax = 50;

    /// <summary>The agent; null when there is none, or two have that name.</summary>
    public static Agent? Find(this Known known, string text)
    {
        if (Names.WhyNot(text) is not null) return null;
        var id = Agent.IdOf(text);
        if (known.Agents.TryGetValue(id, out var exact)) return exact;
        return known.Agents.Values.Where(a => Agent.IdOf(a.Name) == id).Take(2).ToArray() is [var only] ? only : null;
    }

    /// <summary>The id of an agent that exists.</summary>
    public static string AgentId(this Known known, string name, string field) => known.Find(name)?.Id
        ?? throw new Refused("agent.unknown", $"There is no agent {Names.Printable(name)}; `ledger agent add` adds one.", field, name, [.. known.Agents.Keys.Order(StringComparer.Ordinal).Take(candidatesMax)]);

    /// <summary>The only agent there is, where none is named.</summary>
    public static string OnlyAgentId(this Known known, string field) => known.Agents.Keys.Order(StringComparer.Ordinal).ToArray() switch
    {
        [var only] => only,
        [] => throw new Refused("agent.unknown", "There is no agent yet; `ledger agent add NAME` adds one.", field),
        var all => throw new Refused("agent.which", $"There are {all.Length} agents; say which works on it (--agent, or LEDGER_AGENT).", field, null, [.. all.Take(candidatesMax)]),
    };

    /// <summary>The agents named, as ids; without any, the only agent there is.</summary>
    public static IReadOnlyList<string> AgentIds(this Known known, IReadOnlyList<string>? names, string field) =>
        names is { Count: > 0 } ? [.. names.Select(n => known.AgentId(n, field)).Distinct(StringComparer.Ordinal)] : [known.OnlyAgentId(field)];

    /// <summary>What an agent is called, where that is not its id.</summary>
    public static string? NameBeside(this KnownNames known, string? id) => id is not null && known.Agents.TryGetValue(id, out var agent) && agent.Name != id ? agent.Name : null;

    /// <summary>What the agents are called, in their order; null where all are called by their ids.</summary>
    public static IReadOnlyList<string>? NamesBeside(this KnownNames known, IReadOnlyList<string> ids) =>
        ids.Any(id => known.NameBeside(id) is not null) ? [.. ids.Select(id => known.NameBeside(id) ?? id)] : null;

    /// <summary>Refuses a name that means another agent already: were there two, nobody could say whom it means.</summary>
    public static async Task RefuseNamesake(this IQuerySession session, string name, string of, CancellationToken ct)
    {
        var known = await session.Known(ct);
        var id = Agent.IdOf(name);
        var other = id != of && known.Agents.TryGetValue(id, out var exact) ? exact : known.Agents.Values.FirstOrDefault(a => a.Id != of && Agent.IdOf(a.Name) == id);
        if (other is not null)
            throw new Refused("agent.exists", $"The agent {other.Id} is called {Names.Printable(other.Name)} already; two of one name could not be told apart.", "name", name);
    }

    public static IdleRule? Rule(string? word) => word switch { "yields" => IdleRule.Yields, "shares" => IdleRule.Shares, _ => null };

    public static AgentSummary Summary(this Known known, Agent agent, IReadOnlyList<Mission> open, DateTimeOffset now) => new(
        agent.Id, agent.Name, agent.Idle,
        [
            .. known.Keys.Values.SelectMany(k => k.OwnersAt(now).Where(o => o.Agent == agent.Id).Select(o => new OwnedKey(k.Account, k.Key, k.Name, o.Weight)))
                .OrderBy(k => k.Account, StringComparer.Ordinal).ThenBy(k => k.Key, StringComparer.Ordinal),
        ],
        [.. open.Where(m => m.Agents.Contains(agent.Id)).Select(m => m.Id).Order(StringComparer.Ordinal)]);
}
