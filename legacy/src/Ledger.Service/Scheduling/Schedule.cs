using Ledger.Service.Hosting;
using Quartz;

namespace Ledger.Service.Scheduling;

/// <summary>
/// What is to be done when, kept in the database and shared by all nodes on it: each turn goes to one of them. It says when, never
/// whether: what must not be done twice is fenced where it is done.
/// </summary>
internal sealed class Schedule(ISchedulerFactory factory, ScheduleTables tables, IEnumerable<Routine> routines, Node node, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan stopMax = TimeSpan.FromSeconds(10);

    // An appointment that did not name its next time (its node died, it failed) is due again after this.
    private static readonly TimeSpan tryAgain = TimeSpan.FromMinutes(1);

    private const string all = "all";
    private IScheduler? quartz;
    private bool stopping;

    private IScheduler Quartz => quartz ?? throw new InvalidOperationException("The schedule is not open.");

    /// <summary>From here on appointments are taken; nothing is done yet.</summary>
    public async Task Open(CancellationToken ct)
    {
        quartz = await tables.Provide(() => factory.GetScheduler(ct).AsTask(), ct);
        foreach (var routine in routines)
            await Every(routine.Job, routine.Every, ct);
    }

    /// <summary>This node takes its share from now on.</summary>
    public async Task Start(CancellationToken ct) => await Quartz.Start(ct);

    /// <summary>Sets, or moves, the one next time of an appointment. An instant that has passed means at once.</summary>
    public async Task At(string job, string of, DateTimeOffset at, CancellationToken ct) => await Put(job, of, at, tryAgain, fixedDelay: false, ct);

    /// <summary>An appointment that nobody wants any more.</summary>
    public async Task Remove(string job, string of, CancellationToken ct) => await UntilStopped(q => q.DeleteJob(new(of, job), ct).AsTask());

    /// <summary>Hands over what is under way and leaves the cluster. Before the container goes: Quartz still asks it while it stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (quartz is null || Interlocked.Exchange(ref stopping, true)) return;
        using var patience = new CancellationTokenSource(stopMax, clock);
        await quartz.Shutdown(waitForJobsToComplete: true, patience.Token);
        await tables.Leave(node);
    }

    /// <summary>First after one interval. A restart does not begin it anew: else one that restarts often would never get there.</summary>
    private async Task Every(string job, TimeSpan interval, CancellationToken ct)
    {
        var stands = await Quartz.GetTrigger(new(all, job), ct) is ISimpleTrigger known && known.RepeatInterval == interval;
        // Quartz gives a trigger up after some failures of its own; a start is a new try.
        if (stands && await Quartz.GetTriggerState(new(all, job), ct) != TriggerState.Error) return;
        await Put(job, all, clock.GetUtcNow() + interval, interval, fixedDelay: true, ct);
    }

    private async Task Put(string job, string of, DateTimeOffset at, TimeSpan interval, bool fixedDelay, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var what = JobBuilder.Create<Firing>().WithIdentity(of, job).RequestRecovery().Build();
        // What was missed while no node ran is done once, now. A fixed delay has no backlog even when it is not late enough to count as
        // missed; an appointment sets its next time before its own interval matters.
        var when = TriggerBuilder.Create(clock).WithIdentity(of, job).ForJob(what).StartAt(Whole(at > now ? at : now))
            .WithSimpleSchedule(s => s.WithInterval(interval).RepeatForever().MeasureIntervalFromCompletion(fixedDelay)
                .WithMisfireInstruction(SimpleTriggerMisfireInstruction.NowWithExistingCount))
            .Build();
        await UntilStopped(q => q.ScheduleJob(what, [when], new() { Replace = true }, ct).AsTask());
    }

    /// <summary>A node that stops sets nothing any more: what stands in the store is another node's, or the next start's.</summary>
    private async Task UntilStopped(Func<IScheduler, Task> set)
    {
        try
        {
            await set(Quartz);
        }
        catch (SchedulerException) when (Volatile.Read(ref stopping))
        {
            // Others go on.
        }
    }

    /// <summary>The store keeps milliseconds. Rounded up, so that what is due then is due.</summary>
    private static DateTimeOffset Whole(DateTimeOffset at) => at.AddTicks((TimeSpan.TicksPerMillisecond - (at.Ticks % TimeSpan.TicksPerMillisecond)) % TimeSpan.TicksPerMillisecond);
}
