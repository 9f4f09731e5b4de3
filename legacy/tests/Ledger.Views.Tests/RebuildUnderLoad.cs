using Ledger.Testing;

namespace Ledger.Views.Tests;

/// <summary>A rebuild while events keep coming and people keep asking: nobody is sent away, nothing is lost.</summary>
public sealed class RebuildUnderLoad
{
    [Fact]
    public Task a_rebuild_swaps_under_appends_and_queries() => Seeds.Run(1, async random =>
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(random).Begin();
        for (var i = 0; i < 100; i++) world.Step();
        await fixture.AppendAndFollow(world.Log);

        using var enough = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            var written = world.Log.Count;
            while (!enough.IsCancellationRequested)
            {
                world.Step();
                await fixture.Append(world.Log[written..]);
                written = world.Log.Count;
                await Task.Delay(2);
            }
        });
        var asking = Task.Run(async () =>
        {
            var from = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
            while (!enough.IsCancellationRequested)
                await fixture.Queries.Report(new() { Since = from, Until = from.AddDays(60), By = [], PreliminaryFrom = from }, default);
        });
        for (var i = 0; i < 3; i++)
        {
            var rebuilt = await fixture.Books.Rebuild(swap: true, null, default);
            Assert.True(rebuilt.Equal, rebuilt.FirstDifference);
        }
        await enough.CancelAsync();
        await writing;
        await asking;

        var head = (await fixture.Log.Head(default)).Position;
        Assert.True(await fixture.Books.WaitFor(head, TimeSpan.FromSeconds(30), default), $"{fixture.Books.Halted}");
        Assert.All(await fixture.Books.CheckLaws(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));
    });
}
