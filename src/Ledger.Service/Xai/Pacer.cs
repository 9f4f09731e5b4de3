namespace Ledger.Providers;

/// <summary>Who goes first when requests have to wait for their turn.</summary>
public enum Priority
{
    /// <summary>Somebody waits for it: connect, sync, a bookmark.</summary>
    First,

    /// <summary>The regular poll.</summary>
    Background,
}

/// <summary>One credential's pace: a token bucket with a lane for those who go first. Never faster than the provider asked.</summary>
internal sealed class Pacer : IDisposable
{
    private const int waitersMax = 256;

    private readonly TimeProvider clock;
    private readonly int burst;
    private readonly TimeSpan pace;
    private readonly TimeSpan patience;
    private readonly Lock gate = new();
    private readonly Queue<TaskCompletionSource> first = new();
    private readonly Queue<TaskCompletionSource> background = new();
    private readonly ITimer timer;
    private readonly long started;
    private TimeSpan tokensAt;
    private TimeSpan heldUntil;
    private int tokens;

    /// <param name="clock">Only its monotonic timestamps are used.</param>
    /// <param name="burst">Requests that may go at once.</param>
    /// <param name="pace">Time that earns one more.</param>
    /// <param name="patience">A hold longer than this is refused to callers at once instead of being waited for.</param>
    public Pacer(TimeProvider clock, int burst, TimeSpan pace, TimeSpan patience)
    {
        this.clock = clock;
        this.burst = Math.Max(1, burst);
        this.pace = pace < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : pace;
        this.patience = patience;
        tokens = this.burst;
        started = clock.GetTimestamp();
        timer = clock.CreateTimer(static pacer => ((Pacer)pacer!).Pump(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Now => clock.GetElapsedTime(started);

    /// <summary>Completes when it is this request's turn.</summary>
    public Task Wait(Priority priority, CancellationToken ct)
    {
        lock (gate)
        {
            Earn();
            if (heldUntil - Now > patience) return Task.FromException(Held());
            var waiting = first.Count + background.Count;
            if (waiting == 0 && tokens > 0 && heldUntil <= Now)
            {
                tokens--;
                return Task.CompletedTask;
            }
            if (waiting >= waitersMax)
                return Task.FromException(new ProviderException(FailureKind.RateLimited, $"{waitersMax} requests are already waiting for their turn."));

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (priority == Priority.First ? first : background).Enqueue(turn);
            Schedule();
            return Turn(turn, ct);
        }
    }

    /// <summary>The provider said when to come back: nobody goes before that.</summary>
    public void Hold(TimeSpan wait)
    {
        lock (gate)
        {
            var until = Now + wait;
            if (until > heldUntil) heldUntil = until;
            if (wait > patience)
            {
                foreach (var turn in first.Concat(background)) turn.TrySetException(Held());
                first.Clear();
                background.Clear();
            }
            Schedule();
        }
    }

    public void Dispose() => timer.Dispose();

    private static async Task Turn(TaskCompletionSource turn, CancellationToken ct)
    {
        using var cancelled = ct.Register(() => turn.TrySetCanceled(ct));
        await turn.Task;
    }

    private ProviderException Held() => new(FailureKind.RateLimited, "The provider asked us to stay away for a while.", heldUntil - Now);

    private void Pump()
    {
        lock (gate)
        {
            Earn();
            while (tokens > 0 && heldUntil <= Now && (first.TryDequeue(out var turn) || background.TryDequeue(out turn)))
            {
                // A caller that gave up has no use for its turn: the next one gets it.
                if (turn.TrySetResult()) tokens--;
            }
            Schedule();
        }
    }

    private void Earn()
    {
        var now = Now;
        var earned = (now - tokensAt).Ticks / pace.Ticks;
        if (earned <= 0) return;
        tokens = (int)Math.Min(burst, tokens + earned);
        tokensAt = tokens == burst ? now : tokensAt + (pace * earned);
    }

    private void Schedule()
    {
        if (first.Count + background.Count == 0) return;
        var at = tokens > 0 ? heldUntil : tokensAt + pace;
        if (heldUntil > at) at = heldUntil;
        var wait = at - Now;
        timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
