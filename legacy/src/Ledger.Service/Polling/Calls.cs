namespace Ledger.Service.Polling;

/// <summary>What the schedule has called one poller for and what is not over yet: at most one call of each job.</summary>
internal sealed class Calls
{
    private readonly Lock gate = new();
    private readonly List<(Reason Reason, TaskCompletionSource Over)> open = [];
    private bool closed;

    public bool Any
    {
        get
        {
            lock (gate) return open.Count > 0;
        }
    }

    /// <summary>Done when the turn is over, whoever had it and however it went.</summary>
    public Task Add(Reason reason)
    {
        lock (gate)
        {
            if (closed) return Task.CompletedTask;
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            open.Add((reason, over));
            return over.Task;
        }
    }

    /// <summary>All of them; whoever takes them ends them.</summary>
    public Taken Take()
    {
        lock (gate)
        {
            var taken = new Taken([.. open]);
            open.Clear();
            return taken;
        }
    }

    /// <summary>The poller is gone: nobody waits for it any more.</summary>
    public void Close()
    {
        lock (gate) closed = true;
        Take().Dispose();
    }

    public readonly struct Taken(IReadOnlyList<(Reason Reason, TaskCompletionSource Over)> calls) : IDisposable
    {
        public bool Any => calls.Count > 0;

        public bool Has(Reason reason) => calls.Any(c => c.Reason == reason);

        public void Dispose()
        {
            foreach (var (_, over) in calls)
                over.TrySetResult();
        }
    }
}
