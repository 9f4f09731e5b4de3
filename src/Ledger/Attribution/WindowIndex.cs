using Ledger.Missions;

namespace Ledger.Attribution;

/// <summary>An agent's mission windows, found by stretch without walking all of an agent's history.</summary>
internal sealed class WindowIndex
{
    private readonly List<(Span Span, Mission Mission)> windows = [];
    private readonly List<DateTimeOffset> endMax = [];
    private bool sorted = true;

    public void Add(Mission mission)
    {
        foreach (var span in mission.Spans)
            windows.Add((span, mission));
        sorted = false;
    }

    public void Remove(string mission)
    {
        windows.RemoveAll(w => w.Mission.Id == mission);
        sorted = false;
    }

    /// <summary>The windows that share time with the stretch.</summary>
    public void CollectMeeting(Span stretch, List<(Span Span, Mission Mission)> into)
    {
        if (!sorted) Sort();
        var low = 0;
        var high = windows.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (windows[middle].Span.Start < stretch.End) low = middle + 1;
            else high = middle;
        }
        for (var i = low - 1; i >= 0 && endMax[i] > stretch.Start; i--)
            if (windows[i].Span.Meets(stretch))
                into.Add(windows[i]);
    }

    private void Sort()
    {
        windows.Sort(static (a, b) => a.Span.Start.CompareTo(b.Span.Start) is var c and not 0 ? c : string.CompareOrdinal(a.Mission.Id, b.Mission.Id));
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
