using Ledger.Accounts;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Polling;

/// <summary>
/// What connecting reads: 90 days, the newest first, a week a request. What is done is what the coverage table says was read since the
/// account was (last) connected, so a restart goes on where it was.
/// </summary>
internal sealed class Backfill
{
    private const int chunkDays = 7;

    private readonly Lock gate = new();
    private readonly Queue<Interval> chunks = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset? plannedFor;
    private Interval? newest;
    private int days;
    private int done;

    /// <summary>Keys were asked for by name.</summary>
    public bool KeysListed { get; set; }

    /// <summary>Everything connecting needs is in the log.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Why it does not go on just now; null when it does.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Readings taken and lines changed so far, and the last position written.</summary>
    public (int Readings, int Lines, long Position) Sum { get; private set; }

    /// <summary>The next stretch to read; null when nothing is left.</summary>
    public async Task<Interval?> Plan(Func<Task<Known<Account>>> look, Sources sources, int daysBack, DateTimeOffset now, CancellationToken ct)
    {
        if (IsDone && plannedFor is not null) return null;
        if ((await look()).State is not { Removed: false } account) return null;
        if (plannedFor != account.ConnectedAt)
        {
            var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
            var wanted = new Interval(today.AddDays(-daysBack), today.AddDays(1));
            var covered = (await sources.Coverage(account.Id, wanted, ct)).Where(c => c.Asked >= account.ConnectedAt).ToArray();
            Missing(wanted, covered, today);
            plannedFor = account.ConnectedAt;
        }
        lock (gate)
        {
            if (chunks.Count == 0) IsDone = true;
            if (IsDone) Signal();
            return chunks.TryPeek(out var next) ? next : null;
        }
    }

    /// <summary>Whether all days of a stretch were read since the account was connected.</summary>
    public static async Task<bool> IsRead(Interval chunk, Account account, Sources sources, CancellationToken ct)
    {
        var covered = (await sources.Coverage(account.Id, chunk, ct)).Where(c => c.Asked >= account.ConnectedAt).ToArray();
        // The last day may still run: it is read up to some hour.
        return covered.Length > 0 && Days(chunk).All(day => day == chunk.End.AddDays(-1) ? covered.Any(c => c.End > day) : covered.Any(c => c.Start <= day && c.End >= day.AddDays(1)));
    }

    private static IEnumerable<DateTimeOffset> Days(Interval chunk) => Enumerable.Range(0, (int)chunk.Length.TotalDays).Select(i => chunk.Start.AddDays(i));

    public void Did(int readings, int lines, long position)
    {
        lock (gate)
        {
            done += readings;
            Trouble = null;
            Sum = (Sum.Readings + readings, Sum.Lines + lines, position);
            Signal();
        }
    }

    /// <summary>A stretch is done. True: it was the newest, so the account is read up to now.</summary>
    public bool Finish(Interval chunk)
    {
        lock (gate)
        {
            if (chunks.TryPeek(out var next) && next == chunk) chunks.Dequeue();
            if (chunks.Count == 0) IsDone = true;
            Signal();
            return chunk == newest;
        }
    }

    public void Failing(string detail)
    {
        lock (gate)
        {
            Trouble = detail;
            Signal();
        }
    }

    public void Stop() => Failing("The account is not read any more.");

    /// <summary>Returns when everything is in the log, or when it does not go on just now.</summary>
    public async Task Wait(Action<Progress> progress, CancellationToken ct)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                progress(new("backfill", done, Math.Max(done, days)));
                if (IsDone || Trouble is not null) return;
                next = changed.Task;
            }
            await next.WaitAsync(ct);
        }
    }

    private void Missing(Interval wanted, IReadOnlyList<PreviousReading> covered, DateTimeOffset today)
    {
        bool Lacks(DateTimeOffset day) => day == today
            ? !covered.Any(c => c.End > day)
            : !covered.Any(c => c.Start <= day && c.End >= day.AddDays(1));
        lock (gate)
        {
            chunks.Clear();
            (days, done, newest) = (0, 0, null);
            for (var end = wanted.End; end > wanted.Start;)
            {
                var start = end.AddDays(-chunkDays) > wanted.Start ? end.AddDays(-chunkDays) : wanted.Start;
                var lacking = Enumerable.Range(0, (int)(end - start).TotalDays).Select(i => start.AddDays(i)).Where(Lacks).ToArray();
                if (lacking.Length > 0)
                {
                    var chunk = new Interval(lacking[0], lacking[^1].AddDays(1));
                    chunks.Enqueue(chunk);
                    days += (int)chunk.Length.TotalDays;
                    if (chunk.End == wanted.End) newest = chunk;
                }
                end = start;
            }
            IsDone = chunks.Count == 0;
        }
    }

    private void Signal()
    {
        changed.TrySetResult();
        changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
