using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;

namespace Ledger.Spend;

/// <summary>
/// Who owned which key when and whose mission was open when, folded from the log up to a position. Says which stretches of which
/// keys an event touched, so that only their lines are allocated anew.
/// </summary>
public sealed class AttributionContext
{
    private readonly Dictionary<string, Agent> agents = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Account, string Key), KeyOwnership> keys = [];
    private readonly Dictionary<string, Mission> missions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AccountName> accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WindowIndex> windowsByAgent = new(StringComparer.Ordinal);

    /// <summary>All agents by id.</summary>
    public IReadOnlyDictionary<string, Agent> Agents => agents;

    /// <summary>All keys that were seen or assigned.</summary>
    public IReadOnlyDictionary<(string Account, string Key), KeyOwnership> Keys => keys;

    /// <summary>All missions by id.</summary>
    public IReadOnlyDictionary<string, Mission> Missions => missions;

    /// <summary>What people call the accounts, by id.</summary>
    public IReadOnlyDictionary<string, AccountName> Accounts => accounts;

    /// <summary>Takes the state of something as it was saved before: the log is not read again.</summary>
    public void Restore(Agent agent) => agents[agent.Id] = agent;

    /// <inheritdoc cref="Restore(Agent)"/>
    public void Restore(KeyOwnership key) => Put(key);

    /// <inheritdoc cref="Restore(Agent)"/>
    public void Restore(Mission mission) => Put(mission);

    /// <inheritdoc cref="Restore(Agent)"/>
    public void Restore(AccountName account) => accounts[account.Id] = account;

    /// <summary>Folds one event and answers what it touched. Events of other things touch nothing.</summary>
    public IReadOnlyList<Touched> Apply(ILedgerEvent happened)
    {
        switch (happened)
        {
            case AccountConnected e:
                accounts[e.Account] = new(e.Account, e.Label);
                return [];

            case AccountEdited { Label: { } label } e:
                accounts[e.Account] = new(e.Account, label);
                return [];

            case AgentAdded e:
                agents[e.Agent] = Agent.Fold(agents.GetValueOrDefault(e.Agent), e)!;
                return [];

            case AgentEdited e when agents.TryGetValue(e.Agent, out var agent):
                agents[e.Agent] = Agent.Fold(agent, e)!;
                return e.Idle is { } rule && rule != agent.Idle ? KeysOf([e.Agent], [Interval.Always]) : [];

            case KeySeen e:
                Put(KeyOwnership.Fold(Ownership(e.Account, e.Key), e)!);
                return [];

            case KeyAssigned e:
                return Assign(e);

            case IMissionEvent e:
                return Change(e.Mission, e);

            default:
                return [];
        }
    }

    /// <summary>The ownership of a key; nobody's when it was never assigned.</summary>
    public KeyOwnership Ownership(string account, string? key) =>
        keys.TryGetValue((account, key ?? ""), out var known) ? known : KeyOwnership.Of(account, key);

    /// <summary>What becomes of an agent's idle time; an agent that the log does not know shares.</summary>
    internal IdleRule IdleOf(string agent) => agents.TryGetValue(agent, out var known) ? known.Idle : IdleRule.Shares;

    /// <summary>The mission windows of an agent that share time with a stretch.</summary>
    internal void CollectWindows(string agent, Interval stretch, List<(Interval Interval, Mission Mission)> into)
    {
        if (windowsByAgent.TryGetValue(agent, out var index)) index.CollectMeeting(stretch, into);
    }

    /// <summary>Whether one of the mission's agents owned a key at some time of its windows. If not, its cost is unknown, not 0.</summary>
    public bool OwnedAnyKey(Mission mission)
    {
        foreach (var key in keys.Values)
            foreach (var span in mission.Intervals)
                foreach (var (_, owners) in key.Stretches(span))
                    if (owners.Any(o => mission.Agents.Contains(o.Agent)))
                        return true;
        return false;
    }

    private List<Touched> Assign(KeyAssigned e)
    {
        var from = e.From ?? DateTimeOffset.MinValue;
        var after = KeyOwnership.Fold(Ownership(e.Account, e.Key), e)!;
        Put(after);
        var next = after.Assignments.FirstOrDefault(a => a.From > from)?.From ?? DateTimeOffset.MaxValue;
        return [new(e.Account, e.Key, new(from, next))];
    }

    private List<Touched> Change(string id, ILedgerEvent happened)
    {
        var before = missions.GetValueOrDefault(id);
        var after = Mission.Fold(before, happened);
        if (after is null || after == before) return [];
        Put(after);
        if (before is null) return KeysOf(after.Agents, after.Intervals);
        var samePeople = before.Weight == after.Weight && before.Agents.Order(StringComparer.Ordinal).SequenceEqual(after.Agents.Order(StringComparer.Ordinal));
        return samePeople
            ? KeysOf(after.Agents, Difference([.. before.Intervals], [.. after.Intervals]))
            : KeysOf([.. before.Agents.Union(after.Agents, StringComparer.Ordinal)], [.. before.Intervals, .. after.Intervals]);
    }

    /// <summary>The stretches that only one of both lists covers.</summary>
    private static List<Interval> Difference(List<Interval> a, List<Interval> b)
    {
        var edges = new SortedSet<DateTimeOffset>(a.Concat(b).SelectMany(s => new[] { s.Start, s.End })).ToArray();
        var result = new List<Interval>();
        for (var i = 0; i + 1 < edges.Length; i++)
        {
            var piece = new Interval(edges[i], edges[i + 1]);
            if (a.Any(s => s.Meets(piece)) != b.Any(s => s.Meets(piece))) result.Add(piece);
        }
        return result;
    }

    private List<Touched> KeysOf(IReadOnlyList<string> who, IEnumerable<Interval> when)
    {
        var result = new List<Touched>();
        var stretches = when.ToArray();
        foreach (var key in keys.Values)
            foreach (var stretch in stretches)
                foreach (var (owned, owners) in key.Stretches(stretch))
                    if (owners.Any(o => who.Contains(o.Agent)))
                        result.Add(new(key.Account, key.Key, owned));
        return result;
    }

    private void Put(KeyOwnership key) => keys[(key.Account, key.Key)] = key;

    private void Put(Mission mission)
    {
        if (missions.TryGetValue(mission.Id, out var before))
            foreach (var agent in before.Agents)
                if (windowsByAgent.TryGetValue(agent, out var index))
                    index.Remove(before);
        missions[mission.Id] = mission;
        foreach (var agent in mission.Agents)
        {
            if (!windowsByAgent.TryGetValue(agent, out var index)) windowsByAgent[agent] = index = new();
            index.Add(mission);
        }
    }
}

/// <summary>What people call an account.</summary>
/// <param name="Id">Account id.</param>
/// <param name="Label">Its label.</param>
public sealed record AccountName(string Id, string Label);

/// <summary>A stretch of a key whose lines may be shared otherwise now.</summary>
/// <param name="Account">The account.</param>
/// <param name="Key">The key; empty for spend that billing names no key for.</param>
/// <param name="Stretch">Lines whose bucket shares time with it.</param>
public readonly record struct Touched(string Account, string Key, Interval Stretch);
