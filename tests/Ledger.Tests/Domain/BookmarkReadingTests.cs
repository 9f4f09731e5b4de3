using Ledger.Accounts;

namespace Ledger.Tests.Domain;

/// <summary>At which instant a reading counts.</summary>
public sealed class BookmarkReadingTests
{
    private static readonly DateTimeOffset t = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan reach = TimeSpan.FromSeconds(10);

    [Fact]
    public void a_reading_counts_at_the_bookmark_that_asked_for_it() => Assert.Equal(At(0), BookmarkReading.CountsAt([At(0)], At(0.2), At(1), At(-300), reach));

    [Fact]
    public void of_several_bookmarks_it_counts_at_the_latest_not_after_it_was_asked() =>
        Assert.Equal(At(1), BookmarkReading.CountsAt([At(1), At(3), At(0)], At(2), At(4), At(-300), reach));

    [Fact]
    public void a_bookmark_made_while_it_was_under_way_waits_for_the_next()
    {
        Assert.Null(BookmarkReading.CountsAt([At(3)], At(2), At(4), At(-300), reach));
        Assert.Equal(At(3), BookmarkReading.CountsAt([At(3)], At(4), At(5), At(2), reach));
    }

    [Fact]
    public void answered_too_late_it_counts_at_its_own_instants() => Assert.Null(BookmarkReading.CountsAt([At(0)], At(0.2), At(10.1), At(-300), reach));

    [Fact]
    public void a_bookmark_before_the_reading_before_counts_nowhere() => Assert.Null(BookmarkReading.CountsAt([At(0)], At(2), At(3), At(0.5), reach));

    [Fact]
    public void a_bookmark_that_was_served_does_not_count_again() => Assert.Null(BookmarkReading.CountsAt([At(0)], At(4), At(5), At(0), reach));

    [Fact]
    public void without_a_reading_before_it_counts_at_the_bookmark() => Assert.Equal(At(0), BookmarkReading.CountsAt([At(0)], At(2), At(3), null, reach));

    private static DateTimeOffset At(double seconds) => t.AddSeconds(seconds);
}
