using Ledger.Contracts;
using Ledger.Missions;
using Ledger.Service.Agents;
using Ledger.Service.Storage;
using Marten;
using Marten.Events;

namespace Ledger.Service.Missions;

/// <summary>Which mission somebody means: by id, by reference (several missions may share one), or by the beginning of one id.</summary>
public static class MissionLookup
{
    private const int candidatesMax = 50;
    private const int eventsPerPage = 2_000;

    private static readonly Type[] events =
        [typeof(MissionStarted), typeof(MissionEnded), typeof(MissionReopened), typeof(MissionWindowCorrected), typeof(MissionEdited), typeof(MissionCancelled)];

    /// <summary>The missions a selector names.</summary>
    /// <exception cref="Refused">None, or a beginning that fits several.</exception>
    public static async Task<IReadOnlyList<Mission>> MissionsNamed(this IQuerySession session, string selector, CancellationToken ct)
    {
        // A slash inside a path segment arrives as it was sent.
        var text = selector.Trim().Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (text.Length is 0 or > Mission.RefLengthMax || text.Contains('\0', StringComparison.Ordinal)) throw Unknown(text);
        if (await session.LoadAsync<Mission>(Mission.StreamOf(text), ct) is { } exact) return [exact];
        var wanted = Mission.Canonical(text);
        var sharing = await session.Query<Mission>().Where(m => m.RefKey == wanted).Take(Known.Max).ToListAsync(ct);
        if (sharing.Count > 0) return [.. sharing.OrderBy(m => m.Windows[0].Start).ThenBy(m => m.Id, StringComparer.Ordinal)];
        if (text.Length < 2) throw Unknown(text);
        var (begins, beginsWithoutPrefix) = (Mission.StreamOf(text), Mission.StreamOf("m-" + text));
        var beginning = await session.Query<Mission>().Where(m => m.Stream.StartsWith(begins) || m.Stream.StartsWith(beginsWithoutPrefix)).Take(candidatesMax).ToListAsync(ct);
        return beginning.Count switch
        {
            1 => beginning,
            0 => throw Unknown(text),
            _ => throw Ambiguous(beginning, $"{Names.Printable(text)} fits several missions.", text),
        };
    }

    /// <summary>The one mission meant.</summary>
    public static async Task<Mission> MissionMeant(this IQuerySession session, string selector, CancellationToken ct) =>
        await session.MissionsNamed(selector, ct) is var named && named is [var only] ? only : throw Ambiguous(named, $"{Names.Printable(selector)} is the reference of several missions.", selector);

    /// <summary>The mission to end: the one named (of several, the only open one), else the agent's only open one.</summary>
    public static async Task<Mission> MissionToEnd(this IQuerySession session, string? selector, string? agent, CancellationToken ct)
    {
        if (selector is not null)
        {
            var named = await session.MissionsNamed(selector, ct);
            if (agent is not null && named.Count > 1) named = [.. named.Where(m => m.Agents.Contains(agent))];
            if (named is [var only]) return only;
            return named.Where(m => m.IsOpen).ToArray() is [var open] ? open
                : throw Ambiguous(named, $"{Names.Printable(selector)} is the reference of several missions, and not exactly one is open.", selector);
        }
        var candidates = (await session.OpenMissions(ct)).Where(m => m.Agents.Contains(agent!)).OrderBy(m => m.LatestStart).ToArray();
        return candidates switch
        {
            [var one] => one,
            [] => throw new Refused("mission.none_open", $"No mission of {agent} is open."),
            _ => throw Ambiguous(candidates, $"{agent} is on several missions; name one.", agent),
        };
    }

    /// <summary>The missions that are open now.</summary>
    public static async Task<IReadOnlyList<Mission>> OpenMissions(this IQuerySession session, CancellationToken ct) =>
        await session.Query<Mission>().Where(m => m.IsOpen).Take(Known.Max).ToListAsync(ct);

    /// <summary>Missions as they stood at a position; of some streams only where streams are given. Those that came later are not among them.</summary>
    public static async Task<IReadOnlyCollection<Mission>> MissionsAt(this IQuerySession session, long position, string[]? streams, CancellationToken ct)
    {
        var stood = new Dictionary<string, Mission>(StringComparer.Ordinal);
        for (var read = 0L; ;)
        {
            var query = session.Events.QueryAllRawEvents().Where(e => e.Sequence > read && e.Sequence <= position && e.EventTypesAre(events));
            if (streams is not null) query = query.Where(e => e.StreamKey.IsOneOf(streams));
            var page = await query.OrderBy(e => e.Sequence).Take(eventsPerPage).ToListAsync(ct);
            foreach (var e in page)
            {
                read = e.Sequence;
                if (Mission.Fold(stood.GetValueOrDefault(e.StreamKey!), (ILedgerEvent)e.Data) is { } mission) stood[e.StreamKey!] = mission;
            }
            if (page.Count < eventsPerPage) return stood.Values;
        }
    }

    public static Refused Ambiguous(IEnumerable<Mission> candidates, string detail, string? value) =>
        new("mission.ambiguous", detail, "mission", value, [.. candidates.Take(candidatesMax).Select(m => $"{m.Id} \"{m.Title}\" ({m.State.ToString().ToLowerInvariant()} since {(m.Windows[^1].End ?? m.LatestStart).ToText()})")]);

    public static MissionSummary Summary(this KnownNames known, Mission m) => new(m.Id, m.Title, m.Ref, m.State, m.Windows[0].Start, m.Windows[^1].End, m.Windows, m.Agents, m.Weight)
    {
        AgentNames = known.NamesBeside(m.Agents),
    };

    /// <summary>The open missions that a mission's agents are on as well.</summary>
    public static IReadOnlyList<Overlap> Overlaps(this Known known, Mission mission, IReadOnlyList<Mission> open, DateTimeOffset now)
    {
        var overlaps = new List<Overlap>();
        foreach (var agent in mission.Agents)
            foreach (var other in open.Where(o => o.Id != mission.Id && o.Agents.Contains(agent)).OrderBy(o => o.LatestStart).Take(20))
                overlaps.Add(new(agent, other.Id, other.Title, other.LatestStart,
                    $"{known.NameBeside(agent) ?? agent} is still on {other.Id} \"{other.Title}\" since {Ago(now - other.LatestStart)}; spend is shared. `mission switch` ends it."));
        return overlaps;
    }

    private static Refused Unknown(string text) => new("mission.unknown", $"No mission has the id or reference {Names.Printable(text)}; `mission list` shows them.", "mission", text);

    private static string Ago(TimeSpan ago) =>
        ago.TotalDays >= 1 ? $"{(int)ago.TotalDays} d" : ago.TotalHours >= 1 ? $"{(int)ago.TotalHours} h" : ago.TotalMinutes >= 1 ? $"{(int)ago.TotalMinutes} min" : "just now";
}
