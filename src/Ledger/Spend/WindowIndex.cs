using Ledger.Missions;

namespace Ledger.Spend;

/// <summary>An agent's mission windows, found by stretch without walking all of an agent's history.</summary>
internal sealed class WindowIndex
{
    private static readonly Comparer<(Interval Interval, Mission Mission)> order = Comparer<(Interval Interval, Mission Mission)>.Create(static (a, b) =>
        a.Interval.Start.CompareTo(b.Interval.Start) is var byStart and not 0 ? byStart
        : string.CompareOrdinal(a.Mission.Id, b.Mission.Id) is var byMission and not 0 ? byMission
        : a.Interval.End.CompareTo(b.Interval.End));

    private readonly List<(Interval Interval, Mission Mission)> windows = [];

    /// <summary>The latest end of a window and all before it.</summary>
    private readonly List<DateTimeOffset> endMax = [];

    /// <summary>Windows without an end: among the others, one would hide that all before it are over.</summary>
    private readonly List<(Interval Interval, Mission Mission)> open = [];

    public void Add(Mission mission)
    {
        foreach (var span in mission.Intervals)
        {
            if (span.End == DateTimeOffset.MaxValue)
            {
                open.Add((span, mission));
                continue;
            }
            var at = ~windows.BinarySearch((span, mission), order);
            // A window that is there twice says nothing new.
            if (at < 0) continue;
            windows.Insert(at, (span, mission));
            EndsFrom(at);
        }
    }

    /// <summary>Takes out a mission that was added as it is here.</summary>
    public void Remove(Mission mission)
    {
        foreach (var span in mission.Intervals)
        {
            if (span.End == DateTimeOffset.MaxValue) open.RemoveAll(w => w.Mission.Id == mission.Id);
            else if (windows.BinarySearch((span, mission), order) is >= 0 and var at)
            {
                windows.RemoveAt(at);
                EndsFrom(at);
            }
        }
    }

    /// <summary>The windows that share time with the stretch.</summary>
    public void CollectMeeting(Interval stretch, List<(Interval Interval, Mission Mission)> into)
    {
        foreach (var window in open)
            if (window.Interval.Meets(stretch))
                into.Add(window);
        var low = 0;
        var high = windows.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (windows[middle].Interval.Start < stretch.End) low = middle + 1;
            else high = middle;
        }
        for (var i = low - 1; i >= 0 && endMax[i] > stretch.Start; i--)
            if (windows[i].Interval.Meets(stretch))
                into.Add(windows[i]);
    }

    private void EndsFrom(int at)
    {
        endMax.RemoveRange(at, endMax.Count - at);
        for (; at < windows.Count; at++)
        {
            var end = windows[at].Interval.End;
            endMax.Add(at > 0 && endMax[at - 1] > end ? endMax[at - 1] : end);
        }
    }
}
