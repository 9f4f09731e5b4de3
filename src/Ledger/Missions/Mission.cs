namespace Ledger.Missions;

/// <summary>A piece of work, its agents and its time: disjoint half-open windows in order.</summary>
public sealed record Mission
{
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
    [System.Text.Json.Serialization.JsonIgnore]
    public MissionState State => Cancelled ? MissionState.Cancelled : Windows[^1].End is null ? MissionState.Open : MissionState.Ended;

    /// <summary>From its first start to its last end, or to the end of time that is accepted while it is open.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Interval Life => new(Windows[0].Start, Windows[^1].End ?? Instants.Max);

    /// <summary>The stretches in which it can carry spend; an open end reaches to the end of time.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IEnumerable<Interval> Intervals => Cancelled ? [] : Windows.Select(w => w.Interval);

    /// <summary>Folds an event of the mission's stream. Total: an event of another kind changes nothing.</summary>
    public static Mission? Apply(Mission? mission, ILedgerEvent happened) => (mission, happened) switch
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
    [System.Text.Json.Serialization.JsonIgnore]
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
