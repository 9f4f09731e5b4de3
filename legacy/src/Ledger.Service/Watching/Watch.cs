using Ledger.Budgets;
using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Ledger.Views;
using Ledger.Views.Watching;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Watching;

/// <summary>Where the watch stands.</summary>
/// <param name="Position">Position looked at last by this node; null: this node has not looked.</param>
/// <param name="At">When that was.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Trouble">Why it does not look just now; null when it does, or when another node does.</param>
internal sealed record WatchState(long? Position, DateTimeOffset? At, TimeSpan? Took, string? Trouble);

/// <summary>
/// Follows behind the books and turns what changed into alerts. One node at a time, under a lease that every append is fenced by; all
/// it knows it asks of the views, so any node can take over at any moment: it looks at everything once, and what was told is there.
/// </summary>
internal sealed class Watch(
    WatchQueries queries, Books books, IEventLog log, ILeases leases, Sources sources, Raiser raiser, WatchMark mark, ServiceSettings settings, TimeProvider clock, ILogger<Watch> logger) : IAsyncDisposable
{
    private static readonly TimeSpan leaseLength = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan renewEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan catchUp = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan tickEvery = TimeSpan.FromMinutes(1);
    private const int perQuestion = 500;
    private const int perTick = 2_000;

    private readonly string node = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}";
    private readonly CancellationTokenSource stopping = new();
    private readonly BudgetIndex index = new(books);
    private readonly HistoryFindings history = new(sources, log, settings.BackfillDays);
    private Task running = Task.CompletedTask;
    // Under which everything was looked at once.
    private Fence? held;
    private Fence? taken;
    private long looked;
    private DateTimeOffset tickedAt;
    private int disposed;

    /// <summary>Where it stands; for status and doctor.</summary>
    public WatchState State { get; private set; } = new(null, null, null, null);

    /// <summary>Longest wait for something new; the lease is renewed in between.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Called at a step inside a pass; for tests that fail it there.</summary>
    public Func<WatchStep, Task>? Step { get; set; }

    public void Start() => running = Task.Run(() => Run(stopping.Token), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (taken is { } fence)
        {
            try
            {
                // Another node need not wait for it to run out.
                await leases.Release(fence, CancellationToken.None);
            }
            catch (Exception e) when (e is Npgsql.NpgsqlException or ObjectDisposedException)
            {
                // It runs out by itself.
            }
        }
        stopping.Dispose();
    }

    private async Task Run(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Turn(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Nothing that happens here may end the loop: what was not written is found again.
                State = State with { Trouble = Names.Printable(e.Message) };
                logger.LogWarning("Watching: {Kind} {Detail}", e.GetType().Name, e.Message);
                if (e is not (LogBusyException or AppendOutcomeUnknownException or Npgsql.NpgsqlException or TimeoutException)) logger.LogError(e, "Watching met something unexpected");
                await Pause(ct);
            }
        }
    }

    private async Task Turn(CancellationToken ct)
    {
        if (books.Halted is { } halted)
        {
            // What they hold is not what is; a figure that stands still raises nothing, and nobody may think that all is well.
            State = State with { Trouble = $"The views stopped: {Names.Printable(halted.Message)}" };
            await Pause(ct);
            return;
        }
        taken = await leases.Take("watch", node, leaseLength, ct);
        if (taken is not { } fence)
        {
            held = null;
            State = State with { Trouble = null };
            await Pause(ct);
            return;
        }
        var all = held != fence;
        if (all)
        {
            // What the node before us told must be in our views before we look.
            var head = await log.Head(ct);
            if (!await books.WaitFor(head.Position, catchUp, ct)) throw new TimeoutException("The views are behind the log, so what was told is not known yet.");
            looked = await mark.Get(ct) is { } known && known <= head.Position ? known : head.Position;
        }
        var now = clock.GetUtcNow();
        var tick = all || now - tickedAt >= tickEvery || now < tickedAt;
        if (all || tick || books.Position > looked)
        {
            if (!await Pass(fence, all, tick, now, ct))
            {
                held = null;
                return;
            }
            held = fence;
            if (tick) tickedAt = now;
        }
        await books.WaitFor(looked + 1, WaitMax, ct);
    }

    /// <summary>One look at what changed, or at all; false: the lease is lost.</summary>
    private async Task<bool> Pass(Fence fence, bool all, bool tick, DateTimeOffset now, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        var renewed = began;
        var found = new List<IReadOnlyList<Finding>>();
        long position;
        await using (var look = await Look.Open(queries, books, sources, now, ct))
        {
            position = look.Views.Position;
            var changed = await look.Views.ChangedSince(looked, ct);
            look.Reached(changed.Answered);
            var advisor = new Advisor(look);
            var set = index.Refresh();
            var todo = all ? index.All.Select(b => new ToLookAt(b, null)) : index.Of(changed).Concat(set.Select(b => new ToLookAt(b, null)));
            if (tick && !all) todo = todo.Concat(await Due(look, ct));
            foreach (var some in todo.GroupBy(b => b.Budget.Id, StringComparer.Ordinal).Select(Widest).Chunk(perQuestion))
            {
                if (Step is { } looking) await looking(WatchStep.Looking);
                found.AddRange(await Judge(look, advisor, some, ct));
                // A look at very many takes longer than the lease: without it nothing that was found could be written, by any node, ever.
                if (clock.GetElapsedTime(renewed) < renewEvery) continue;
                if (await leases.Take("watch", node, leaseLength, ct) != fence) return false;
                renewed = clock.GetTimestamp();
            }
            if (position > looked)
            {
                found.AddRange(await SpendFindings.Anomalous(look, advisor, changed, ct));
                found.AddRange(await SpendFindings.Restatements(look, looked, ct));
            }
            found.AddRange(await RunwayFindings.Of(look, advisor, ct));
            if (tick || changed.Values.Count > 0) found.AddRange(await history.Of(look, advisor, index.All, ct));
        }
        if (Step is { } before) await before(WatchStep.BeforeAppend);
        if (found.Count > 0 && !await raiser.Write(found, fence, ct)) return false;
        if (Step is { } after) await after(WatchStep.AfterAppend);
        if (position != looked || all) await mark.Move(position, fence.Token, now, ct);
        looked = position;
        index.Seen();
        State = new(position, now, clock.GetElapsedTime(began), null);
        return true;
    }

    private static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Judge(Look look, Advisor advisor, ToLookAt[] budgets, CancellationToken ct)
    {
        var states = await BudgetStates.Of(look, budgets, ct);
        var crossings = await BudgetFindings.Crossings(look, states, ct);
        var recoveries = await BudgetFindings.Recoveries(look, [.. budgets.Select(b => b.Budget.Id)], states, ct);
        return crossings.Count == 0 ? recoveries : [.. await BudgetFindings.Alerted(look, advisor, crossings, ct), .. recoveries];
    }

    /// <summary>What time alone can change: raises that ended, and alerts that may be over.</summary>
    private async Task<IEnumerable<ToLookAt>> Due(Look look, CancellationToken ct)
    {
        var open = (await look.Views.BudgetsWithOpenAlerts(look.Now, perTick, ct)).Select(index.Find).OfType<Budget>();
        return index.RaisesEnded(tickedAt, look.Now).Concat(open).Select(b => new ToLookAt(b, new(look.Now, look.Now)));
    }

    private static ToLookAt Widest(IEnumerable<ToLookAt> same)
    {
        var (first, all) = (default(ToLookAt), default(Interval?));
        foreach (var one in same)
        {
            if (one.Changed is null) return one;
            all = all is { } so ? new(so.Start < one.Changed.Value.Start ? so.Start : one.Changed.Value.Start, so.End > one.Changed.Value.End ? so.End : one.Changed.Value.End) : one.Changed;
            first = one;
        }
        return first with { Changed = all };
    }

    private async Task Pause(CancellationToken ct) => await Task.Delay(pause, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

/// <summary>Where in a pass a test may stop it.</summary>
internal enum WatchStep
{
    /// <summary>Some budgets are about to be judged.</summary>
    Looking,

    /// <summary>All is found, nothing is written.</summary>
    BeforeAppend,

    /// <summary>Written, and the mark not moved.</summary>
    AfterAppend,
}
