using Ledger.Budgets;
using Ledger.Money;
using Ledger.Testing;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Views.Tests;

public sealed class AlertTable
{
    private static readonly DateTimeOffset at = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task alerts_are_listed_recovered_and_acknowledged_and_a_rebuild_gives_the_same()
    {
        await using var fixture = await BooksFixture.Create();
        var queries = new WatchQueries(fixture.Database.DataSource);
        var (fifty, eighty) = (Crossed("b-1", 50), Crossed("b-1", 80));
        var stale = new SourceStale("a-stale", "stale:x", Severity.Warning, "xai-1", "prod", null, "auth: no", at.AddHours(1));
        await fixture.AppendAndFollow(
            (Alert.StreamOf(fifty.Alert), fifty), (Alert.StreamOf(eighty.Alert), eighty), (Alert.StreamOf("a-stale"), stale),
            (Alert.StreamOf(eighty.Alert), new BudgetRecovered(eighty.Alert, "b-1", "b-1", eighty.Threshold, Usd.FromCents(10), Usd.FromCents(100), at.AddHours(2))),
            // Said twice: the first counts.
            (Alert.StreamOf(eighty.Alert), new BudgetRecovered(eighty.Alert, "b-1", "b-1", eighty.Threshold, Usd.FromCents(10), Usd.FromCents(100), at.AddHours(3))),
            (Alert.StreamOf(fifty.Alert), new AlertAcknowledged(fifty.Alert, at.AddHours(2), "ludo")));

        var all = await queries.Alerts(new(), default);
        Assert.Equal(["a-stale", eighty.Alert, fifty.Alert], all.Select(a => a.Id));
        Assert.Equal("budget-threshold-crossed", all[1].Kind);
        Assert.Equal((at.AddHours(2), null), (all[1].RecoveredAt, all[1].AckedAt));
        Assert.Equal(("ludo", at.AddHours(2)), (all[2].AckedBy, all[2].AckedAt));
        Assert.Equal("b-1", all[2].Budget);
        Assert.Equal(Usd.FromCents(50), Assert.IsType<BudgetThresholdCrossed>(all[2].Event).Spent);
        Assert.Equal("account:xai-1", all[0].Scope);

        Assert.Equal(["a-stale", fifty.Alert], (await queries.Alerts(new() { OpenAt = at.AddHours(4) }, default)).Select(a => a.Id));
        Assert.Equal(["a-stale"], (await queries.Alerts(new() { OpenAt = at.AddDays(40) }, default)).Select(a => a.Id));
        Assert.Equal([eighty.Alert], (await queries.Alerts(new() { Before = all[0].Position, Limit = 1 }, default)).Select(a => a.Id));
        Assert.Equal(["a-stale"], (await queries.Alerts(new() { Kind = "source-stale" }, default)).Select(a => a.Id));
        Assert.Equal(["a-stale"], (await queries.Alerts(new() { Since = at.AddMinutes(30) }, default)).Select(a => a.Id));
        Assert.Equal(fifty.Key, (await queries.Alert(fifty.Alert, default))?.Key);
        Assert.Null(await queries.Alert("a-nothing", default));

        await using (var views = await queries.Open(default))
        {
            Assert.Equal([fifty.Key], await views.KnownKeys([fifty.Key, "another"], default));
            Assert.Equal([fifty.Alert], (await views.OpenOf(["b-1", "b-2"], at, default)).Select(a => a.Id));
            Assert.Equal(["b-1"], await views.BudgetsWithOpenAlerts(at, 10, default));
            Assert.Equal(["a-stale"], (await views.OpenAbout("account:xai-1", "source-stale", default)).Select(a => a.Id));
        }
        Assert.All(await fixture.Books.CheckLaws(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));
        Assert.True((await fixture.Books.Rebuild(swap: true, null, default)).Equal);
        Assert.Equal(all.Select(a => (a.Id, a.RecoveredAt, a.AckedBy)), (await queries.Alerts(new(), default)).Select(a => (a.Id, a.RecoveredAt, a.AckedBy)));
    }

    [Fact]
    public async Task a_hand_that_changes_an_alert_is_found_by_verify()
    {
        await using var fixture = await BooksFixture.Create();
        var alert = Crossed("b-1", 50);
        await fixture.AppendAndFollow((Alert.StreamOf(alert.Alert), alert));
        await fixture.Database.Execute("update views.alert set acked_by = 'nobody'");
        var check = (await fixture.Books.CheckLaws(null, default)).Single(c => !c.Ok);
        Assert.Contains("alert", check.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("comment on schema views is null")]
    [InlineData("comment on schema views is 'ledger views 1'")]
    public async Task older_views_are_dropped_and_filled_again_from_the_log(string older)
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(new Random(11)).Begin();
        for (var i = 0; i < 60; i++) world.Step();
        world.Finish();
        var last = await fixture.AppendAndFollow(world.Log);
        var billed = await fixture.Database.Scalar<decimal>("select sum(billed) from views.party_day");
        await fixture.Books.DisposeAsync();
        await fixture.Database.Execute($"{older}; drop table views.alert; drop table views.scope_spend");

        await using var again = new Books(fixture.Database.DataSource, fixture.Log, TimeProvider.System);
        await again.Start(default);
        Assert.True(await again.WaitFor(last, TimeSpan.FromSeconds(30), default), $"{again.Halted}");
        Assert.Equal(billed, await fixture.Database.Scalar<decimal>("select sum(billed) from views.party_day"));
        Assert.All(await again.CheckLaws(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));
    }

    [Fact]
    public async Task newer_views_are_left_alone_and_said()
    {
        await using var fixture = await BooksFixture.Create();
        await fixture.Books.DisposeAsync();
        await fixture.Database.Execute("comment on schema views is 'ledger views 99'");
        await using var again = new Books(fixture.Database.DataSource, fixture.Log, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => again.Start(default));
        Assert.Contains("99", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await fixture.Database.Scalar<long>("select count(*) from views.checkpoint"));
    }

    private static BudgetThresholdCrossed Crossed(string budget, int percent) => new()
    {
        Alert = Alert.IdOf($"{budget}:{percent}"),
        Key = $"{budget}:{percent}",
        Severity = Severity.Warning,
        Budget = budget,
        Name = budget,
        Scope = "all",
        Period = "month",
        Window = new(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero)),
        Threshold = new(Basis.Actual, percent, null),
        Spent = Usd.FromCents(percent),
        Limit = Usd.FromCents(100),
        Forecast = new(null, null, null, null, null, "too little data"),
        Circumstances = Circumstances.None,
        At = at,
    };
}
