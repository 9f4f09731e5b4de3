namespace Ledger.Missions;

/// <summary>What may happen to a mission. Pure: everything a rule needs comes in, everything it decided goes out.</summary>
public static class MissionRules
{
    /// <summary>An instant further ahead than this is refused.</summary>
    public static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(10);

    /// <summary>Longest reference.</summary>
    public const int RefLengthMax = 500;

    /// <summary>Most agents on a mission.</summary>
    public const int AgentsMax = 100;

    /// <summary>Starts a mission.</summary>
    public static Decision Start(Mission? known, string id, string title, string? reference, IReadOnlyList<string> agents, int weight, DateTimeOffset start, DateTimeOffset now, string? by)
    {
        if (known is not null) return Decision.Accept();
        if (Names.Check("title", title) is { } badTitle) return badTitle;
        if (WrongRef(reference) is { } badRef) return badRef;
        if (WrongAgents(agents) is { } badAgents) return badAgents;
        if (WrongWeight(weight) is { } badWeight) return badWeight;
        if (WrongInstant("at", start, now) is { } badStart) return badStart;
        return Decision.Accept(new MissionStarted(id, title, reference, agents, weight, start.ToMicroseconds(), now, by));
    }

    /// <summary>Ends its open window.</summary>
    public static Decision End(Mission mission, DateTimeOffset end, DateTimeOffset now, string? by)
    {
        if (mission.Cancelled) return Cancelled(mission);
        if (mission.State != MissionState.Open)
            return Decision.Refuse("mission.not_open", $"{mission.Id} \"{mission.Title}\" ended at {mission.Windows[^1].End!.Value.ToText()}. `mission edit {mission.Id} --end T` moves the end, `mission reopen {mission.Id}` goes on with it.");
        if (WrongInstant("at", end, now) is { } bad) return bad;
        if (end <= mission.Windows[^1].Start) return EndBeforeStart("at", end, mission.Windows[^1].Start);
        return Decision.Accept(new MissionEnded(mission.Id, end.ToMicroseconds(), now, by));
    }

    /// <summary>Goes on with an ended mission in another window.</summary>
    public static Decision Reopen(Mission mission, DateTimeOffset start, DateTimeOffset now, string? by)
    {
        if (mission.Cancelled) return Cancelled(mission);
        if (mission.State == MissionState.Open) return Decision.Refuse("mission.not_ended", $"{mission.Id} \"{mission.Title}\" is still open since {mission.Windows[^1].Start.ToText()}.");
        if (WrongInstant("at", start, now) is { } bad) return bad;
        if (start < mission.Windows[^1].End)
            return Decision.Refuse("mission.overlaps_itself", $"{mission.Id} ended at {mission.Windows[^1].End!.Value.ToText()}; a new window can't start before that.", "at", start.ToText());
        return Decision.Accept(new MissionReopened(mission.Id, start.ToMicroseconds(), now, by));
    }

    /// <summary>Moves the first or the last edge, or changes what it is called, weighs, refers to or who works on it.</summary>
    public static Decision Edit(
        Mission mission, DateTimeOffset? start, DateTimeOffset? end, string? title, string? reference, IReadOnlyList<string>? agents, int? weight, DateTimeOffset now, string? by)
    {
        if (mission.Cancelled) return Cancelled(mission);
        if (title is not null && Names.Check("title", title) is { } badTitle) return badTitle;
        if (WrongRef(reference) is { } badRef) return badRef;
        if (agents is not null && WrongAgents(agents) is { } badAgents) return badAgents;
        if (weight is { } w && WrongWeight(w) is { } badWeight) return badWeight;
        if (start is { } s && WrongInstant("start", s, now) is { } badStart) return badStart;
        if (end is { } e && WrongInstant("end", e, now) is { } badEnd) return badEnd;
        if (end is not null && mission.State == MissionState.Open)
            return Decision.Refuse("mission.not_ended", $"{mission.Id} is still open; `mission end {mission.Id} --at T` ends it.", "end", end.Value.ToText());

        var windows = mission.Windows.ToArray();
        if (start is { } newStart) windows[0] = windows[0] with { Start = newStart.ToMicroseconds() };
        if (end is { } newEnd) windows[^1] = windows[^1] with { End = newEnd.ToMicroseconds() };
        if (windows[0].End is { } firstEnd && firstEnd <= windows[0].Start) return EndBeforeStart(start is null ? "end" : "start", firstEnd, windows[0].Start);
        if (windows[^1].End is { } lastEnd && lastEnd <= windows[^1].Start) return EndBeforeStart("end", lastEnd, windows[^1].Start);

        var events = new List<ILedgerEvent>(2);
        if ((start is not null && windows[0] != mission.Windows[0]) || (end is not null && windows[^1] != mission.Windows[^1]))
            events.Add(new MissionWindowCorrected(mission.Id, start?.ToMicroseconds(), end?.ToMicroseconds(), now, by));
        var changed = (title is not null && title != mission.Title) || (reference is not null && reference != (mission.Ref ?? ""))
            || (agents is not null && !agents.SequenceEqual(mission.Agents)) || (weight is not null && weight != mission.Weight);
        if (changed) events.Add(new MissionEdited(mission.Id, title, reference, agents, weight, now, by));
        return new Decision.Accepted(events);
    }

    /// <summary>Counts it as never begun.</summary>
    public static Decision Cancel(Mission mission, DateTimeOffset now, string? by) =>
        mission.Cancelled ? Cancelled(mission) : Decision.Accept(new MissionCancelled(mission.Id, now, by));

    /// <summary>Refuses an instant before 2015 or too far ahead.</summary>
    public static Decision.Refused? WrongInstant(string field, DateTimeOffset at, DateTimeOffset now) =>
        at < Instants.Min || at > now + AheadMax
            ? new(new("time.out_of_range", $"{field} must lie between 2015 and now; {at.ToText()} does not (it is {now.ToText()}).", field, at.ToText()))
            : null;

    private static Decision Cancelled(Mission mission) => Decision.Refuse("mission.cancelled", $"{mission.Id} \"{mission.Title}\" was cancelled.");

    private static Decision EndBeforeStart(string field, DateTimeOffset end, DateTimeOffset start) =>
        Decision.Refuse("mission.end_before_start", $"The window would end at {end.ToText()}, but it starts at {start.ToText()}.", field, end.ToText());

    private static Decision.Refused? WrongRef(string? reference) =>
        string.IsNullOrEmpty(reference) ? null
        : reference.Length > RefLengthMax ? new(new("text.invalid", $"ref is longer than {RefLengthMax} characters.", "ref", Names.Printable(reference)))
        : Names.WhyNot(reference.Length > Names.LengthMax ? reference[..Names.LengthMax] : reference) is { } why ? new(new("text.invalid", $"ref can't be used: {why}.", "ref", Names.Printable(reference)))
        : null;

    private static Decision.Refused? WrongAgents(IReadOnlyList<string> agents) =>
        agents.Count is 0 or > AgentsMax || agents.Distinct(StringComparer.Ordinal).Count() != agents.Count
            ? new(new("request.invalid", $"A mission has 1 to {AgentsMax} different agents.", "agents", string.Join(',', agents.Take(5))))
            : null;

    private static Decision.Refused? WrongWeight(int weight) =>
        weight is < 1 or > 1_000_000 ? new(new("weight.invalid", "A weight is an integer from 1 to 1,000,000.", "weight", $"{weight}")) : null;
}
