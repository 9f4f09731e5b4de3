using Ledger.Accounts;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Polling;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Spend;

/// <summary>Time that was never read is unknown, never nothing spent.</summary>
public sealed class UnreadTimeTests(TestDatabases databases)
{
    private static readonly DateTimeOffset now = new(2026, 11, 27, 10, 50, 0, TimeSpan.Zero);

    [Fact]
    public async Task days_before_the_history_that_was_read_are_unknown()
    {
        // Connecting reads eight days back: from the 8th on.
        await using var host = await LedgerHost.Start(databases);
        host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-39));
        host.Spends("9.00", new(2026, 11, 7, 12, 0, 0, TimeSpan.Zero));
        host.Spends("11.00", new(2026, 11, 8, 12, 0, 0, TimeSpan.Zero));
        await host.Connect();
        await LedgerHost.Until(async () => (await host.Source()).Backfilled is not null, "the history is read");

        var before = (await host.Get($"report?since=2026-11-01&until=2026-11-06&minPosition={await host.Head()}")).Ok();
        Assert.Equal((null, null, null, false), (before["total"], before["idle"], before["unassigned"], (bool)before["atLeast"]!));
        Assert.Equal("prod 2026-11-01T00:00:00Z 2026-11-07T00:00:00Z 2026-11-08T00:00:00Z", Unread(before));

        var partly = (await host.Get("report?since=2026-11-06&until=2026-11-09")).Ok();
        Assert.Equal(("11.00", true), ((string?)partly["total"], (bool)partly["atLeast"]!));
        Assert.Equal("prod 2026-11-06T00:00:00Z 2026-11-08T00:00:00Z 2026-11-08T00:00:00Z", Unread(partly));

        // What is still to come is not unread.
        var read = (await host.Get("report?since=2026-11-08&until=2026-12-31")).Ok();
        Assert.Equal(("11.00", false, ""), ((string?)read["total"], (bool)read["atLeast"]!, Unread(read)));
        Assert.Equal("0.00", (string?)(await host.Get("report?since=2026-12-01&until=2026-12-31")).Ok()["total"]);

        // Another account's time does not matter to a report of this one.
        await Given.Account(host, "lab");
        Assert.True((bool)(await host.Get("report?since=2026-11-08&until=2026-11-09")).Ok()["atLeast"]!);
        Assert.False((bool)(await host.Get("report?since=2026-11-08&until=2026-11-09&account=prod")).Ok()["atLeast"]!);
        var never = (await host.Get("report?since=2026-11-08&until=2026-11-09&account=lab")).Ok();
        Assert.Equal((null, "lab 2026-11-08T00:00:00Z 2026-11-10T00:00:00Z "), (never["total"], Unread(never)));

        static string Unread(Reply report) => string.Join(", ", report["data"]!["unread"]!.AsArray().Select(u => $"{u!["account"]} {u["from"]} {u["until"]} {u["readFrom"]}"));
    }

    [Fact]
    public void gaps_are_listed_the_newest_first_and_only_what_is_over()
    {
        var read = Read((-90, -40), (-30, -5), (-3, 0.05));
        Assert.Equal([(-5, -3), (-40, -30), (-100, -90)], Unread(read, -100, 10));
        Assert.Equal([(-35, -30)], Unread(read, -35, -10));
        Assert.Empty(Unread(read, -2, 10));
        Assert.Empty(Unread(read, 1, 10));
    }

    [Fact]
    public void what_came_since_the_last_poll_is_told_by_the_age_of_the_data_until_that_is_stale()
    {
        var read = Read((-90, -0.001));
        Assert.Empty(Unread(read, -10, 10));
        Assert.Equal([(-2, 0)], Unread(Read((-90, -2)) with { Asked = now.AddDays(-2) }, -10, 10));
    }

    [Fact]
    public void what_was_read_so_long_ago_that_it_is_forgotten_is_not_called_unread()
    {
        var read = Read((-125, 0.05));
        Assert.Equal([(-400, -300)], Unread(read, -400, 10, firstRead: -300));
        Assert.Equal([(-400, -125)], Unread(read, -400, 10));
        // A gap that is remembered is one, whatever was read before.
        Assert.Equal([(-60, -50), (-400, -300)], Unread(Read((-125, -60), (-50, 0.05)), -400, 10, firstRead: -300));
    }

    [Fact]
    public void all_of_a_window_is_unread_only_where_nothing_of_it_was_read_of_any_account()
    {
        Assert.True(Of(-100, -91, Read((-90, 0.05))).IsAll);
        Assert.False(Of(-100, -89, Read((-90, 0.05))).IsAll);
        Assert.False(Of(-100, -91, Read((-90, 0.05)), Read((-120, 0.05))).IsAll);
        Assert.True(Of(-100, -91, Read((-90, 0.05)), null).IsAll);
        Assert.True(Of(-100, 10, (Source?)null).IsAll);
        Assert.False(Of(1, 10, (Source?)null).IsAll);
    }

    [Fact]
    public void an_account_that_was_removed_lacks_nothing_after_it()
    {
        var removed = Account with { Removed = true, RemovedAt = now.AddDays(-20) };
        UnreadTime Of(double since, double until) => UnreadTime.Of(Window(since, until), [(removed, Read((-90, -20)))], TimeSpan.FromMinutes(5), now, (_, _) => null);
        Assert.Equal((0, false), (Of(-50, 0).Stretches.Count, Of(-50, 0).IsAll));
        Assert.Equal((1, true), (Of(-100, -91).Stretches.Count, Of(-100, -91).IsAll));
        Assert.Equal((0, false), (Of(-10, 0).Stretches.Count, Of(-10, 0).IsAll));
    }

    private static Account Account => new() { Id = "xai-1", Provider = "xai", Team = "t", Label = "prod", Widths = [new(DateTimeOffset.MinValue, 3600)], ConnectedAt = now.AddDays(-1) };

    private static Source Read(params (double From, double Until)[] days) => new()
    {
        Account = "xai-1",
        Asked = now,
        Covered = days.Aggregate(Coverage.None, (covered, d) => new([.. covered.Stretches, new(now.AddDays(d.From), now.AddDays(d.Until), 3600, now, now, now)])),
    };

    private static (double, double)[] Unread(Source source, double since, double until, double? firstRead = null) =>
    [
        .. UnreadTime.Of(Window(since, until), [(Account, source)], TimeSpan.FromMinutes(5), now, (_, _) => firstRead is { } days ? now.AddDays(days) : null)
            .Stretches.Select(s => ((s.From - now).TotalDays, (s.Until - now).TotalDays)),
    ];

    private static UnreadTime Of(double since, double until, params Source?[] sources) =>
        UnreadTime.Of(Window(since, until), sources.Select(s => (Account, s)), TimeSpan.FromMinutes(5), now, (_, _) => null);

    private static Interval Window(double since, double until) => new(now.AddDays(since), now.AddDays(until));
}
