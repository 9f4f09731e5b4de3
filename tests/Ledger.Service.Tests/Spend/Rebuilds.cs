using CsCheck;
using Ledger.Service.Tests.Support;
using Ledger.Tests.Laws;

namespace Ledger.Service.Tests.Spend;

/// <summary>A rebuild while events keep coming and people keep asking: nobody is sent away, nothing is lost.</summary>
public sealed class Rebuilds(TestDatabases databases)
{
    private static readonly DateTimeOffset from = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public Task a_rebuild_swaps_under_appends_and_queries() => World.Seeds.SampleAsync(async seed =>
    {
        await using var books = await SpendBooks.Create(databases);
        var world = new World(new Random(seed)).Begin();
        for (var i = 0; i < 100; i++) world.Step();
        await books.AppendAndFollow(world.Log);

        using var enough = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            var written = world.Log.Count;
            while (!enough.IsCancellationRequested)
            {
                world.Step();
                await books.Append(world.Log[written..]);
                written = world.Log.Count;
                await Task.Delay(2);
            }
        });
        var asking = Task.Run(async () =>
        {
            var (position, total) = (0L, 0L);
            while (!enough.IsCancellationRequested)
            {
                await using var view = await books.Views.Open(default);
                var report = await view.Report(new() { Since = from, Until = from.AddDays(60), By = [], PreliminaryFrom = from }, default);
                // A hole would be a position without its money.
                Assert.True(view.Position > position || (view.Position == position && report.Total.Ticks == total) || total == 0, "the views went back");
                (position, total) = (view.Position, report.Total.Ticks);
            }
        });
        for (var i = 0; i < 3; i++)
        {
            var rebuilt = await books.Rebuild.Run(swap: true, null, default);
            Assert.True(rebuilt.Equal, rebuilt.FirstDifference);
        }
        await enough.CancelAsync();
        await writing;
        await asking;

        await books.Reach(books.Positions[^1]);
        await BooksLaws.AssertEqualsReference(books, [.. world.Log.Select(l => l.Event)]);
        await books.AssertVerified();
    }, iter: 1, threads: 1);

    [Fact]
    public async Task another_zone_stops_the_views_until_a_rebuild()
    {
        await using var books = await SpendBooks.Create(databases);
        var world = new World(new Random(7)).Begin();
        for (var i = 0; i < 80; i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(world.Log);
        await books.StopFollowing();

        await using var moved = await books.Again(zone: "Asia/Kathmandu");
        var taken = world.Log.Count;
        for (var i = 0; i < 20; i++) world.Step();
        world.Finish();
        var last = await moved.Append(world.Log[taken..]);
        await moved.Follow();
        Assert.False(await moved.Views.WaitFor(last, TimeSpan.FromSeconds(1), default));
        // Days are those of the zone they were added up by.
        Assert.Equal("UTC", await moved.Scalar<string>("select zone from spend_v3.mark"));
        await moved.StopFollowing();

        var rebuilt = await moved.Rebuild.Run(swap: true, null, default);
        Assert.True(rebuilt.Equal, rebuilt.FirstDifference);
        await moved.Follow();
        await moved.Reach(last);
        Assert.Equal("Asia/Kathmandu", await moved.Scalar<string>("select zone from spend_v3.mark"));
        await BooksLaws.AssertEqualsReference(moved, [.. world.Log.Select(l => l.Event)]);
        await moved.AssertVerified();
    }

    [Fact]
    public async Task lost_tables_are_noticed_and_filled_by_a_rebuild()
    {
        await using var books = await SpendBooks.Create(databases);
        var world = new World(new Random(8)).Begin();
        for (var i = 0; i < 60; i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(world.Log);
        await books.StopFollowing();
        await books.Execute("drop schema spend_v3 cascade");

        await using var again = await books.Again();
        await again.Store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        var taken = world.Log.Count;
        world.Step();
        world.Finish();
        var last = await again.Append(world.Log[taken..]);
        await again.Follow();
        Assert.False(await again.Views.WaitFor(last, TimeSpan.FromSeconds(1), default));
        await again.StopFollowing();

        Assert.False((await again.Rebuild.Run(swap: true, null, default)).Equal);
        await again.Follow();
        await again.Reach(last);
        await BooksLaws.AssertEqualsReference(again, [.. world.Log.Select(l => l.Event)]);
        await again.AssertVerified();
    }
}
