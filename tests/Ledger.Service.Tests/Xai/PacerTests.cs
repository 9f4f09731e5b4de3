using Xunit;

namespace Ledger.Providers.Tests;

public sealed class PacerTests
{
    private readonly ManualClock clock = ManualClock.At("2026-11-16T12:00:00Z");

    [Fact]
    public async Task thirty_go_at_once_and_then_one_a_second()
    {
        using var pacer = Pacer();
        for (var i = 0; i < 30; i++) Assert.True(pacer.Wait(Priority.Background, default).IsCompletedSuccessfully);

        var waiting = Enumerable.Range(0, 3).Select(_ => pacer.Wait(Priority.Background, default)).ToList();
        Assert.All(waiting, turn => Assert.False(turn.IsCompleted));
        clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.All(waiting, turn => Assert.False(turn.IsCompleted));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await waiting[0].WaitAsync(TimeSpan.FromSeconds(5));
        Assert.False(waiting[1].IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(2));
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task somebody_who_waits_for_it_goes_before_the_polls()
    {
        using var pacer = Pacer(burst: 1);
        await pacer.Wait(Priority.Background, default);
        var poll = pacer.Wait(Priority.Background, default);
        var bookmark = pacer.Wait(Priority.First, default);
        clock.Advance(TimeSpan.FromSeconds(1));
        await bookmark.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.False(poll.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await poll.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task a_turn_that_was_given_up_goes_to_the_next()
    {
        using var pacer = Pacer(burst: 1);
        await pacer.Wait(Priority.Background, default);
        using var patience = new CancellationTokenSource();
        var gone = pacer.Wait(Priority.Background, patience.Token);
        var next = pacer.Wait(Priority.Background, default);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        clock.Advance(TimeSpan.FromSeconds(1));
        await next.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task a_quiet_time_earns_a_burst_and_no_more()
    {
        using var pacer = Pacer(burst: 2);
        await pacer.Wait(Priority.Background, default);
        await pacer.Wait(Priority.Background, default);
        clock.Advance(TimeSpan.FromHours(5));
        Assert.True(pacer.Wait(Priority.Background, default).IsCompleted);
        Assert.True(pacer.Wait(Priority.Background, default).IsCompleted);
        Assert.False(pacer.Wait(Priority.Background, default).IsCompleted);
    }

    [Fact]
    public async Task a_short_hold_is_waited_for()
    {
        using var pacer = Pacer();
        pacer.Hold(TimeSpan.FromSeconds(20));
        var turn = pacer.Wait(Priority.First, default);
        clock.Advance(TimeSpan.FromSeconds(19));
        Assert.False(turn.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await turn.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task a_long_hold_is_told_at_once_also_to_those_who_wait_already()
    {
        using var pacer = Pacer(burst: 1);
        await pacer.Wait(Priority.Background, default);
        var waiting = pacer.Wait(Priority.Background, default);
        pacer.Hold(TimeSpan.FromMinutes(30));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(FailureKind.RateLimited, (await Assert.ThrowsAsync<ProviderException>(() => waiting)).Kind);
        var told = await Assert.ThrowsAsync<ProviderException>(() => pacer.Wait(Priority.First, default));
        Assert.Equal(TimeSpan.FromMinutes(29), told.RetryAfter);
        clock.Advance(TimeSpan.FromMinutes(29));
        await pacer.Wait(Priority.First, default).WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task the_queue_is_bounded()
    {
        using var pacer = Pacer(burst: 1);
        await pacer.Wait(Priority.Background, default);
        for (var i = 0; i < 256; i++) _ = pacer.Wait(Priority.Background, default);
        var e = await Assert.ThrowsAsync<ProviderException>(() => pacer.Wait(Priority.First, default));
        Assert.Equal(FailureKind.RateLimited, e.Kind);
    }

    private Pacer Pacer(int burst = 30) => new(clock, burst, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
}
