using System.Threading.RateLimiting;
using Ledger.Service.Xai;
using Microsoft.Extensions.Time.Testing;

namespace Ledger.Service.Tests.Xai;

public sealed class PacerTests
{
    private readonly FakeTimeProvider clock = new(Payload.At("2026-11-16T12:00:00Z"));

    [Fact]
    public async Task thirty_go_at_once_and_then_one_a_second()
    {
        using var pacer = Pacer();
        for (var i = 0; i < 30; i++) Assert.True(Wait(pacer, Priority.Background).IsCompletedSuccessfully);

        var waiting = Enumerable.Range(0, 3).Select(_ => Wait(pacer, Priority.Background)).ToList();
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
        await Wait(pacer, Priority.Background);
        var poll = Wait(pacer, Priority.Background);
        var bookmark = Wait(pacer, Priority.First);
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
        await Wait(pacer, Priority.Background);
        using var patience = new CancellationTokenSource();
        var gone = Wait(pacer, Priority.Background, patience.Token);
        var next = Wait(pacer, Priority.Background);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        clock.Advance(TimeSpan.FromSeconds(1));
        await next.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task a_quiet_time_earns_a_burst_and_no_more()
    {
        using var pacer = Pacer(burst: 2);
        await Wait(pacer, Priority.Background);
        await Wait(pacer, Priority.Background);
        clock.Advance(TimeSpan.FromHours(5));
        Assert.True(Wait(pacer, Priority.Background).IsCompleted);
        Assert.True(Wait(pacer, Priority.Background).IsCompleted);
        Assert.False(Wait(pacer, Priority.Background).IsCompleted);
    }

    [Fact]
    public async Task a_short_hold_is_waited_for()
    {
        using var pacer = Pacer();
        pacer.Hold(TimeSpan.FromSeconds(20));
        var turn = Wait(pacer, Priority.First);
        clock.Advance(TimeSpan.FromSeconds(19));
        Assert.False(turn.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await turn.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task a_long_hold_is_told_at_once_also_to_those_who_wait_already()
    {
        using var pacer = Pacer(burst: 1);
        await Wait(pacer, Priority.Background);
        var waiting = pacer.Acquire(Priority.Background, default).AsTask();
        pacer.Hold(TimeSpan.FromMinutes(30));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromMinutes(30), RetryAfter(await waiting));
        Assert.Equal(TimeSpan.FromMinutes(29), RetryAfter(await pacer.Acquire(Priority.First, default)));
        clock.Advance(TimeSpan.FromMinutes(29));
        await Wait(pacer, Priority.First).WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task the_queue_is_bounded()
    {
        using var pacer = Pacer(burst: 1);
        await Wait(pacer, Priority.Background);
        for (var i = 0; i < 256; i++) _ = Wait(pacer, Priority.Background);
        Assert.Equal(TimeSpan.FromSeconds(256), RetryAfter(await pacer.Acquire(Priority.First, default)));
    }

    [Fact]
    public async Task it_is_idle_when_nobody_waits_and_a_whole_burst_may_go()
    {
        using var pacer = Pacer(burst: 2);
        Assert.True(pacer.IsIdle);
        await Wait(pacer, Priority.Background);
        Assert.False(pacer.IsIdle);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(pacer.IsIdle);
        pacer.Hold(TimeSpan.FromSeconds(20));
        Assert.False(pacer.IsIdle);
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.True(pacer.IsIdle);
    }

    private static async Task Wait(Pacer pacer, Priority priority, CancellationToken ct = default) => Assert.True((await pacer.Acquire(priority, ct)).IsAcquired);

    private static TimeSpan RetryAfter(RateLimitLease lease)
    {
        Assert.False(lease.IsAcquired);
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : throw new InvalidOperationException("It does not say when to come back.");
    }

    private Pacer Pacer(int burst = 30) => new(clock, new() { Burst = burst });
}
