using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;

namespace Ledger.Postgres;

/// <summary>
/// One writer for all callers of this process. A batch is cut when the previous commit has returned, so a lone append waits for
/// nobody and a crowd shares a commit. Several processes may do this at once: the head row keeps them in line.
/// </summary>
internal sealed class GroupCommit : IAsyncDisposable
{
    private const int GatherTurnsMax = 16;

    private readonly LedgerDatabase database;
    private readonly PostgresLogOptions options;
    private readonly Action<long> committed;
    private readonly Channel<PreparedAppend> queue;
    private readonly Task running;
    private readonly Memory memory;
    private WriterConnection? connection;
    private long queuedBytes;
    private long known;
    private bool sequenceBehind = true;

    public GroupCommit(LedgerDatabase database, PostgresLogOptions options, Action<long> committed)
    {
        this.database = database;
        this.options = options;
        this.committed = committed;
        memory = new Memory(options.StreamsRemembered);
        queue = Channel.CreateBounded<PreparedAppend>(new BoundedChannelOptions(options.QueueLengthMax) { SingleReader = true });
        running = Task.Run(Run);
    }

    public async Task<AppendResult> Append(PreparedAppend append, CancellationToken ct)
    {
        if (Interlocked.Add(ref queuedBytes, append.Bytes) > options.QueueBytesMax || !queue.Writer.TryWrite(append))
        {
            Interlocked.Add(ref queuedBytes, -append.Bytes);
            throw new LogBusyException(running.IsCompleted
                ? "The log is closed."
                : $"{options.QueueLengthMax} appends or {options.QueueBytesMax} bytes wait already. Nothing was written; try again.");
        }
        await using var cancel = ct.Register(() => append.GiveUp(ct));
        return await append.Done;
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await running;
        await Drop();
    }

    private async Task Run()
    {
        var batch = new List<PreparedAppend>();
        try
        {
            while (await WaitForWork())
            {
                await Gather(batch.Count);
                batch.Clear();
                Cut(batch);
                if (batch.Count > 0)
                    await Settle(batch);
            }
        }
        catch (Exception bug)
        {
            // Nobody may wait for a writer that is gone.
            queue.Writer.TryComplete();
            while (queue.Reader.TryRead(out var next))
                batch.Add(next);
            foreach (var append in batch)
                append.Fail(bug);
            throw;
        }
    }

    private async Task<bool> WaitForWork()
    {
        if (queue.Reader.TryPeek(out _))
            return true;
        var more = queue.Reader.WaitToReadAsync().AsTask();
        if (sequenceBehind && await Task.WhenAny(more, Task.Delay(options.IdleAfter)) != more)
            await LevelSequence();
        return await more;
    }

    /// <summary>
    /// The callers of the last batch have just been answered; those who come again at once are let in first, or the crowd would
    /// fall apart into two halves that wait for each other. No clock: only turns of the thread pool, and none for a lone caller.
    /// </summary>
    private async Task Gather(int crowd)
    {
        for (var turn = 0; turn < GatherTurnsMax && queue.Reader.Count < crowd; turn++)
            await Task.Yield();
    }

    private void Cut(List<PreparedAppend> batch)
    {
        int events = 0, messages = 0;
        long bytes = 0;
        while (queue.Reader.TryPeek(out var next))
        {
            events += next.EventCount;
            messages += next.Request.Messages.Count;
            bytes += next.Bytes;
            var full = events > options.BatchEventsMax || bytes > options.BatchBytesMax || messages > options.MessagesMax
                || batch.Count >= options.BatchEventsMax;
            if (full && batch.Count > 0)
                return;
            queue.Reader.TryRead(out _);
            Interlocked.Add(ref queuedBytes, -next.Bytes);
            if (next.Take())
                batch.Add(next);
        }
    }

    /// <summary>Brings a batch to its end, whatever happens on the way: every caller gets exactly one answer.</summary>
    private async Task Settle(IReadOnlyList<PreparedAppend> batch)
    {
        var pause = options.RetryPause;
        Stopwatch? unknownFor = null;
        for (var attempt = 1; ; attempt++)
        {
            Exception failure;
            try
            {
                await Transact(batch);
                return;
            }
            catch (Exception e)
            {
                failure = e;
            }

            if (failure is CommitCutException)
                unknownFor ??= Stopwatch.StartNew();
            if (unknownFor is not null && !batch.Any(a => a.SentFirst is not null))
                unknownFor = null;

            var trouble = failure is CommitCutException ? Trouble.Away : Troubles.Of(failure);
            var mayTryAgain = unknownFor is not null
                ? unknownFor.Elapsed < options.ResolvePatience
                : attempt < options.AttemptsMax && trouble is Trouble.TryAgain or Trouble.Away;
            if (!mayTryAgain)
            {
                await Refuse(batch, trouble, failure);
                return;
            }
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()));
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, TimeSpan.TicksPerSecond));
        }
    }

    private async Task Refuse(IReadOnlyList<PreparedAppend> batch, Trouble trouble, Exception why)
    {
        // One of them is at fault: each alone, so that the others are not dragged down.
        if (trouble == Trouble.Request && batch.Count > 1)
        {
            foreach (var append in batch)
                await Settle([append]);
            return;
        }
        foreach (var append in batch)
        {
            append.Fail(append.SentFirst is not null
                ? new AppendOutcomeUnknownException("The connection was cut during commit and the outcome could not be found out in time. Ask again with the same idempotency key.", why)
                : trouble switch
                {
                    Trouble.Request => new ArgumentException($"PostgreSQL refuses this append: {why.Message}", why),
                    Trouble.Fault => why,
                    _ => new LogBusyException($"The database does not take writes just now: {why.Message} Nothing was written.", why),
                });
        }
    }

    private async Task Transact(IReadOnlyList<PreparedAppend> batch)
    {
        connection ??= await WriterConnection.Open(database, options);
        try
        {
            var resolution = await CommitOnMemory(batch) ?? await CommitOnReading(batch);
            known = resolution.Position;
            committed(known);
            Answer(resolution);
            if (batch.Any(a => a.Request.Messages.Count > 0))
                database.MessagesCame();
        }
        catch (Exception e)
        {
            memory.Forget();
            await Recover(e);
            throw;
        }
    }

    /// <summary>
    /// One round trip, on what this process remembers of the log. The commit itself proves it: it fails unless the head is still
    /// the remembered one, and unless every key and id is new. Null: not possible, or proven wrong.
    /// </summary>
    private async Task<Resolution?> CommitOnMemory(IReadOnlyList<PreparedAppend> batch)
    {
        if (memory.StandingFor(batch) is not { } standing)
            return null;
        var resolution = Resolve(standing, batch);
        // Without an event there is nothing to prove it with. And only what is written proves its key and ids new: what seems to
        // have lost may be a replay of something long committed.
        if (resolution.Positions.Count == 0 || resolution.Settled.Count > 0)
            return null;
        try
        {
            await Commit(resolution, standing);
        }
        catch (PostgresException wrong) when (WriterConnection.ProvesMemoryWrong(wrong))
        {
            memory.Forget();
            await connection!.Rollback();
            return null;
        }
        memory.Learn(standing, resolution);
        return resolution;
    }

    /// <summary>Two round trips: take the head row and read, then write and commit.</summary>
    private async Task<Resolution> CommitOnReading(IReadOnlyList<PreparedAppend> batch)
    {
        var (standing, writer) = await connection!.TakeHeadAndRead(batch);
        if (writer != "ledger")
            throw new LogBusyException($"The declared writer of this log is {writer}. Switch back to ledger first.");
        if (standing.Position < known)
            throw new LogBrokenException($"The head went back from {known} to {standing.Position}: an older copy of the database was restored.", standing.Position);

        var resolution = Resolve(standing, batch);
        if (resolution.Accepted.Count == 0)
            await connection.Rollback();
        else
            await Commit(resolution, remembered: null);
        // With other writers about, what we remember is seldom still true.
        if (standing.Position == known)
            memory.Learn(standing, resolution);
        else
            memory.Forget();
        return resolution;
    }

    private static Resolution Resolve(Standing standing, IReadOnlyList<PreparedAppend> batch)
    {
        var resolution = new Resolution(standing);
        foreach (var append in batch)
            resolution.Add(append);
        return resolution;
    }

    /// <summary>Some were decided by an append of the same batch, so they too are told only after the commit.</summary>
    private static void Answer(Resolution resolution)
    {
        foreach (var (append, result, refusal) in resolution.Settled)
        {
            if (refusal is null)
                append.Complete(result!);
            else
                append.Fail(refusal);
        }
        foreach (var (append, first, last) in resolution.Accepted)
            append.Complete(new AppendResult.Written(first, last));
    }

    private async Task Commit(Resolution resolution, Standing? remembered)
    {
        foreach (var (append, first, _) in resolution.Accepted)
            append.SentFirst = first;
        sequenceBehind = true;
        try
        {
            await connection!.WriteAndCommit(resolution, remembered);
        }
        catch (Exception e) when (e is not CommitCutException)
        {
            // The commit was not sent, or the server said that it rolled back.
            foreach (var (append, _, _) in resolution.Accepted)
                append.SentFirst = null;
            throw;
        }
    }

    private async Task Recover(Exception e)
    {
        if (e is LogBusyException or LogBrokenException || Troubles.ProvesRollback(e))
        {
            try
            {
                await connection!.Rollback();
                return;
            }
            catch (Exception)
            {
                // The connection is of no use: drop it.
            }
        }
        await Drop();
    }

    private async Task LevelSequence()
    {
        try
        {
            connection ??= await WriterConnection.Open(database, options);
            await connection.LevelSequence();
            sequenceBehind = false;
        }
        catch (Exception)
        {
            // A courtesy to Marten that must never stop the writer: tried again with the next quiet; an append opens a new connection.
            await Drop();
        }
    }

    private async Task Drop()
    {
        if (connection is { } broken)
        {
            connection = null;
            await broken.DisposeAsync();
        }
    }
}
