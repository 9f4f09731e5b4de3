using System.Text.Json.Serialization;
using Ledger.Missions;
using Ledger.Service.Agents;
using Ledger.Service.Writing;

namespace Ledger.Service.Missions;

/// <summary>A mission as it is answered.</summary>
/// <param name="Id">Id.</param>
/// <param name="Title">Title.</param>
/// <param name="Ref">Issue URL or <c>owner/repo#n</c>, or null.</param>
/// <param name="State"><c>open</c>, <c>ended</c> or <c>cancelled</c>.</param>
/// <param name="Start">First edge.</param>
/// <param name="End">Last edge; null while it is open.</param>
/// <param name="Windows">Its time, in order.</param>
/// <param name="Agents">Who works on it.</param>
/// <param name="Weight">Its weight among an agent's missions open at once.</param>
internal sealed record MissionBody(
    string Id, string Title, string? Ref, MissionState State, DateTimeOffset Start, DateTimeOffset? End, IReadOnlyList<Window> Windows, IReadOnlyList<string> Agents, int Weight)
{
    /// <summary>What the agents are called, in their order, where that is not their ids.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AgentNames { get; init; }

    public static MissionBody Of(Mission m, Registry registry) => new(m.Id, m.Title, m.Ref, m.State, m.Windows[0].Start, m.Windows[^1].End, m.Windows, m.Agents, m.Weight)
    {
        AgentNames = registry.Ask(d => AgentFinder.NamesBeside(d, m.Agents)),
    };
}

/// <summary>An agent of a new mission that is still on another: their spend is shared.</summary>
internal sealed record Overlap(string Agent, string Mission, string Title, DateTimeOffset Since, string Text)
{
    public static IReadOnlyList<Overlap> Of(AttributionContext known, Mission mission, DateTimeOffset now)
    {
        var overlaps = new List<Overlap>();
        foreach (var agent in mission.Agents)
            foreach (var other in known.Missions.Values.Where(o => o.Id != mission.Id && o.State == MissionState.Open && o.Agents.Contains(agent)).OrderBy(o => o.Windows[^1].Start).Take(20))
            {
                var since = other.Windows[^1].Start;
                overlaps.Add(new(agent, other.Id, other.Title, since,
                    $"{AgentFinder.NameBeside(known, agent) ?? agent} is still on {other.Id} \"{other.Title}\" since {Ago(now - since)}; spend is shared. `mission switch` ends it."));
            }
        return overlaps;
    }

    private static string Ago(TimeSpan ago) =>
        ago.TotalDays >= 1 ? $"{(int)ago.TotalDays} d" : ago.TotalHours >= 1 ? $"{(int)ago.TotalHours} h" : ago.TotalMinutes >= 1 ? $"{(int)ago.TotalMinutes} min" : "just now";
}

/// <summary>What a bookmark answers.</summary>
/// <param name="Mission">The mission as it is now.</param>
/// <param name="Position">Position written.</param>
/// <param name="Overlaps">Missions that share its agents' spend from now on.</param>
/// <param name="Queued">Never here: only a client that could not reach the service queues.</param>
internal sealed record BookmarkAnswer(MissionBody Mission, long? Position, IReadOnlyList<Overlap> Overlaps, bool Queued);

/// <summary>What an edit answers.</summary>
/// <param name="Mission">The mission as it is now.</param>
/// <param name="Position">Position written.</param>
/// <param name="Moved">Dollars that the edit moved between parties; null when the views were not there in time.</param>
internal sealed record EditAnswer(MissionBody Mission, long? Position, Money.Usd? Moved);
