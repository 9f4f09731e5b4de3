using Ledger.Service.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Tests.Watching;

/// <summary>An alert is written once, whatever dies, is cut off or does the same at the same time.</summary>
public sealed class OnceEver
{
    [Fact]
    public async Task restarts_and_rebuilds_and_lost_marks_tell_nothing_again()
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("all", "10.00");
        var node = await scene.Watched();
        await scene.Spend("ba", "5.00");
        var head = await scene.Log.Head(default);
        Assert.True((await node.Books.Rebuild(swap: true, null, default)).Equal);
        await node.DisposeAsync();
        await scene.Database.Execute("delete from ledger_watch");
        await using var again = await scene.Watched();
        await scene.Spend("ba", "5.01");
        await again.DisposeAsync();
        await scene.Database.Execute("drop schema views cascade");
        await using var third = await scene.Watched();
        Assert.Single(await scene.Raised());
        Assert.Equal(1, await scene.Messages());
        Assert.Equal(head.Position + 1, (await scene.Log.Head(default)).Position);
    }

    [Fact]
    public async Task two_nodes_tell_once_and_the_other_takes_over()
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("all", "10.00");
        var one = await scene.Watched();
        var two = scene.NewNode();
        await two.Start();
        await scene.Spend("ba", "5.00");
        Assert.Null(two.Watch.State.Position);
        await one.DisposeAsync();
        await scene.Spend("ba", "8.00");
        Assert.NotNull(two.Watch.State.Position);
        Assert.Equal(["all 50%", "all 80%"], await scene.Crossed());
        Assert.Equal(2, await scene.Messages());
    }

    [Fact]
    public async Task a_pass_that_lost_its_lease_writes_nothing_and_the_next_holder_tells()
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("all", "10.00");
        var one = await scene.Watched();
        var taken = false;
        one.Watch.Step = async step =>
        {
            if (step != WatchStep.BeforeAppend || taken || !(await scene.Crossed()).SequenceEqual([])) return;
            if (await scene.Database.Scalar<long>("select count(*) from views.scope_spend") == 0) return;
            taken = true;
            // Its time ran out in the middle, and another took it.
            await scene.Database.Execute("update ledger_lease set holder = 'another', token = nextval('ledger_token'), until = clock_timestamp() + interval '3 seconds' where name = 'watch'");
        };
        await scene.Read(("ba", "5.00", scene.Hour));
        await TestHost.Until(() => Task.FromResult(taken), "the lease is lost in a pass");
        await Task.Delay(1_000);
        Assert.Empty(await scene.Raised());
        await TestHost.Until(async () => (await scene.Crossed()).Count == 1, "the next holder tells");
        Assert.Equal(1, await scene.Messages());
    }

    [Fact]
    public async Task a_look_that_takes_longer_than_the_lease_keeps_it_and_tells()
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("all", "10.00");
        var node = await scene.Watched();
        var looks = 0;
        node.Watch.Step = async step =>
        {
            if (step == WatchStep.Looking)
            {
                looks++;
                // Half a minute passes over it, and a second is left of the lease.
                scene.Clock.Advance(TimeSpan.FromSeconds(29));
                await scene.Database.Execute("update ledger_lease set until = clock_timestamp() + interval '1 second' where name = 'watch'");
            }
            else if (step == WatchStep.BeforeAppend) await Task.Delay(1_500);
        };
        await scene.Spend("ba", "5.00");
        Assert.Equal(1, looks);
        Assert.Equal(["all 50%"], await scene.Crossed());
    }

    [Theory]
    [InlineData((int)WatchStep.BeforeAppend)]
    [InlineData((int)WatchStep.AfterAppend)]
    public async Task a_crash_inside_a_pass_loses_nothing_and_tells_nothing_twice(int at)
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("all", "10.00");
        var node = await scene.Watched();
        var crashes = 0;
        node.Watch.Step = step => (int)step == at && Interlocked.Increment(ref crashes) == 1 ? throw new IOException("crash") : Task.CompletedTask;
        await scene.Spend("ba", "5.00");
        Assert.True(crashes >= 2);
        Assert.Single(await scene.Raised());
        Assert.Equal(1, await scene.Messages());
        Assert.Null(node.Watch.State.Trouble);
    }

    [Fact]
    public async Task a_budget_that_was_set_before_a_pass_failed_is_looked_at_by_the_next()
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("all", "1000.00");
        var node = await scene.Watched();
        await scene.Spend("ba", "5.00");
        var crashes = 0;
        node.Watch.Step = step => step == WatchStep.BeforeAppend && Interlocked.Increment(ref crashes) == 1 ? throw new IOException("crash") : Task.CompletedTask;
        // Nothing is spent any more: nobody else would bring this budget up.
        await node.Looked(await scene.SetBudget("late", "8.00"));
        Assert.True(crashes >= 2);
        Assert.Equal(["late 50%"], await scene.Crossed());
    }

    [Fact]
    public async Task an_unknown_outcome_and_a_busy_log_are_looked_at_again()
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("all", "10.00");
        var outcome = new Outcomes(
            append => throw new LogBusyException("full"),
            async append =>
            {
                await append();
                throw new AppendOutcomeUnknownException("cut");
            });
        var node = scene.NewNode(outcome: outcome);
        await node.Start();
        await scene.Spend("ba", "5.00");
        Assert.Equal(2, outcome.Used);
        Assert.Single(await scene.Raised());
        Assert.Equal(1, await scene.Messages());
    }

    [Fact]
    public async Task what_another_found_with_other_figures_is_left_and_the_rest_is_written()
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("a", "10.00");
        await scene.SetBudget("b", "10.00");
        var late = scene.NewNode();
        // Another node's append lands between our look and our append: the same alert, seen a moment earlier.
        var theirs = new Outcomes(async append =>
        {
            await using var other = new Node(scene, scene.Log, null);
            await other.Books.Start(default);
            await other.Books.WaitFor((await scene.Log.Head(default)).Position, TimeSpan.FromSeconds(10), default);
            await other.Checks.Run(scene.Now, default);
            return await append();
        });
        await scene.Append("key-shared", new Ledger.Keys.KeyAssigned(WatchScene.Account, "k-ba", [new("ba", 1), new("vigilio", 1)], null, scene.Now, null));
        await scene.Read(("ba", "1.00", scene.Hour));
        await using var mine = new Node(scene, scene.Log, theirs);
        await mine.Books.Start(default);
        await mine.Books.WaitFor((await scene.Log.Head(default)).Position, TimeSpan.FromSeconds(10), default);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await mine.Checks.Run(scene.Now, default);
        Assert.Single((await scene.Raised()).OfType<KeyShared>());
        Assert.Equal(1, await scene.Messages());
    }

    [Fact]
    public async Task halted_books_are_not_judged_by_and_it_is_said()
    {
        await using var scene = await WatchScene.Begin();
        await scene.SetBudget("all", "10.00");
        var node = await scene.Watched();
        var poison = new NewEvent(Guid.NewGuid(), "mission-ended.v1", """{"mission":42}"""u8.ToArray(), scene.Now);
        await scene.Log.Append(new() { Streams = [new("mission-m-1", StreamAppend.AnyVersion, [poison])] }, default);
        await scene.Read(("ba", "9.00", scene.Hour));
        await TestHost.Until(() => Task.FromResult(node.Watch.State.Trouble is not null), "trouble is said");
        Assert.Contains("views stopped", node.Watch.State.Trouble, StringComparison.Ordinal);
        await node.Checks.Run(scene.Now, default);
        Assert.DoesNotContain(await scene.Log.ReadAll(0, 1_000, default), e => e.Stream.StartsWith("alert-", StringComparison.Ordinal));
    }

    private sealed class Outcomes(params Func<Func<Task<AppendResult>>, Task<AppendResult>>[] first) : IOutcome
    {
        public int Used { get; private set; }

        public Task<AppendResult> Of(AppendRequest request, Func<Task<AppendResult>> append) => Used < first.Length ? first[Used++](append) : append();
    }
}
