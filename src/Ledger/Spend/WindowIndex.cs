using Ledger.Missions;

namespace Ledger.Spend;

/// <summary>An agent's mission windows, found by stretch without walking all of an agent's history.</summary>
internal sealed class WindowIndex
{
    private readonly List<(Interval Interval, Mission Mission)> windows = [];
    private readonly List<DateTimeOffset> endMax = [];
    private bool sorted = true;

    public void Add(Mission mission)
    {
        foreach (var span in mission.Intervals)
            windows.Add((span, mission));
        sorted = false;
    }

    public void Remove(string mission)
    {
        windows.RemoveAll(w => w.Mission.Id == mission);
        sorted = false;
    }

    /// <summary>The windows that share time with the stretch.</summary>
    public void CollectMeeting(Interval stretch, List<(Interval Interval, Mission Mission)> into)
    {
        if (!sorted) Sort();
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

    private void Sort()
    {
        windows.Sort(static (a, b) => a.Interval.Start.CompareTo(b.Interval.Start) is var c and not 0 ? c : string.CompareOrdinal(a.Mission.Id, b.Mission.Id));
        endMax.Clear();
        var max = DateTimeOffset.MinValue;
        foreach (var (span, _) in windows)
        {
            if (span.End > max) max = span.End;
            endMax.Add(max);
        }
        sorted = true;
    }
}
