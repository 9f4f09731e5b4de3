using Ledger.Testing;

namespace Ledger.Views.Tests;

/// <summary>A log that lost or changed what the books have seen stops them: they never go on from another past.</summary>
public sealed class Rewound
{
    [Fact]
    public async Task books_that_saw_another_past_stay_halted_until_they_are_rebuilt()
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(new Random(5)).Begin();
        for (var i = 0; i < 40; i++) world.Step();
        await fixture.AppendAndFollow(world.Log);
        await fixture.Books.DisposeAsync();
        await fixture.Database.Execute("update views.checkpoint set chain = decode(repeat('11', 32), 'hex')");

        await using var again = new Books(fixture.Database.DataSource, fixture.Log, TimeProvider.System);
        await again.Start(default);
        var refused = Assert.IsType<LogBrokenException>(again.Halted);
        Assert.Equal((await fixture.Log.Head(default)).Position, refused.Position);
        Assert.False(await again.WaitFor(refused.Position + 1, TimeSpan.FromSeconds(1), default));

        // The way out that the message names: computed anew from the log, and it goes on.
        Assert.True((await again.Rebuild(swap: true, null, default)).Swapped);
        Assert.Null(again.Halted);
        var next = await fixture.Append(("agent-late", new Agents.AgentAdded("late", "late", Agents.IdleRule.Shares, world.Now, null)));
        Assert.True(await again.WaitFor(next, TimeSpan.FromSeconds(10), default), $"{again.Halted}");
    }

    [Fact]
    public async Task books_that_saw_more_than_the_log_holds_start_halted()
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(new Random(6)).Begin();
        await fixture.AppendAndFollow(world.Log);
        await fixture.Books.DisposeAsync();
        await fixture.Database.Execute("update views.checkpoint set position = position + 7");

        await using var again = new Books(fixture.Database.DataSource, fixture.Log, TimeProvider.System);
        await again.Start(default);
        Assert.IsType<LogBrokenException>(again.Halted);
    }

    [Fact]
    public async Task an_event_that_cannot_be_applied_stops_the_books_and_is_never_skipped()
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(new Random(7)).Begin();
        var before = await fixture.AppendAndFollow(world.Log);
        var poison = new NewEvent(Guid.NewGuid(), "mission-ended.v1", """{"mission":42}"""u8.ToArray(), DateTimeOffset.UtcNow.ToMicroseconds());
        await fixture.Log.Append(new() { Streams = [new("mission-m-1", StreamAppend.AnyVersion, [poison])] }, default);
        var after = await fixture.Append(("agent-late", new Agents.AgentAdded("late", "late", Agents.IdleRule.Shares, world.Now, null)));

        Assert.False(await fixture.Books.WaitFor(after, TimeSpan.FromSeconds(5), default));
        Assert.NotNull(fixture.Books.Halted);
        Assert.Equal(before, fixture.Books.Position);
    }
}
