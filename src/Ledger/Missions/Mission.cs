using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Ledger.Missions;

/// <summary>Something that happened to a mission.</summary>
public interface IMissionEvent : ILedgerEvent
{
    /// <summary>The mission's id.</summary>
    string Mission { get; }
}

/// <summary>A mission started: its first window opens.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Title">Title.</param>
/// <param name="Ref">Issue URL or <c>owner/repo#n</c>; null when there is none.</param>
/// <param name="Agents">Who works on it.</param>
/// <param name="Weight">Its weight among an agent's missions open at once, 1 to 1,000,000.</param>
/// <param name="Start">First instant of the window.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionStarted(
    string Mission, string Title, string? Ref, IReadOnlyList<string> Agents, int Weight, DateTimeOffset Start, DateTimeOffset At, string? By) : IMissionEvent;

/// <summary>The open window ends.</summary>
/// <param name="Mission">Id.</param>
/// <param name="End">First instant after the window.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionEnded(string Mission, DateTimeOffset End, DateTimeOffset At, string? By) : IMissionEvent;

/// <summary>An ended mission goes on: another window opens.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Start">First instant of the new window.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionReopened(string Mission, DateTimeOffset Start, DateTimeOffset At, string? By) : IMissionEvent;

/// <summary>The first start or the last end was wrong; null leaves an edge where it was.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Start">New first edge.</param>
/// <param name="End">New last edge.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionWindowCorrected(string Mission, DateTimeOffset? Start, DateTimeOffset? End, DateTimeOffset At, string? By) : IMissionEvent;

/// <summary>What a mission is called, refers to, weighs or who works on it was edited; null leaves a value as it was.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Title">New title.</param>
/// <param name="Ref">New reference; empty: none.</param>
/// <param name="Agents">New agents.</param>
/// <param name="Weight">New weight.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionEdited(
    string Mission, string? Title, string? Ref, IReadOnlyList<string>? Agents, int? Weight, DateTimeOffset At, string? By) : IMissionEvent;

/// <summary>The mission counts as never begun: it has no windows any more, and its spend goes back to whom it came from.</summary>
/// <param name="Mission">Id.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionCancelled(string Mission, DateTimeOffset At, string? By) : IMissionEvent;

/// <summary>A piece of work, its agents and its time: disjoint half-open windows in order.</summary>
public sealed partial record Mission
{
    /// <summary>An instant further ahead than this is refused.</summary>
    public static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(10);

    /// <summary>Longest reference.</summary>
    public const int RefLengthMax = 500;

    /// <summary>Most agents on a mission.</summary>
    public const int AgentsMax = 100;

    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>Title.</summary>
    public required string Title { get; init; }

    /// <summary>Issue URL or <c>owner/repo#n</c>; null when there is none.</summary>
    public string? Ref { get; init; }

    /// <summary>Who works on it.</summary>
    public required IReadOnlyList<string> Agents { get; init; }

    /// <summary>Its weight among an agent's missions open at once.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Its windows in order; the last is open while its end is null. Kept as they were when the mission is cancelled.</summary>
    public required IReadOnlyList<Window> Windows { get; init; }

    /// <summary>Counts as never begun.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Open, ended or cancelled.</summary>
    public MissionState State => Cancelled ? MissionState.Cancelled : Windows[^1].End is null ? MissionState.Open : MissionState.Ended;

    /// <summary>Its last window has no end; stored with it, so that open missions are found.</summary>
    public bool IsOpen => State == MissionState.Open;

    /// <summary>When it last began to run; stored with it, so that the latest missions are found.</summary>
    public DateTimeOffset LatestStart => Windows[^1].Start;

    /// <summary>When it last began or ended; stored with it, so that a reading taken at that moment is found to be.</summary>
    public DateTimeOffset LastEdge => Windows[^1].End ?? Windows[^1].Start;

    /// <summary>The reference in its short form: an issue's address and <c>owner/repo#n</c> are one.</summary>
    public string? RefKey => Ref is null ? null : Canonical(Ref);

    /// <summary><c>https://host/owner/repo/issues/3</c> → <c>owner/repo#3</c>; anything else as it is.</summary>
    public static string Canonical(string reference)
    {
        if (!Uri.TryCreate(reference, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) return reference;
        return url.AbsolutePath.Trim('/').Split('/') is [var owner, var repo, "issues" or "pull" or "pulls", var number] ? $"{owner}/{repo}#{number}" : reference;
    }

    /// <summary>What to say of a reference that is neither an address nor <c>owner/repo#n</c>; null: it is one, or there is none.</summary>
    public static string? NoteOn(string? reference) =>
        string.IsNullOrEmpty(reference) || (Uri.TryCreate(reference, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") || ShortReference().IsMatch(reference)
            ? null
            : $"ref {Names.Printable(reference)} is neither a URL nor owner/repo#n: it is kept as text, and finds this mission only as it is written.";

    [GeneratedRegex(@"^[\w.-]+(/[\w.-]+)+#[\w-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex ShortReference();

    /// <summary>From its first start to its last end, or to the end of time that is accepted while it is open.</summary>
    [JsonIgnore]
    public Interval Life => new(Windows[0].Start, Windows[^1].End ?? Instants.Max);

    /// <summary>The stretches in which it can carry spend; an open end reaches to the end of time.</summary>
    [JsonIgnore]
    public IEnumerable<Interval> Intervals => Cancelled ? [] : Windows.Select(w => w.Interval);

    /// <summary>The name of its stream.</summary>
    public string Stream { get => field ?? StreamOf(Id); init; }

    /// <summary>The stream of a mission.</summary>
    public static string StreamOf(string id) => $"mission-{id}";

    /// <summary>Folds an event of the mission's stream. Total: an event of another kind changes nothing.</summary>
    public static Mission? Fold(Mission? mission, ILedgerEvent happened) => (mission, happened) switch
    {
        (null, MissionStarted e) => new() { Id = e.Mission, Title = e.Title, Ref = e.Ref, Agents = e.Agents, Weight = e.Weight, Windows = [new(e.Start, null)] },
        ({ } m, MissionEnded e) => m with { Windows = [.. m.Windows.SkipLast(1), m.Windows[^1] with { End = e.End }] },
        ({ } m, MissionReopened e) => m with { Windows = [.. m.Windows, new(e.Start, null)] },
        ({ } m, MissionWindowCorrected e) => m.Corrected(e.Start, e.End),
        ({ } m, MissionEdited e) => m with
        {
            Title = e.Title ?? m.Title,
            Ref = e.Ref is null ? m.Ref : e.Ref.Length == 0 ? null : e.Ref,
            Agents = e.Agents ?? m.Agents,
            Weight = e.Weight ?? m.Weight,
        },
        ({ } m, MissionCancelled) => m with { Cancelled = true },
        _ => mission,
    };

    /// <summary>Starts a mission; null when it is known already.</summary>
    public static MissionStarted? Start(Mission? known, string id, string title, string? reference, IReadOnlyList<string> agents, int weight, DateTimeOffset start, DateTimeOffset now, string? by)
    {
        if (known is not null) return null;
        Names.Check("title", title);
        CheckRef(reference);
        CheckAgents(agents);
        CheckWeight(weight);
        CheckInstant("at", start, now);
        return new(id, title, reference, agents, weight, start.ToMicroseconds(), now, by);
    }

    /// <summary>Ends its open window.</summary>
    public MissionEnded End(DateTimeOffset end, DateTimeOffset now, string? by)
    {
        CheckNotCancelled();
        if (State != MissionState.Open)
            throw new Refused("mission.not_open", $"{Id} \"{Title}\" ended at {Windows[^1].End!.Value.ToText()}. `mission edit {Id} --end T` moves the end, `mission reopen {Id}` goes on with it.");
        CheckInstant("at", end, now);
        CheckEnd("at", end, Windows[^1].Start);
        return new(Id, end.ToMicroseconds(), now, by);
    }

    /// <summary>Goes on with an ended mission in another window.</summary>
    public MissionReopened Reopen(DateTimeOffset start, DateTimeOffset now, string? by)
    {
        CheckNotCancelled();
        if (State == MissionState.Open) throw new Refused("mission.not_ended", $"{Id} \"{Title}\" is still open since {Windows[^1].Start.ToText()}.");
        CheckInstant("at", start, now);
        if (start < Windows[^1].End)
            throw new Refused("mission.overlaps_itself", $"{Id} ended at {Windows[^1].End!.Value.ToText()}; a new window can't start before that.", "at", start.ToText());
        return new(Id, start.ToMicroseconds(), now, by);
    }

    /// <summary>Moves the first or the last edge, or changes what it is called, weighs, refers to or who works on it. Empty when all is as wanted.</summary>
    public IReadOnlyList<ILedgerEvent> Edit(
        DateTimeOffset? start, DateTimeOffset? end, string? title, string? reference, IReadOnlyList<string>? agents, int? weight, DateTimeOffset now, string? by)
    {
        CheckNotCancelled();
        if (title is not null) Names.Check("title", title);
        CheckRef(reference);
        if (agents is not null) CheckAgents(agents);
        if (weight is { } w) CheckWeight(w);
        if (start is { } s) CheckInstant("start", s, now);
        if (end is { } e) CheckInstant("end", e, now);
        if (end is not null && State == MissionState.Open)
            throw new Refused("mission.not_ended", $"{Id} is still open; `mission end {Id} --at T` ends it.", "end", end.Value.ToText());

        var windows = Windows.ToArray();
        if (start is { } newStart) windows[0] = windows[0] with { Start = newStart.ToMicroseconds() };
        if (end is { } newEnd) windows[^1] = windows[^1] with { End = newEnd.ToMicroseconds() };
        if (windows[0].End is { } firstEnd) CheckEnd(start is null ? "end" : "start", firstEnd, windows[0].Start);
        if (windows[^1].End is { } lastEnd) CheckEnd("end", lastEnd, windows[^1].Start);

        var events = new List<ILedgerEvent>(2);
        if ((start is not null && windows[0] != Windows[0]) || (end is not null && windows[^1] != Windows[^1]))
            events.Add(new MissionWindowCorrected(Id, start?.ToMicroseconds(), end?.ToMicroseconds(), now, by));
        var changed = (title is not null && title != Title) || (reference is not null && reference != (Ref ?? ""))
            || (agents is not null && !agents.SequenceEqual(Agents)) || (weight is not null && weight != Weight);
        if (changed) events.Add(new MissionEdited(Id, title, reference, agents, weight, now, by));
        return events;
    }

    /// <summary>Counts it as never begun.</summary>
    public MissionCancelled Cancel(DateTimeOffset now, string? by)
    {
        CheckNotCancelled();
        return new(Id, now, by);
    }

    /// <summary>Refuses an instant before 2015 or too far ahead.</summary>
    public static void CheckInstant(string field, DateTimeOffset at, DateTimeOffset now)
    {
        if (at < Instants.Min || at > now + AheadMax)
            throw new Refused("time.out_of_range", $"{field} must lie between 2015 and now; {at.ToText()} does not (it is {now.ToText()}).", field, at.ToText());
    }

    private void CheckNotCancelled()
    {
        if (Cancelled) throw new Refused("mission.cancelled", $"{Id} \"{Title}\" was cancelled.");
    }

    private static void CheckEnd(string field, DateTimeOffset end, DateTimeOffset start)
    {
        if (end <= start) throw new Refused("mission.end_before_start", $"The window would end at {end.ToText()}, but it starts at {start.ToText()}.", field, end.ToText());
    }

    private static void CheckRef(string? reference)
    {
        if (string.IsNullOrEmpty(reference)) return;
        if (reference.Length > RefLengthMax) throw new Refused("text.invalid", $"ref is longer than {RefLengthMax} characters.", "ref", reference);
        if (Names.WhyNot(reference.Length > Names.LengthMax ? reference[..Names.LengthMax] : reference) is { } why)
            throw new Refused("text.invalid", $"ref can't be used: {why}.", "ref", reference);
    }

    private static void CheckAgents(IReadOnlyList<string> agents)
    {
        if (agents.Count is 0 or > AgentsMax || agents.Distinct(StringComparer.Ordinal).Count() != agents.Count)
            throw new Refused("request.invalid", $"A mission has 1 to {AgentsMax} different agents.", "agents", string.Join(',', agents.Take(5)));
    }

    private static void CheckWeight(int weight)
    {
        if (weight is < 1 or > 1_000_000) throw new Refused("weight.invalid", "A weight is an integer from 1 to 1,000,000.", "weight", $"{weight}");
    }

    private Mission Corrected(DateTimeOffset? start, DateTimeOffset? end)
    {
        var windows = Windows.ToArray();
        if (start is { } s) windows[0] = windows[0] with { Start = s };
        if (end is { } e) windows[^1] = windows[^1] with { End = e };
        return this with { Windows = windows };
    }
}

/// <summary>A half-open window; an open one has no end yet.</summary>
/// <param name="Start">First instant inside.</param>
/// <param name="End">First instant after, or null.</param>
public sealed record Window(DateTimeOffset Start, DateTimeOffset? End)
{
    /// <summary>The window as a stretch of time.</summary>
    [JsonIgnore]
    public Interval Interval => new(Start, End ?? DateTimeOffset.MaxValue);
}

/// <summary>Where a mission stands.</summary>
public enum MissionState
{
    /// <summary>Its last window has no end.</summary>
    Open,

    /// <summary>All windows ended.</summary>
    Ended,

    /// <summary>Counts as never begun.</summary>
    Cancelled,
}
