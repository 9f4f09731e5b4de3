using System.Collections.Concurrent;
using Ledger.Missions;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Missions;

/// <summary>Which mission somebody means, and which agents.</summary>
internal sealed class MissionFinder(Registry registry, IEventLog log)
{
    private const int pageLength = 1_000;
    private const int readersMax = 4;

    /// <summary>The id of the one mission meant. An exact id is looked up in the log, so that it is found however far the views are.</summary>
    public async Task<string> Meant(string? selector, Func<AttributionContext, Mission> find, CancellationToken ct) =>
        selector is { Length: > 2 and <= 40 } && selector.StartsWith("m-", StringComparison.Ordinal) && (await registry.Mission(selector, ct)).State is not null
            ? selector
            : (await registry.AskCurrent(find, ct)).Id;

    /// <summary>The missions a selector names: an id, a reference (several missions may share one), or the beginning of one id.</summary>
    /// <exception cref="Refused">None, or a beginning that fits several.</exception>
    public static IReadOnlyList<Mission> Named(AttributionContext known, string selector)
    {
        // A slash inside a path segment arrives as it was sent.
        var text = selector.Trim().Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (known.Missions.TryGetValue(text, out var exact)) return [exact];
        var wanted = Canonical(text);
        var byRef = known.Missions.Values.Where(m => m.Ref is { } r && (r == text || Canonical(r) == wanted)).OrderBy(m => m.Windows[0].Start).ToArray();
        if (byRef.Length > 0) return byRef;
        var begins = text.Length >= 2 ? known.Missions.Values.Where(m => m.Id.StartsWith(text, StringComparison.Ordinal) || m.Id.StartsWith("m-" + text, StringComparison.Ordinal)).ToArray() : [];
        return begins.Length switch
        {
            1 => begins,
            0 => throw new Refused("mission.unknown", $"No mission has the id or reference {Names.Printable(text)}; `mission list` shows them.", "mission", text),
            _ => throw Ambiguous(begins, $"{Names.Printable(text)} fits several missions.", text),
        };
    }

    /// <summary>The one mission an edit means.</summary>
    public static Mission One(AttributionContext known, string selector) =>
        Named(known, selector) is [var only] ? only : throw Ambiguous(Named(known, selector), $"{Names.Printable(selector)} is the reference of several missions.", selector);

    /// <summary>The mission to end: the one named (of several, the only open one), else the agent's only open one.</summary>
    public static Mission ToEnd(AttributionContext known, string? selector, string? agent)
    {
        if (selector is not null)
        {
            var named = Named(known, selector);
            if (agent is not null && named.Count > 1) named = [.. named.Where(m => m.Agents.Contains(agent))];
            if (named is [var only]) return only;
            return named.Where(m => m.State == MissionState.Open).ToArray() is [var open] ? open
                : throw Ambiguous(named, $"{Names.Printable(selector)} is the reference of several missions, and not exactly one is open.", selector);
        }
        var candidates = known.Missions.Values.Where(m => m.State == MissionState.Open && m.Agents.Contains(agent!)).OrderBy(m => m.Windows[^1].Start).ToArray();
        return candidates switch
        {
            [var one] => one,
            [] => throw new Refused("mission.none_open", $"No mission of {agent} is open."),
            _ => throw Ambiguous(candidates, $"{agent} is on several missions; name one.", agent),
        };
    }

    /// <summary>The agents named, as ids; without any, the only agent there is.</summary>
    public async Task<IReadOnlyList<string>> Agents(IReadOnlyList<string>? names, CancellationToken ct)
    {
        if (names is { Count: > 0 })
        {
            var ids = new List<string>();
            foreach (var name in names)
                if (await Agent(name, "agents", ct) is var id && !ids.Contains(id))
                    ids.Add(id);
            return ids;
        }
        return [await OnlyAgent("agents", ct)];
    }

    /// <summary>The only agent there is, where none is named.</summary>
    public async Task<string> OnlyAgent(string field, CancellationToken ct)
    {
        var all = await registry.AskCurrent(d => d.Agents.Keys.Order(StringComparer.Ordinal).ToArray(), ct);
        return all switch
        {
            [var only] => only,
            [] => throw new Refused("agent.unknown", "There is no agent yet; `ledger agent add NAME` adds one.", field),
            _ => throw new Refused("agent.which", $"There are {all.Length} agents; say which works on it (--agent, or LEDGER_AGENT).", field, null, [.. all.Take(50)]),
        };
    }

    /// <summary>The id of an agent that exists, by its id or its name.</summary>
    public async Task<string> Agent(string name, string field, CancellationToken ct)
    {
        if (registry.Ask(d => AgentFinder.Find(d, name)) is { } found) return found.Id;
        // It may have been added or renamed just now.
        if (Names.WhyNot(name) is null && await registry.AskCurrent(d => AgentFinder.Find(d, name), ct) is { } late) return late.Id;
        throw new Refused("agent.unknown", $"There is no agent {Names.Printable(name)}; `ledger agent add` adds one.", field, name, registry.Ask(d => d.Agents.Keys.Order(StringComparer.Ordinal).Take(50).ToArray()));
    }

    /// <summary>Missions as they stood at a position, from their own streams; those that came later are not among them.</summary>
    public async Task<IReadOnlyCollection<Mission>> At(IReadOnlyList<string> ids, long position, CancellationToken ct)
    {
        var stood = new ConcurrentBag<Mission>();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = readersMax, CancellationToken = ct }, async (id, ct) =>
        {
            if (await At(id, position, ct) is { } mission) stood.Add(mission);
        });
        return stood;
    }

    private async Task<Mission?> At(string id, long position, CancellationToken ct)
    {
        Mission? mission = null;
        for (var version = 0L; ;)
        {
            var page = await log.ReadStream(Mission.StreamOf(id), version, pageLength, ct);
            foreach (var recorded in page)
            {
                if (recorded.Position > position) return mission;
                if (EventJson.Read(recorded) is { } happened) mission = Mission.Fold(mission, happened);
                version = recorded.Version;
            }
            if (page.Count < pageLength) return mission;
        }
    }

    public static Refused Ambiguous(IEnumerable<Mission> candidates, string detail, string? value) =>
        new("mission.ambiguous", detail, "mission", value, [.. candidates.Take(50).Select(m => $"{m.Id} \"{m.Title}\" ({m.State.ToString().ToLowerInvariant()} since {(m.Windows[^1].End ?? m.Windows[^1].Start).ToText()})")]);

    /// <summary>An issue's address and its short form are one reference: <c>https://host/owner/repo/issues/3</c> is <c>owner/repo#3</c>.</summary>
    private static string Canonical(string reference)
    {
        if (!Uri.TryCreate(reference, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) return reference;
        return url.AbsolutePath.Trim('/').Split('/') is [var owner, var repo, "issues" or "pull" or "pulls", var number] ? $"{owner}/{repo}#{number}" : reference;
    }
}
