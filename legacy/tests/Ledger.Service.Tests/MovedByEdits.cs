using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

public sealed class MovedByEdits
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task what_an_edit_moved_is_summed_over_all_its_events_and_is_nothing_for_an_edit_that_changes_nothing()
    {
        await using var host = await TestHost.Start(clock: new(hour.AddMinutes(65)));
        var key = host.Team.AddKey("xai-ba", hour.AddDays(-10));
        await host.Connect();
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("keys/assign", new { key = key.Id, owners = new { ba = 1 } })).Ok();
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("6.00"), hour.AddMinutes(20));
        var mission = (string)(await host.Post("missions", new { title = "The hour", at = hour })).Ok()["mission"]!["id"]!;
        (await host.Post("missions/end", new { at = hour.AddHours(1) })).Ok();
        await host.Sync();

        var head = await host.Head();
        var edit = new { title = "Half of it", end = hour.AddMinutes(30) };
        var edited = (await host.Patch($"missions/{mission}", edit, "edit")).Ok();
        Assert.Equal(head + 2, await host.Head());
        Assert.Equal(Usd.Parse("3.00"), edited.Money("moved"));
        var nothing = (await host.Patch($"missions/{mission}", edit, "nothing")).Ok();
        Assert.Equal(head + 2, await host.Head());
        Assert.Equal(Usd.Zero, nothing.Money("moved"));
        // Once more after something else moved money: the first answers stay.
        (await host.Patch($"missions/{mission}", new { end = hour.AddMinutes(40) })).Ok();
        Assert.Equal(edited.Text, (await host.Patch($"missions/{mission}", edit, "edit")).Ok().Text);
        Assert.Equal(nothing.Text, (await host.Patch($"missions/{mission}", edit, "nothing")).Ok().Text);
    }
}
