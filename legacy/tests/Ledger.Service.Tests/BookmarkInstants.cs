using Ledger.Service.Polling;

namespace Ledger.Service.Tests;

/// <summary>At which instant a reading counts.</summary>
public sealed class BookmarkInstants
{
    private static readonly DateTimeOffset t = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan reach = TimeSpan.FromSeconds(10);

    [Fact]
    public void a_reading_counts_at_the_bookmark_that_asked_for_it() => Assert.Equal(At(0), Waiting(0).CountsAt(At(0.2), At(1), At(-300), reach));

    [Fact]
    public void of_several_bookmarks_it_counts_at_the_latest_not_after_it_was_asked() => Assert.Equal(At(1), Waiting(0, 1, 3).CountsAt(At(2), At(4), At(-300), reach));

    [Fact]
    public void a_bookmark_made_while_it_was_under_way_waits_for_the_next()
    {
        var waiting = Waiting(3);
        Assert.Null(waiting.CountsAt(At(2), At(4), At(-300), reach));
        waiting.Served(At(2));
        Assert.Equal(At(3), waiting.CountsAt(At(4), At(5), At(2), reach));
    }

    [Fact]
    public void answered_too_late_it_counts_at_its_own_instants() => Assert.Null(Waiting(0).CountsAt(At(0.2), At(10.1), At(-300), reach));

    [Fact]
    public void a_bookmark_before_the_reading_before_counts_nowhere() => Assert.Null(Waiting(0).CountsAt(At(2), At(3), At(0.5), reach));

    [Fact]
    public void what_was_served_or_withdrawn_does_not_count_again()
    {
        var waiting = Waiting(0, 1);
        waiting.Remove(At(1));
        Assert.Equal(At(0), waiting.CountsAt(At(2), At(3), null, reach));
        waiting.Served(At(2));
        Assert.Null(waiting.CountsAt(At(4), At(5), null, reach));
    }

    private static DateTimeOffset At(double seconds) => t.AddSeconds(seconds);

    private static Waiting Waiting(params double[] seconds)
    {
        var waiting = new Waiting();
        foreach (var s in seconds) waiting.Add(At(s));
        return waiting;
    }
}
