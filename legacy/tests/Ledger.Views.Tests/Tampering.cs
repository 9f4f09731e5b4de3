using Ledger.Testing;

namespace Ledger.Views.Tests;

/// <summary>A figure changed by hand in any money column of any view is found, also one that keeps every sum.</summary>
public sealed class Tampering
{
    [Theory]
    [InlineData("update views.line set total = total + 1 where id = (select max(id) from views.line)")]
    [InlineData("update views.fact set total = total + 1 where (line_id, position) = (select line_id, position from views.fact order by random() limit 1)")]
    [InlineData("update views.fact set replaces = coalesce(replaces, 0) + 1 where (line_id, position) = (select line_id, position from views.fact order by random() limit 1)")]
    [InlineData("update views.allocation set amount = amount + 1 where ctid = (select ctid from views.allocation order by random() limit 1)")]
    [InlineData("update views.allocation set restated = restated + 1 where ctid = (select ctid from views.allocation order by random() limit 1)")]
    [InlineData("update views.allocation set agent = 'amy' where ctid = (select ctid from views.allocation where agent <> 'amy' order by random() limit 1)")]
    [InlineData("update views.claim set low = low - 1 where ctid = (select ctid from views.claim order by random() limit 1)")]
    [InlineData("update views.claim set high = high + 1 where ctid = (select ctid from views.claim order by random() limit 1)")]
    [InlineData("update views.spend_day set billed = billed + 1 where ctid = (select ctid from views.spend_day order by random() limit 1)")]
    [InlineData("update views.spend_day set restated = restated + 1 where ctid = (select ctid from views.spend_day order by random() limit 1)")]
    [InlineData("update views.party_day set billed = billed + 1 where ctid = (select ctid from views.party_day order by random() limit 1)")]
    [InlineData("update views.mission_bounds set low = low - 1")]
    [InlineData("update views.mission_bounds set high = high + 1")]
    [InlineData("delete from views.allocation where ctid = (select ctid from views.allocation where amount <> 0 order by random() limit 1)")]
    [InlineData("delete from views.fact where ctid = (select ctid from views.fact order by random() limit 1)")]
    // Keeps every sum: the bill, the line, the day; only the log knows better.
    [InlineData("update views.line set total = total + 1 where id = 1; update views.fact set total = total + 1 where line_id = 1 and position = (select max(position) from views.fact where line_id = 1); update views.allocation set amount = amount + 1 where ctid = (select ctid from views.allocation where line_id = 1 order by position desc limit 1); update views.spend_day d set billed = billed + 1 from (select a.*, l.account, l.key, l.model, l.unit from views.allocation a join views.line l on l.id = a.line_id where line_id = 1 order by a.position desc limit 1) x where d.day = (x.start at time zone 'utc')::date and d.account = x.account and d.key = x.key and d.model = x.model and d.unit = x.unit and d.agent = x.agent and d.mission = x.mission and d.method = x.method")]
    public Task a_figure_changed_by_hand_is_found(string tamper) => Seeds.Run(1, async random =>
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(random).Begin();
        // Long enough that every table has rows.
        for (var i = 0; i < 150 || !Claimed(world); i++) world.Step();
        world.Finish();
        await fixture.AppendAndFollow(world.Log);
        Assert.All(await fixture.Books.CheckLaws(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));

        Assert.True(await fixture.Database.Execute(tamper) > 0, "nothing was tampered with");

        var broken = (await fixture.Books.CheckLaws(null, default)).Where(c => !c.Ok).ToArray();
        Assert.NotEmpty(broken);
        Assert.All(broken, b => Assert.False(string.IsNullOrWhiteSpace(b.Detail)));
        // The last check computes everything anew and names the row.
        Assert.Contains(broken, b => b.Law.StartsWith("the log gives", StringComparison.Ordinal));

        var repaired = await fixture.Books.Rebuild(swap: true, null, default);
        Assert.False(repaired.Equal);
        Assert.All(await fixture.Books.CheckLaws(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));
    });

    private static bool Claimed(World world) => world.Log.Any(l => l.Event is Missions.MissionStarted) && world.Log.Any(l => l.Event is Accounts.UsageSnapshotTaken) && ReferenceBooks.Of(world.Log.Select(l => l.Event)).Bounds.Count > 0;
}
