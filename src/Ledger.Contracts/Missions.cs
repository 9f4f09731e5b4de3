using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Spend;

namespace Ledger.Contracts;

/// <summary>Opens a mission's first window and asks for a reading there: <c>POST /api/v1/missions</c>.</summary>
/// <param name="Title">Title.</param>
/// <param name="Ref">Issue URL or <c>owner/repo#n</c>.</param>
/// <param name="Agents">Who works on it; without any, the only agent there is.</param>
/// <param name="At">When; without it, now.</param>
/// <param name="Weight">Its weight among an agent's missions open at once, 1 to 1,000,000; 1 without it.</param>
public sealed record StartMission(string? Title, string? Ref, IReadOnlyList<string>? Agents, string? At, int? Weight);

/// <summary>Ends a mission's open window and asks for a reading there: <c>POST /api/v1/missions/end</c>.</summary>
/// <param name="Mission">Id or reference; without it, the agent's only open mission.</param>
/// <param name="Agent">Whose mission; without a mission and an agent, that of the only agent there is.</param>
/// <param name="At">When; without it, now.</param>
public sealed record EndMission(string? Mission, string? Agent, string? At);

/// <summary>Ends what the agents are on and starts the next mission at the same instant: <c>POST /api/v1/missions/switch</c>.</summary>
/// <param name="Title">Title of the next mission.</param>
/// <param name="Ref">Its reference.</param>
/// <param name="Agents">Who works on it; without any, those of <paramref name="Mission"/>, or the only agent there is.</param>
/// <param name="At">When; without it, now.</param>
/// <param name="Mission">The mission to leave; without it, the one each agent is on.</param>
/// <param name="Weight">Weight of the next mission.</param>
public sealed record SwitchMission(string? Title, string? Ref, IReadOnlyList<string>? Agents, string? At, string? Mission, int? Weight);

/// <summary>Goes on with an ended mission in another window: <c>POST /api/v1/missions/{id}/reopen</c>.</summary>
/// <param name="At">When; without it, now.</param>
public sealed record ReopenMission(string? At);

/// <summary>
/// Moves a mission's first or last edge, or changes its title, reference, agents or weight; its lines are allocated anew:
/// <c>PATCH /api/v1/missions/{id}</c>. What is left out stays.
/// </summary>
/// <param name="Start">New first edge.</param>
/// <param name="End">New last edge.</param>
/// <param name="Title">New title.</param>
/// <param name="Ref">New reference; empty: none.</param>
/// <param name="Agents">New agents.</param>
/// <param name="Weight">New weight.</param>
public sealed record EditMission(string? Start, string? End, string? Title, string? Ref, IReadOnlyList<string>? Agents, int? Weight);

/// <summary>Counts a mission as never begun; its spend goes back to whom it came from: <c>POST /api/v1/missions/{id}/cancel</c>.</summary>
public sealed record CancelMission;

/// <summary>A mission.</summary>
/// <param name="Id">Id.</param>
/// <param name="Title">Title.</param>
/// <param name="Ref">Issue URL or <c>owner/repo#n</c>, or null.</param>
/// <param name="State"><c>open</c>, <c>ended</c> or <c>cancelled</c>.</param>
/// <param name="Start">First edge.</param>
/// <param name="End">Last edge; null while it is open.</param>
/// <param name="Windows">Its time, in order.</param>
/// <param name="Agents">Who works on it.</param>
/// <param name="Weight">Its weight among an agent's missions open at once.</param>
public sealed record MissionSummary(
    string Id, string Title, string? Ref, MissionState State, DateTimeOffset Start, DateTimeOffset? End, IReadOnlyList<Window> Windows, IReadOnlyList<string> Agents, int Weight)
{
    /// <summary>What the agents are called, in their order, where that is not their ids.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AgentNames { get; init; }
}

/// <summary>An agent of a mission that is still on another: their spend is shared.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Mission">The other mission.</param>
/// <param name="Title">Its title.</param>
/// <param name="Since">Since when it is open.</param>
/// <param name="Text">The same in a sentence.</param>
public sealed record Overlap(string Agent, string Mission, string Title, DateTimeOffset Since, string Text);

/// <summary>What a bookmark answers.</summary>
/// <param name="Mission">The mission as it is now.</param>
/// <param name="Overlaps">Missions that share its agents' spend from now on.</param>
/// <param name="Queued">Never here: only a client that could not reach the service queues.</param>
/// <param name="Notes">What else somebody should know; null: nothing.</param>
public sealed record BookmarkAnswer(
    MissionSummary Mission, IReadOnlyList<Overlap> Overlaps, bool Queued, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null);

/// <summary>What a switch answers.</summary>
/// <param name="Ended">The missions it ended.</param>
/// <param name="Mission">The mission it started.</param>
/// <param name="Overlaps">Missions that share its agents' spend from now on.</param>
/// <param name="Queued">Never here: only a client that could not reach the service queues.</param>
/// <param name="Notes">What else somebody should know; null: nothing.</param>
public sealed record SwitchAnswer(
    IReadOnlyList<MissionSummary> Ended, MissionSummary Mission, IReadOnlyList<Overlap> Overlaps, bool Queued, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null);

/// <summary>What an edit of a mission answers.</summary>
/// <param name="Mission">The mission as it is now.</param>
/// <param name="Moved">Dollars that the edit moved between parties, as the books stood when it was made; null when the views were not there in time.</param>
public sealed record MissionEdit(MissionSummary Mission, Usd? Moved);

/// <summary>Missions with their figures, the latest first: <c>GET /api/v1/missions</c>.</summary>
/// <param name="Missions">The missions.</param>
/// <param name="More">There are more than were asked for.</param>
/// <param name="Cancelled">How many cancelled ones were left out: with <c>state=uncancelled</c> all there are, else 0.</param>
/// <param name="AsOf">Where it stands.</param>
/// <param name="Data">How far it can be relied on.</param>
public sealed record MissionList(IReadOnlyList<ListedMission> Missions, bool More, long Cancelled, AsOfSummary AsOf, DataSummary Data);

/// <summary>A mission in a list.</summary>
/// <param name="Id">Id.</param>
/// <param name="Title">Title.</param>
/// <param name="Ref">Issue URL or <c>owner/repo#n</c>, or null.</param>
/// <param name="State"><c>open</c>, <c>ended</c> or <c>cancelled</c>.</param>
/// <param name="Start">First edge.</param>
/// <param name="End">Last edge; null while it is open.</param>
/// <param name="Windows">Its time, in order.</param>
/// <param name="Agents">Who works on it.</param>
/// <param name="Weight">Its weight among an agent's missions open at once.</param>
/// <param name="Billed">Its part of the bill; null: unknown.</param>
/// <param name="Low">The least it can be.</param>
/// <param name="High">The most it can be.</param>
/// <param name="Reason">Why the cost is unknown: <c>no_key</c>.</param>
public sealed record ListedMission(
    string Id, string Title, string? Ref, MissionState State, DateTimeOffset Start, DateTimeOffset? End, IReadOnlyList<Window> Windows, IReadOnlyList<string> Agents, int Weight,
    Usd? Billed, Usd? Low, Usd? High, string? Reason)
{
    /// <summary>What the agents are called, in their order, where that is not their ids.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AgentNames { get; init; }
}

/// <summary>What a mission cost, with bounds: <c>GET /api/v1/missions/cost</c>. A reference that several missions share answers their sum and lists them.</summary>
/// <param name="Mission">The mission; null: a sum.</param>
/// <param name="Currency"><c>USD</c>.</param>
/// <param name="Billed">Its part of the bill; null: unknown.</param>
/// <param name="Low">The least it can be.</param>
/// <param name="High">The most it can be.</param>
/// <param name="Reason">Why the cost is unknown: <c>no_key</c>.</param>
/// <param name="Methods">How the parts came to it; adds up to billed.</param>
/// <param name="Restated">By how much restatements changed it.</param>
/// <param name="By">Rows with their group's values and <c>billed</c>.</param>
/// <param name="AsOf">Where it stands.</param>
/// <param name="Data">How far it can be relied on.</param>
public sealed record MissionCost(
    MissionSummary? Mission, string Currency, Usd? Billed, Usd? Low, Usd? High, string? Reason, IReadOnlyDictionary<string, Usd> Methods, Usd Restated,
    IReadOnlyList<JsonObject> By, AsOfSummary AsOf, DataSummary Data)
{
    /// <summary>The missions of a reference that several share; the figures above are their sum.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MissionCost>? Missions { get; init; }

    /// <summary>Of a sum: it lacks missions, those whose cost is unknown (their <c>reason</c> says why) or those that are <c>more</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Partial { get; init; }

    /// <summary>What makes an exact figure less sure than it looks, in sentences: a clock that differs from the provider's. Left out where there is nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>The time zone of the days in the rows, by its IANA name. Left out where the rows have none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Zone { get; init; }

    /// <summary>Of a sum: more missions share the reference than are listed and summed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? More { get; init; }
}

/// <summary>A mission's cost line by line, down to the provider's own figures: <c>GET /api/v1/missions/explain</c>.</summary>
/// <param name="Mission">The mission.</param>
/// <param name="Billed">Its part of the bill; null: unknown.</param>
/// <param name="Low">The least it can be.</param>
/// <param name="High">The most it can be.</param>
/// <param name="Reason">Why the cost is unknown: <c>no_key</c>.</param>
/// <param name="Lines">The lines it carries or can claim, the largest part first.</param>
/// <param name="More">There are more than were asked for.</param>
/// <param name="AsOf">Where it stands.</param>
/// <param name="Data">How far it can be relied on.</param>
public sealed record MissionExplanation(
    MissionSummary Mission, Usd? Billed, Usd? Low, Usd? High, string? Reason, IReadOnlyList<MissionLine> Lines, bool More, AsOfSummary AsOf, DataSummary Data);

/// <summary>A line of an explanation.</summary>
/// <param name="Account">The account's label.</param>
/// <param name="Key">Key id, or null.</param>
/// <param name="KeyName">The key's name in billing.</param>
/// <param name="Start">Start of the bucket.</param>
/// <param name="Seconds">Length of the bucket.</param>
/// <param name="Model">Model, or null.</param>
/// <param name="Unit">Unit, or null.</param>
/// <param name="LineTotal">What the provider says the line cost.</param>
/// <param name="Billed">The mission's part.</param>
/// <param name="Low">The least it can be.</param>
/// <param name="High">The most it can be.</param>
/// <param name="Parts">Who carries what of it; adds up to the line's total.</param>
/// <param name="Readings">What the provider said, reading by reading.</param>
public sealed record MissionLine(
    string Account, string? Key, string? KeyName, DateTimeOffset Start, int Seconds, string? Model, string? Unit, Usd LineTotal, Usd Billed, Usd Low, Usd High,
    IReadOnlyList<LinePart> Parts, IReadOnlyList<LineReading> Readings);

/// <summary>A part of a line.</summary>
/// <param name="Mission">A mission's id, <c>(idle)</c> or <c>(unassigned)</c>.</param>
/// <param name="Agent">The agent, or null.</param>
/// <param name="Method">How it came there.</param>
/// <param name="Billed">How much.</param>
public sealed record LinePart(string Mission, string? Agent, Method Method, Usd Billed);

/// <summary>What the provider said of a line, once.</summary>
/// <param name="Position">Position of the snapshot that holds it.</param>
/// <param name="Event">Id of the snapshot event.</param>
/// <param name="Asked">When it counts as asked.</param>
/// <param name="Answered">When it counts as answered.</param>
/// <param name="Total">The total it gave.</param>
/// <param name="Replaces">The total it replaced, or null.</param>
/// <param name="Raw">The figure's text on the wire.</param>
/// <param name="Withdrawn">The line vanished.</param>
/// <param name="Evidence">When a rise can have happened.</param>
/// <param name="SettlementLag">How late figures were taken to settle when the evidence was judged.</param>
public sealed record LineReading(
    long Position, Guid Event, DateTimeOffset Asked, DateTimeOffset Answered, Usd Total, Usd? Replaces, string Raw, bool Withdrawn, Interval Evidence, SettlementLagSummary SettlementLag);

/// <summary>How a mission's cost changed between two positions: <c>GET /api/v1/missions/diff</c>.</summary>
/// <param name="Mission">The mission at the later position.</param>
/// <param name="From">The earlier position.</param>
/// <param name="To">The later position.</param>
/// <param name="Change">By how much it changed.</param>
/// <param name="Moved">The part that edits of history moved.</param>
/// <param name="Refined">The part that smaller buckets of the provider told more finely.</param>
/// <param name="Billed">The part that is new or was restated.</param>
/// <param name="By">The parts by agent, model and unit.</param>
/// <param name="Counterparts">Where moved money came from (negative) or went to.</param>
/// <param name="AsOf">Where it stands.</param>
/// <param name="Data">How far it can be relied on.</param>
public sealed record MissionDiff(
    MissionSummary Mission, DiffEnd From, DiffEnd To, Usd Change, Usd Moved, Usd Refined, Usd Billed, IReadOnlyList<MissionDiffRow> By, IReadOnlyList<DiffCounterpart> Counterparts,
    AsOfSummary AsOf, DataSummary Data);

/// <summary>An end of a difference.</summary>
/// <param name="Position">The position.</param>
/// <param name="Time">When that event was recorded.</param>
/// <param name="Billed">The mission's cost there; null: unknown.</param>
/// <param name="Low">The least it can have been.</param>
/// <param name="High">The most it can have been.</param>
public sealed record DiffEnd(long Position, DateTimeOffset? Time, Usd? Billed, Usd? Low, Usd? High);

/// <summary>A row of a difference.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Model">The model, or null.</param>
/// <param name="Unit">The unit type, or null.</param>
/// <param name="Moved">Moved by edits.</param>
/// <param name="Refined">Told more finely.</param>
/// <param name="Billed">New or restated.</param>
public sealed record MissionDiffRow(string Agent, string? Model, string? Unit, Usd Moved, Usd Refined, Usd Billed);

/// <summary>Who gave or got what edits moved.</summary>
/// <param name="Party">A mission's id, <c>(idle)</c> or <c>(unassigned)</c>.</param>
/// <param name="Agent">The agent, or null.</param>
/// <param name="Moved">Negative: gave.</param>
public sealed record DiffCounterpart(string Party, string? Agent, Usd Moved);
