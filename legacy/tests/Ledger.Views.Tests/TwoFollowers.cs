using Ledger.Testing;

namespace Ledger.Views.Tests;

/// <summary>Two processes follow one log into one set of tables: every event is applied once.</summary>
public sealed class TwoFollowers
{
    [Fact]
    public Task two_followers_write_what_one_would() => Seeds.Run(2, async random =>
    {
        await using var fixture = await BooksFixture.Create();
        await using var second = new Books(fixture.Database.DataSource, fixture.Log, TimeProvider.System);
        await second.Start(default);
        var world = new World(random).Begin();
        var written = 0;
        for (var i = 0; i < 60; i++)
        {
            world.Step();
            await fixture.Append(world.Log[written..]);
            written = world.Log.Count;
        }
        world.Finish();
        var last = await fixture.Append(world.Log[written..]);
        Assert.True(await fixture.Books.WaitFor(last, TimeSpan.FromSeconds(30), default), $"{fixture.Books.Halted}");
        Assert.True(await second.WaitFor(last, TimeSpan.FromSeconds(30), default), $"{second.Halted}");
        Assert.All(await fixture.Books.CheckLaws(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));
    });
}
