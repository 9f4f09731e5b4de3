using System.Threading.RateLimiting;

namespace Ledger.Service.Xai;

/// <summary>Who goes first when requests have to wait for their turn.</summary>
public enum Priority
{
    /// <summary>Somebody waits for it: connect, sync, a bookmark.</summary>
    First,

    /// <summary>The regular poll.</summary>
    Background,
}

/// <summary>One credential's pace: a token bucket with a lane for those who go first. Never faster than the provider asked.</summary>
/// <remarks>The framework's own limiters know neither two lanes nor a <see cref="TimeProvider"/>, and can't be told to stand still for a while.</remarks>
internal sealed class Pacer : IDisposable
{
    private const int waitersMax = 256;

    private readonly TimeProvider clock;
    private readonly int burst;
    private readonly TimeSpan pace;
    private readonly TimeSpan patience;
    private readonly Lock gate = new();
    private readonly Queue<TaskCompletionSource<RateLimitLease>> first = new();
    private readonly Queue<TaskCompletionSource<RateLimitLease>> background = new();
    private readonly ITimer timer;
    private readonly long started;
    private TimeSpan tokensAt;
    private TimeSpan heldUntil;
    private int tokens;

    /// <param name="clock">Only its monotonic timestamps are used.</param>
    /// <param name="options">Burst and pace. A hold longer than a request may take is refused to callers at once instead of being waited for.</param>
    public Pacer(TimeProvider clock, XaiOptions options)
    {
        this.clock = clock;
        burst = Math.Max(1, options.Burst);
        pace = options.Pace < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : options.Pace;
        patience = options.DeadlineMax;
        tokens = burst;
        started = clock.GetTimestamp();
        timer = clock.CreateTimer(static pacer => ((Pacer)pacer!).Pump(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A turn that was given.</summary>
    public static RateLimitLease Turn { get; } = new Lease(null);

    /// <summary>Whether forgetting this pacer would change nothing: nobody waits and a whole burst may go.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
            {
                Earn();
                return tokens == burst && heldUntil <= Now && first.Count + background.Count == 0;
            }
        }
    }

    private TimeSpan Now => clock.GetElapsedTime(started);

    /// <summary>Completes when it is this request's turn, or with a lease that is not acquired and says when to come back.</summary>
    public async ValueTask<RateLimitLease> Acquire(Priority priority, CancellationToken ct)
    {
        TaskCompletionSource<RateLimitLease> turn;
        lock (gate)
        {
            Earn();
            if (heldUntil - Now > patience) return Held();
            var waiting = first.Count + background.Count;
            if (waiting == 0 && tokens > 0 && heldUntil <= Now)
            {
                tokens--;
                return Turn;
            }
            if (waiting >= waitersMax) return new Lease(pace * waiting);

            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            (priority == Priority.First ? first : background).Enqueue(turn);
            Schedule();
        }
        await using var cancelled = ct.Register(() => turn.TrySetCanceled(ct));
        return await turn.Task;
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
                foreach (var turn in first.Concat(background)) turn.TrySetResult(Held());
                first.Clear();
                background.Clear();
            }
            Schedule();
        }
    }

    public void Dispose() => timer.Dispose();

    private Lease Held() => new(heldUntil - Now);

    private void Pump()
    {
        lock (gate)
        {
            Earn();
            while (tokens > 0 && heldUntil <= Now && (first.TryDequeue(out var turn) || background.TryDequeue(out turn)))
            {
                // A caller that gave up has no use for its turn: the next one gets it.
                if (turn.TrySetResult(Turn)) tokens--;
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

    private sealed class Lease(TimeSpan? retryAfter) : RateLimitLease
    {
        public override bool IsAcquired => retryAfter is null;

        public override IEnumerable<string> MetadataNames => [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = metadataName == MetadataName.RetryAfter.Name ? retryAfter : null;
            return metadata is not null;
        }
    }
}
