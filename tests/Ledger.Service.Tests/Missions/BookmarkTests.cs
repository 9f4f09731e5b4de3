using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Service.Http;
using Ledger.Service.Missions;
using Ledger.Service.Polling;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Missions;

public sealed class BookmarkTests
{
    private static readonly DateTimeOffset t = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);
    private static readonly Known known = new(
        new[] { Account("b", removed: false), Account("a", removed: false), Account("gone", removed: true) }.ToDictionary(a => a.Id),
        new Dictionary<string, Agent>(), new Dictionary<(string, string), KeyOwnership>());

    [Fact]
    public void one_made_now_asks_each_connected_account_for_a_reading_at_its_own_instant()
    {
        var bookmark = Bookmark.Of(null, new("me", "k", null), new TestClock(t));
        Assert.Equal(bookmark.Now, bookmark.At);
        Assert.Equal([new PollAccount("a", PollReason.Bookmark, bookmark.Now, bookmark.At), new PollAccount("b", PollReason.Bookmark, bookmark.Now, bookmark.At)], bookmark.Polls(known));
    }

    [Theory]
    [InlineData("2026-11-16T09:30:00Z", null, "2026-11-16T09:30:00Z")]
    [InlineData(null, "2026-11-16T09:40:00Z", "2026-11-16T09:40:00Z")]
    [InlineData("2026-11-16T09:30:00Z", "2026-11-16T09:40:00Z", "2026-11-16T09:30:00Z")]
    public void one_of_another_instant_asks_for_a_reading_that_counts_when_it_is_taken(string? at, string? kept, string edge)
    {
        var bookmark = Bookmark.Of(at, new("me", "k", kept.ToInstant()), new TestClock(t));
        Assert.Equal(edge, bookmark.At.ToText());
        Assert.Equal([null, null], bookmark.Polls(known).Cast<PollAccount>().Select(p => p.Bookmark));
    }

    private static Account Account(string id, bool removed) => new()
    {
        Id = id,
        Provider = "xai",
        Team = id,
        Label = id,
        Widths = [new(DateTimeOffset.MinValue, 3600)],
        ConnectedAt = t,
        Removed = removed,
    };
}
