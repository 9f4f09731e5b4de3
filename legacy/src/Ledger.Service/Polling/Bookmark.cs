namespace Ledger.Service.Polling;

/// <summary>
/// The instant of a bookmark that is being written, and a reading asked for at it.
/// </summary>
/// <remarks>
/// Which readings count at which instant. A bookmark is announced before its event is written, with the instant it will carry. A
/// reading that was asked at a ≥ b sees everything spent before b, so it can serve every bookmark b ≤ a. It counts as taken at the
/// <em>latest</em> of them: had it counted at an earlier one, spend between the two would be put before that edge. It counts there only
/// when it was answered within the reach (10 seconds), since what was spent between b and the answer is put before b too; and only
/// when b lies after the instant at which the reading before it counts as asked, or the rise between the two would have no time to have
/// happened in. Otherwise it counts at its own instants. A bookmark made while a reading is under way (b > a) waits for the next.
/// </remarks>
internal sealed class Bookmark(Pollers pollers, DateTimeOffset at) : IDisposable
{
    private bool asked;

    public DateTimeOffset At { get; } = at;

    /// <summary>The event is written: read now.</summary>
    public void Ask()
    {
        asked = true;
        pollers.Nudge();
    }

    /// <summary>Refused or failed: nothing counts at this instant.</summary>
    public void Dispose()
    {
        if (!asked) pollers.Withdraw(At);
    }
}

/// <summary>The bookmarks of one account that wait for a reading.</summary>
internal sealed class Waiting
{
    private const int max = 10_000;
    private readonly Lock gate = new();
    private readonly List<DateTimeOffset> instants = [];

    public void Add(DateTimeOffset at)
    {
        lock (gate)
        {
            if (instants.Count < max) instants.Add(at);
        }
    }

    public void Remove(DateTimeOffset at)
    {
        lock (gate) instants.Remove(at);
    }

    /// <summary>Where a reading counts; null: at its own instants.</summary>
    /// <param name="asked">When it was really asked.</param>
    /// <param name="answered">When it was really answered.</param>
    /// <param name="countedBefore">Where the reading before it counts as asked; null: there is none.</param>
    /// <param name="reach">How soon after a bookmark an answer still counts at it.</param>
    public DateTimeOffset? CountsAt(DateTimeOffset asked, DateTimeOffset answered, DateTimeOffset? countedBefore, TimeSpan reach)
    {
        lock (gate)
        {
            DateTimeOffset? latest = null;
            foreach (var at in instants)
                if (at <= asked && (latest is null || at > latest)) latest = at;
            return latest is { } b && answered - b <= reach && (countedBefore is null || b > countedBefore) ? b : null;
        }
    }

    /// <summary>A reading asked at this instant is in the books: it served all bookmarks up to then.</summary>
    public void Served(DateTimeOffset asked)
    {
        lock (gate) instants.RemoveAll(at => at <= asked);
    }
}
