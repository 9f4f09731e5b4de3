using Ledger.Accounts;
using Ledger.Service.Polling;

namespace Ledger.Service.Tests.Polling;

/// <summary>What is asked for next, and when.</summary>
public sealed class PollPlanTests
{
    private static readonly DateTimeOffset now = new(2026, 11, 16, 10, 5, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset midnight = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    private readonly Account account = Account.Fold(null, new AccountConnected("a", "xai", "t", "a", 3600, 0, now.AddDays(-1), null))!;

    [Fact]
    public void connecting_asks_for_ninety_days_the_newest_first_a_week_at_once()
    {
        var (source, asked) = (new Source { Account = "a" }, new List<Interval>());
        while (Next(PollReason.Connect, source) is { } stretch)
        {
            asked.Add(stretch);
            source = Covered(source, stretch);
        }
        Assert.Equal(now, asked[0].End);
        Assert.Equal(midnight.AddDays(-90), asked[^1].Start);
        Assert.All(asked, a => Assert.InRange(a.Length.TotalDays, 0.1, 7));
        Assert.All(asked.Zip(asked.Skip(1)), pair => Assert.Equal(pair.First.Start, pair.Second.End));
        Assert.All(asked, a => Assert.Equal(TimeSpan.Zero, a.Start.TimeOfDay));
        Assert.Equal(13, asked.Count);
    }

    [Fact]
    public void what_was_read_before_it_was_connected_again_is_read_again()
    {
        var source = Covered(new() { Account = "a" }, new(midnight.AddDays(-100), now), account.ConnectedAt.AddMinutes(-1));
        Assert.NotNull(Next(PollReason.Connect, source));
        Assert.Null(Next(PollReason.Connect, Covered(source, new(midnight.AddDays(-100), now))));
    }

    [Fact]
    public void a_regular_poll_asks_for_three_days_once_its_time_has_come()
    {
        var source = new Source { Account = "a", NextDue = now.AddSeconds(1) };
        Assert.Null(Next(PollReason.Due, source));
        Assert.Equal(new(midnight.AddDays(-3), now), Next(PollReason.Due, source with { NextDue = now }));
        Assert.Equal(new(midnight.AddDays(-3), now), Next(PollReason.Due, source with { NextDue = null }));
    }

    [Fact]
    public void a_reading_that_reaches_the_end_of_its_bucket_is_all_there_is_whatever_its_width()
    {
        foreach (var minutes in new[] { 15, 60 })
        {
            var source = Covered(new() { Account = "a" }, new(midnight.AddDays(-40), midnight.AddHours(10).AddMinutes(minutes)));
            foreach (var reason in new[] { PollReason.Due, PollReason.Sync, PollReason.Reread }) Assert.Null(Next(reason, source));
            Assert.Null(source.Covered.LastLacking(PollPlan.SyncedTime(new("a", PollReason.Sync, now)), now));
        }
    }

    [Fact]
    public void a_bookmark_asks_for_the_hours_since_the_last_reading_only_and_not_while_it_waits_after_a_failure()
    {
        var source = new Source { Account = "a", Asked = now.AddHours(-2).AddMinutes(3) };
        Assert.Equal(new(midnight.AddHours(8), now), Next(PollReason.Bookmark, source));
        Assert.Null(Next(PollReason.Bookmark, source with { Failing = "auth", NextDue = now.AddMinutes(1) }));
        Assert.Null(Next(PollReason.Bookmark, source with { Asked = now }));
    }

    [Fact]
    public void thirty_five_days_are_read_again_a_day_after_they_were()
    {
        var source = new Source { Account = "a", DeepAt = now.AddHours(-23) };
        Assert.Null(Next(PollReason.Reread, source));
        var stretch = Next(PollReason.Reread, source with { DeepAt = now.AddHours(-25) })!.Value;
        Assert.Equal(now, stretch.End);
        // What another message read since it was due is not read again.
        source = Covered(source with { DeepAt = now.AddHours(-25) }, stretch, now.AddMinutes(-30));
        Assert.Equal(stretch.Start, Next(PollReason.Reread, source)!.Value.End);
    }

    [Fact]
    public void all_that_connecting_reads_is_read_again_a_month_after_it_was()
    {
        Assert.Null(Next(PollReason.Monthly, new() { Account = "a" }));
        var source = new Source { Account = "a", MonthlyAt = now.AddDays(-31), DeepAt = now };
        Assert.Null(Next(PollReason.Monthly, source with { MonthlyAt = now.AddDays(-29) }));
        Assert.Null(Next(PollReason.Monthly, source with { Failing = "auth", NextDue = now.AddMinutes(1) }));
        var asked = new List<Interval>();
        while (Next(PollReason.Monthly, source) is { } stretch)
        {
            asked.Add(stretch);
            source = Covered(source, stretch);
        }
        Assert.Equal((now, midnight.AddDays(-90)), (asked[0].End, asked[^1].Start));
        Assert.All(asked, a => Assert.InRange(a.Length.TotalDays, 0.1, 7));
        Assert.Equal(90, PollPlan.DaysOf(new("a", PollReason.Monthly, now), 90));
    }

    [Fact]
    public void a_sync_reads_back_to_where_it_was_asked_to_and_ends_though_old_readings_are_forgotten()
    {
        var (source, message, asked) = (new Source { Account = "a" }, new PollAccount("a", PollReason.Sync, now, Since: now.AddDays(-400)), new List<Interval>());
        while (PollPlan.Next(message, account, source, 90, now) is { } stretch)
        {
            asked.Add(stretch);
            // Regular polls in between forget what lies further back than they keep.
            source = Covered(Covered(source, stretch), new(midnight.AddDays(-3), now));
            message = message with { ReadTo = stretch.Start };
            Assert.InRange(asked.Count, 1, 60);
        }
        Assert.Equal(now.AddDays(-400).FloorToHour(), asked[^1].Start);
        Assert.All(asked, a => Assert.InRange(a.Length.TotalDays, 0.1, 7));
        Assert.Equal(399, PollPlan.DaysOf(message, 90));
        Assert.Equal(35, PollPlan.DaysOf(new("a", PollReason.Sync, now), 90));
        Assert.Equal(new(now.AddDays(-1).FloorToHour(), now), PollPlan.Next(new("a", PollReason.Sync, now, Since: now.AddDays(-1)), account, new() { Account = "a" }, 90, now));
    }

    [Fact]
    public void after_an_answer_that_was_too_large_less_is_asked_for_down_to_an_hour()
    {
        Assert.Equal(84, PollPlan.Shorter(new(now.AddDays(-7), now)));
        Assert.Equal(15, PollPlan.Shorter(new(now.AddHours(-30), now)));
        Assert.Equal(1, PollPlan.Shorter(new(now.AddHours(-2), now)));
        Assert.Null(PollPlan.Shorter(new(now.AddHours(-1), now)));
        var stretch = PollPlan.Next(new("a", PollReason.Due, now, HoursMax: 30), account, new() { Account = "a", NextDue = now.AddHours(1) }, 90, now)!.Value;
        Assert.Equal(new(midnight.AddHours(-24).AddHours(24), now), stretch);
        Assert.Equal(60, PollPlan.Longer(30));
        Assert.Equal(168, PollPlan.Longer(100));
    }

    [Theory]
    [InlineData("auth", null, 900, 900)]
    [InlineData("rate-limited", 1200, 1200, 1200)]
    [InlineData("unreachable", null, 45, 60)]
    public void after_a_failure_it_waits(string kind, int? retryAfter, int least, int most)
    {
        var failed = new Source { Account = "a" }.Failed(new(kind, "x", retryAfter is { } s ? TimeSpan.FromSeconds(s) : null), TimeSpan.FromMinutes(1), now);
        Assert.InRange((failed.NextDue!.Value - now).TotalSeconds, least, most);
        Assert.Equal((1, kind), (failed.Failures, failed.Failing));
    }

    [Fact]
    public void the_wait_doubles_up_to_a_quarter_of_an_hour()
    {
        var source = new Source { Account = "a" };
        var waits = Enumerable.Range(0, 12).Select(_ => ((source = source.Failed(new("unreachable", "x"), TimeSpan.FromSeconds(10), now)).NextDue!.Value - now).TotalSeconds).ToArray();
        for (var i = 0; i < waits.Length; i++) Assert.InRange(waits[i], Math.Min(900, 10 * (1 << i)) * 0.75, Math.Min(900, 10 * (1 << i)));
    }

    [Fact]
    public void the_sweep_sends_what_is_due_and_nothing_else()
    {
        var removed = Account.Fold(account, new CredentialStored("a", "c", "f", "r", now, null))!;
        Assert.Equal([PollReason.Connect], Due(null));
        Assert.Equal([PollReason.Connect], Due(new() { Account = "a" }));
        var read = new Source { Account = "a", Backfilled = removed.ConnectedAt, DeepAt = now, NextDue = now.AddSeconds(1) };
        Assert.Empty(Due(read));
        Assert.Equal([PollReason.Due], Due(read with { NextDue = now }));
        Assert.Equal([PollReason.Reread], Due(read with { DeepAt = now.AddDays(-1) }));
        Assert.Equal([PollReason.Monthly], Due(read with { MonthlyAt = now.AddDays(-30) }));
        Assert.Empty(Due(read with { DeepAt = now.AddDays(-1), Failing = "auth" }));

        IEnumerable<PollReason> Due(Source? source) => PollSweepHandler.Due(removed, source, now).Select(m => m.Reason);
    }

    [Fact]
    public void a_poll_that_an_older_version_queued_is_read()
    {
        var queued = System.Text.Json.JsonSerializer.Deserialize<PollAccount>("""{"account":"a","reason":3,"sent":"2026-11-16T10:05:00+00:00","bookmark":null,"hoursMax":null}""", System.Text.Json.JsonSerializerOptions.Web);
        Assert.Equal(new("a", PollReason.Sync, now), queued);
    }

    private Interval? Next(PollReason reason, Source source) => PollPlan.Next(new("a", reason, now), account, source, 90, now);

    private static Source Covered(Source source, Interval stretch, DateTimeOffset? at = null) => source with
    {
        Covered = source.Covered.With(new(stretch.Start, stretch.End == now ? now.FloorToHour().AddHours(1) : stretch.End, 3600, at ?? now, at ?? now, at ?? now)),
    };
}
