using Ledger.Accounts;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Alerts;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Alerts;

/// <summary>Run-outs, silent sources, forgotten missions, shared keys, unusual hours, moved figures, imported history.</summary>
public sealed class OtherAlertTests(TestDatabases databases)
{
    [Fact]
    public async Task history_alerts_nobody_but_is_summed_up_once_when_all_of_it_is_in()
    {
        var connected = new DateTimeOffset(2026, 11, 16, 10, 4, 0, TimeSpan.Zero);
        await using var scene = await AlertScene.Begin(databases, connected);
        await scene.SetBudget("all", "10.00");
        await scene.SetBudget("none", "1000.00");
        await scene.Spend("ba", "6.00", scene.Hour.AddDays(-2));
        await scene.Spend("vigilio", "2.50", scene.Hour.AddDays(-3));
        Assert.Empty(await scene.Raised());
        await Cover(scene, new(2026, 11, 9, 0, 0, 0, TimeSpan.Zero));
        await scene.Tick();
        Assert.Empty(await scene.Raised());
        await Cover(scene, new(2026, 11, 8, 0, 0, 0, TimeSpan.Zero));
        await scene.Tick();
        var summary = Assert.IsType<HistoryImported>(Assert.Single(await scene.Raised()));
        Assert.Equal(Usd.Parse("8.50"), summary.Spent);
        Assert.Equal([("all", 80)], summary.Passed.Select(p => (p.Name, p.Threshold.Percent!.Value)));
        Assert.Equal("k-ba", summary.Circumstances.Drivers.First(d => d.Dimension == "key").Value);
        Assert.Equal(1, await scene.Mails());

        // What is spent from now on is told: also in the hour that ran when it was connected.
        await scene.Spend("ba", "1.50");
        Assert.Equal(["all 100%"], await scene.Crossed());
        await scene.Restart();
        await scene.Tick();
        Assert.Single((await scene.Raised()).OfType<HistoryImported>());
    }

    [Fact]
    public async Task figures_of_before_connecting_that_come_in_late_and_pass_a_threshold_are_told()
    {
        await using var scene = await AlertScene.Begin(databases, connectedAt: new(2026, 11, 16, 10, 4, 0, TimeSpan.Zero));
        var before = scene.Hour.AddHours(-3);
        await scene.SetBudget("all", "10.00");
        await scene.Read(("ba", "6.00", before));
        await Cover(scene, new(2026, 8, 1, 0, 0, 0, TimeSpan.Zero));
        // It waits until the views hold all that was read.
        await LedgerHost.Until(async () =>
        {
            await scene.Tick();
            return (await scene.Raised()).OfType<HistoryImported>().Any();
        }, "the summary");
        var summary = Assert.Single((await scene.Raised()).OfType<HistoryImported>());
        Assert.Equal([50], summary.Passed.Select(p => p.Threshold.Percent!.Value));
        Assert.Empty(await scene.Crossed());

        // The provider tells three dollars more of that hour: nobody has heard of 80 % yet, and of 50 % everybody has.
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        await scene.Spend("ba", "9.00", before);
        Assert.Equal(["all 80%"], await scene.Crossed());
    }

    [Fact]
    public async Task credit_that_runs_out_is_told_level_by_level_and_again_after_a_top_up()
    {
        await using var scene = await AlertScene.Begin(databases);
        // Less than six hours of spend say nothing of a day.
        for (var hour = 0; hour < 7; hour++)
        {
            scene.Clock.AdvanceTo(scene.Hour.AddHours(hour).AddMinutes(50));
            await scene.Spend("ba", "1.00", scene.Hour.AddHours(hour));
        }
        await scene.Seen(Account.StreamOf(AlertScene.Account), Balance(scene, "100.00", "40.00"));
        var first = Assert.IsType<RunwayShort>(Assert.Single(await scene.Raised()));
        // 60 dollars at about 1.02 an hour.
        Assert.Equal("72h", first.Level);
        Assert.InRange(first.Circumstances.Runway!.RunsOut!.Value - scene.Now, TimeSpan.FromHours(57), TimeSpan.FromHours(60));
        await scene.Seen(Account.StreamOf(AlertScene.Account), Balance(scene, "100.00", "91.00"));
        var raised = (await scene.Raised()).OfType<RunwayShort>().Skip(1).ToArray();
        Assert.Equal(["24h", "10%", "20%", "50%"], raised.Select(r => r.Level).OrderBy(l => l.EndsWith('h') ? 0 : 1).ThenBy(l => l));
        Assert.Equal(2, await scene.Mails());
        Assert.Equal(Usd.Parse("9.00"), raised[0].Circumstances.Runway!.Left);
        // Bought: all of it is over, in one message; and the next time it is short is another time.
        await scene.Seen(Account.StreamOf(AlertScene.Account), Balance(scene, "1000.00", "91.00"));
        Assert.Equal(5, (await scene.Raised()).OfType<RunwayRecovered>().Count());
        await scene.GoodNews();
        Assert.Equal(3, await scene.Mails());
        await scene.Seen(Account.StreamOf(AlertScene.Account), Balance(scene, "1000.00", "910.00"));
        Assert.Contains((await scene.Raised()).OfType<RunwayShort>(), r => r.Level == "10%" && r.Key.EndsWith(":1", StringComparison.Ordinal));
        Assert.Equal(4, await scene.Mails());
    }

    [Fact]
    public async Task a_silent_source_is_told_once_and_when_it_speaks_again()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.Put(s => s with { Asked = scene.Now.AddHours(-2) });
        await scene.Tick();
        Assert.Empty(await scene.Raised());
        scene.Clock.Advance(TimeSpan.FromMinutes(3));
        await scene.Tick();
        await scene.Tick();
        var stale = Assert.IsType<SourceStale>(Assert.Single(await scene.Raised()));
        Assert.Equal(("prod", null), (stale.AccountName, stale.Reason));
        await scene.Put(s => s with { Asked = scene.Now });
        await scene.Tick();
        await scene.Tick();
        Assert.Equal(stale.Alert, Assert.IsType<SourceRecovered>((await scene.Raised())[^1]).Alert);
        Assert.Equal(2, (await scene.Raised()).Count);
        await scene.GoodNews();
        Assert.Equal(2, await scene.Mails());
        scene.Clock.Advance(TimeSpan.FromMinutes(16));
        await scene.Tick();
        Assert.Equal(3, (await scene.Raised()).Count);
        Assert.Equal(3, await scene.Mails());
    }

    [Fact]
    public async Task a_forgotten_mission_and_a_shared_key_are_told_once()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.Append(Mission.StreamOf("m-1"), new MissionStarted("m-1", "Forgotten", "o/r#1", ["ba"], 1, scene.Hour, scene.Now, null));
        await scene.Append(Mission.StreamOf("m-2"), new MissionStarted("m-2", "Worked on", null, ["vigilio"], 1, scene.Hour, scene.Now, null));
        await scene.Append(AlertScene.KeyOf("ba"), new KeyAssigned(AlertScene.Account, "k-ba", [new("ba", 1), new("vigilio", 1)], scene.Hour.AddDays(5), scene.Now, null));
        await scene.Spend("ba", "1.00");
        scene.Clock.AdvanceTo(scene.Hour.AddHours(25));
        await scene.Spend("vigilio", "1.00", scene.Hour.AddHours(24));
        await scene.Tick();
        await scene.Tick();
        var left = Assert.IsType<MissionLeftOpen>(Assert.Single(await scene.Raised(), e => e is not SourceStale));
        Assert.Equal(("m-1", "o/r#1", Usd.Parse("1.00")), (left.Mission, left.Ref, left.Billed));

        // After a week the other one is asked about too, though it spends; and the key has two owners by then.
        scene.Clock.AdvanceTo(scene.Hour.AddDays(7).AddHours(1));
        await scene.Spend("vigilio", "1.00", scene.Hour.AddDays(7));
        await scene.Spend("ba", "2.00", scene.Hour.AddDays(7));
        await scene.Tick();
        var rest = (await scene.Raised()).Where(e => e is MissionLeftOpen or KeyShared).Skip(1).ToArray();
        Assert.Equal("m-2", rest.OfType<MissionLeftOpen>().Single().Mission);
        var shared = rest.OfType<KeyShared>().Single().Shared;
        Assert.Equal(("k-ba", "xai-ba", Usd.Parse("2.00")), (shared.Key, shared.Name, shared.Amount));
        Assert.Equal(["ba", "vigilio"], shared.Agents);
    }

    [Fact]
    public async Task an_unusual_hour_is_told_once_a_day_and_a_usual_one_never()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.Read([.. Enumerable.Range(1, 28).Select(d => ("ba", "1.00", scene.Hour.AddDays(-d))), .. Enumerable.Range(1, 28).Select(d => ("vigilio", "3.00", scene.Hour.AddDays(-d)))]);
        await scene.Spend("vigilio", "4.00");
        await scene.Spend("ba", "1.90");
        Assert.Empty(await scene.Raised());
        await scene.Spend("ba", "2.10");
        await scene.Spend("ba", "9.00");
        var unusual = Assert.IsType<SpendAnomalous>(Assert.Single(await scene.Raised()));
        Assert.Equal(("ba", scene.Hour, Usd.Parse("2.10"), Usd.Parse("1.00")), (unusual.Agent, unusual.Hour, unusual.Spent, unusual.Usual));
    }

    [Fact]
    public async Task a_large_restatement_is_told_and_a_small_one_is_not()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.Read(("ba", "9.00", scene.Hour.AddDays(-2)), ("vigilio", "3.00", scene.Hour.AddDays(-1)));
        await scene.Spend("ba", "8.01", scene.Hour.AddDays(-2));
        await scene.Spend("ba", "8.90", scene.Hour.AddDays(-2));
        Assert.Empty(await scene.Raised());
        var position = await scene.Read(("ba", "6.00", scene.Hour.AddDays(-2)), ("vigilio", "2.00", scene.Hour.AddDays(-1)));
        await scene.Looked(position);
        var moved = Assert.IsType<LargeRestatement>(Assert.Single(await scene.Raised()));
        // The net since anybody was told, small moves too.
        Assert.Equal((Usd.Parse("-4.00"), position, "prod"), (moved.Moved, moved.AsOf, moved.AccountName));
        Assert.Equal(new Interval(new(2026, 11, 14, 0, 0, 0, TimeSpan.Zero), new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero)), moved.Days);
    }

    [Fact]
    public async Task a_figure_that_goes_to_and_fro_is_told_once_a_day_at_most_and_not_at_all_where_it_is_back()
    {
        await using var scene = await AlertScene.Begin(databases);
        // In the running hour it is no restatement, however often it changes.
        foreach (var total in new[] { "12.00", "9.50", "12.00", "9.50", "12.00" }) await scene.Spend("ba", total);
        var before = scene.Hour.AddDays(-1);
        foreach (var total in new[] { "12.00", "11.50", "12.00", "11.50", "12.00" }) await scene.Spend("ba", total, before);
        Assert.Empty((await scene.Raised()).OfType<LargeRestatement>());
        foreach (var total in new[] { "9.50", "12.00", "9.50", "12.00", "9.00" }) await scene.Spend("ba", total, before);
        var told = Assert.Single((await scene.Raised()).OfType<LargeRestatement>());
        Assert.Equal(Usd.Parse("-2.50"), told.Moved);
        // The next day tells the rest: 50 cents that nobody heard of, and 60 more.
        scene.Clock.Advance(TimeSpan.FromDays(1));
        await scene.Spend("ba", "8.40", before);
        Assert.Equal([Usd.Parse("-2.50"), Usd.Parse("-1.10")], (await scene.Raised()).OfType<LargeRestatement>().Select(e => e.Moved));
    }

    private static BalanceObserved Balance(AlertScene scene, string credit, string used) => new(
        AlertScene.Account, 2026, 11, Usd.Parse(used), Usd.Parse(credit), Usd.Parse(used), Usd.Parse(credit) - Usd.Parse(used), Usd.Zero, null, null, [], scene.Now, scene.Now);

    private static Task Cover(AlertScene scene, DateTimeOffset from) => scene.Put(s => s with
    {
        Covered = Coverage.None.With(new(from, scene.Hour.AddHours(1), 3600, scene.Now, scene.Now, scene.Now)),
    });
}
