using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Missions;

public sealed class MovedByEdits(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task what_an_edit_moved_is_summed_over_all_its_events_and_is_nothing_for_an_edit_that_changes_nothing()
    {
        await using var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));
        await (await Given.Account(host)).Spender("ba", hour, "6.00");
        var mission = (string)(await host.Post("missions", new { title = "The hour", at = hour })).Ok()["mission"]!["id"]!;
        (await host.Post("missions/end", new { at = hour.AddHours(1) })).Ok();

        Task<long> Written() => host.Scalar<long>($"select count(*) from mt_events where stream_id = 'mission-{mission}'");
        var edit = new { title = "Half of it", end = hour.AddMinutes(30) };
        var edited = (await host.Patch($"missions/{mission}", edit, "edit")).Ok();
        Assert.Equal(4, await Written());
        Assert.Equal(Usd.Parse("3.00"), edited.Money("moved"));
        Assert.Equal("Half of it", (string?)edited["mission"]!["title"]);
        var nothing = (await host.Patch($"missions/{mission}", edit, "nothing")).Ok();
        Assert.Equal(4, await Written());
        Assert.Equal(Usd.Zero, nothing.Money("moved"));
        // Once more after something else moved money: the first answers stay.
        (await host.Patch($"missions/{mission}", new { end = hour.AddMinutes(40) })).Ok();
        Assert.Equal(edited.Text, (await host.Patch($"missions/{mission}", edit, "edit")).Ok().Text);
        Assert.Equal(nothing.Text, (await host.Patch($"missions/{mission}", edit, "nothing")).Ok().Text);
    }

    [Fact]
    public async Task what_an_assignment_moved_is_what_the_key_cost_from_then_on()
    {
        await using var host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));
        var key = await (await Given.Account(host)).Spender("ba", hour, "6.00");
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        var assigned = (await host.Post("keys/assign", new { key, owners = new { ba = 1, vigilio = 1 }, from = hour.AddMinutes(30) })).Ok();
        Assert.Equal(Usd.Parse("1.50"), assigned.Money("moved"));
        Assert.True((bool)assigned["key"]!["sharedNow"]!);
        var report = (await host.Get($"report?by=agent&since=today&minPosition={assigned.Position}")).Ok();
        Assert.Equal(["ba 4.50", "vigilio 1.50"], report["rows"]!.AsArray().Select(r => $"{r!["agent"]} {r["billed"]}"));
    }
}
