using Ledger.Agents;

namespace Ledger.Service.Agents;

/// <summary>Which agent somebody means: by id, or by the name it has now; case and spaces don't matter. An id comes first.</summary>
internal static class AgentFinder
{
    /// <summary>The agent; null when there is none, or two have that name.</summary>
    public static Agent? Find(AttributionContext known, string text)
    {
        if (Names.WhyNot(text) is not null) return null;
        var id = Agent.IdOf(text);
        if (known.Agents.TryGetValue(id, out var exact)) return exact;
        return Named(known, id).Take(2).ToArray() is [var only] ? only : null;
    }

    /// <summary>Another agent that is called so already, by id or name: were there two, nobody could say whom a name means.</summary>
    public static Agent? Namesake(AttributionContext known, string name, string of)
    {
        var id = Agent.IdOf(name);
        if (id != of && known.Agents.TryGetValue(id, out var exact)) return exact;
        return Named(known, id).FirstOrDefault(a => a.Id != of);
    }

    /// <summary>What an agent is called, where that is not its id.</summary>
    public static string? NameBeside(AttributionContext known, string? id) =>
        id is not null && known.Agents.TryGetValue(id, out var agent) && agent.Name != id ? agent.Name : null;

    /// <summary>What the agents are called, in their order; null where all are called by their ids.</summary>
    public static IReadOnlyList<string>? NamesBeside(AttributionContext known, IReadOnlyList<string> ids) =>
        ids.Any(id => NameBeside(known, id) is not null) ? [.. ids.Select(id => NameBeside(known, id) ?? id)] : null;

    private static IEnumerable<Agent> Named(AttributionContext known, string id) => known.Agents.Values.Where(a => Agent.IdOf(a.Name) == id);
}
