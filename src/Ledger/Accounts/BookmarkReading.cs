namespace Ledger.Accounts;

/// <summary>At which instant a reading counts as taken when missions began or ended shortly before it.</summary>
/// <remarks>
/// A reading that was asked at a ≥ b sees everything spent before b, so it can serve every bookmark b ≤ a. It counts as taken at the
/// latest of them: had it counted at an earlier one, spend between the two would be put before that edge. It counts there only when it was
/// answered within the reach (10 seconds), since what was spent between b and the answer is put before b too; and only when b lies after the
/// instant at which the reading before it counts as asked, or the rise between the two would have no time to have happened in. Otherwise it
/// counts at its own instants. A bookmark made while a reading is under way (b &gt; a) waits for the next.
/// </remarks>
public static class BookmarkReading
{
    /// <summary>Where a reading counts; null: at its own instants.</summary>
    /// <param name="bookmarks">Edges of missions, in any order.</param>
    /// <param name="asked">When the reading was really asked.</param>
    /// <param name="answered">When it was really answered.</param>
    /// <param name="countedBefore">When the reading before it counts as asked; null: there is none.</param>
    /// <param name="reach">How soon after a bookmark an answer still counts at it.</param>
    public static DateTimeOffset? CountsAt(IEnumerable<DateTimeOffset> bookmarks, DateTimeOffset asked, DateTimeOffset answered, DateTimeOffset? countedBefore, TimeSpan reach)
    {
        DateTimeOffset? latest = null;
        foreach (var at in bookmarks)
            if (at <= asked && (latest is null || at > latest)) latest = at;
        return latest is { } b && answered - b <= reach && (countedBefore is null || b > countedBefore) ? b : null;
    }
}
