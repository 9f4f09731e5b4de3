using System.Collections.Concurrent;

namespace Ledger.Delivery;

/// <summary>
/// Delivers one kind of messages: claims some, sends each, marks what became of it. A channel that is down is left alone as a whole,
/// with growing pauses; a message that can't be delivered does not hold up the others.
/// </summary>
internal sealed class ChannelLoop(IChannel channel, IOutbox outbox, TimeProvider clock, Action<string> say)
{
    private static readonly TimeSpan pauseFirst = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan pauseMax = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan againSoon = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan digestAgain = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan lastWords = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan lookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private volatile ChannelTrouble? trouble;
    private string? gone;
    private int failures;

    /// <summary>What keeps the whole channel from delivering; null when nothing does.</summary>
    public ChannelTrouble? Trouble => trouble;

    public ChannelInfo Info => channel.Info;

    /// <summary>Until cancelled; attempts under way then have a few seconds to end. A fault of the database is waited out.</summary>
    public async Task Run(CancellationToken ct)
    {
        using var cut = new CancellationTokenSource();
        using var stopping = ct.Register(() => cut.CancelAfter(lastWords));
        while (!ct.IsCancellationRequested)
        {
            // Asked for before the look, so that nothing comes in between.
            var next = outbox.NextMessages();
            var more = false;
            try
            {
                more = await Turn(ct, cut.Token);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The outbox is away, or a channel broke its promise: claims run out and come back.
                say($"delivery of {channel.Info.Name} stumbled: {OneLine.Reason(e.Message)}");
                next = Task.Delay(pauseFirst, ct);
            }
            if (!more)
                await Task.WhenAny(next, Task.Delay(lookEvery, ct));
        }
    }

    /// <summary>One claim and all that follows from it. False: there was nothing to do.</summary>
    /// <param name="ct">Nothing new begins after it.</param>
    /// <param name="cut">Ends attempts under way.</param>
    public async Task<bool> Turn(CancellationToken ct, CancellationToken cut)
    {
        if (trouble is { } waiting && clock.GetUtcNow() < waiting.Until) return false;
        var rules = channel.Rules;
        var began = clock.GetUtcNow();
        var claimed = await outbox.Claim(channel.Kind, rules.ClaimMax, rules.Lease, began, ct);
        if (claimed.Count == 0) return false;

        var parcels = await Sort(claimed);
        var done = new ConcurrentQueue<ClaimedMessage>();
        var left = new ConcurrentQueue<ClaimedMessage>();
        // After trouble the first goes alone: it is the one that finds out.
        var probes = failures > 0 ? 1 : 0;
        foreach (var parcel in parcels.Take(probes))
            await Deliver(parcel, done, left, cut);
        // Whose beginning nobody notes must end under its claim: another node takes what runs out, and this one's marks are then refused.
        bool IsLate() => rules.CopiesAreTold && clock.GetUtcNow() - began > rules.Lease - rules.AttemptMax;
        await Parallel.ForEachAsync(parcels.Skip(probes), new ParallelOptions { MaxDegreeOfParallelism = rules.Concurrency, CancellationToken = CancellationToken.None }, async (parcel, _) =>
        {
            if (trouble is null && !ct.IsCancellationRequested && !IsLate()) await Deliver(parcel, done, left, cut);
            else foreach (var message in parcel.Messages) left.Enqueue(message);
        });
        // Marks are made to the end, also while stopping: an unmarked delivery is a second copy.
        if (!done.IsEmpty) await outbox.Delivered([.. done], clock.GetUtcNow(), CancellationToken.None);
        if (!left.IsEmpty) await PutOff([.. left], trouble ?? new(ct.IsCancellationRequested ? "the service stopped" : "its turn did not come in this round", clock.GetUtcNow(), clock.GetUtcNow()));
        return true;
    }

    /// <summary>What leaves as one; and out with what nobody can read or what was sent twice already.</summary>
    private async Task<IReadOnlyList<Parcel>> Sort(IReadOnlyList<ClaimedMessage> claimed)
    {
        var (parcels, unreadable) = Parcels.Of(claimed, clock.GetUtcNow());
        foreach (var (message, why) in unreadable)
            await outbox.DeadLetter(message, $"unreadable: {OneLine.Reason(why)}", CancellationToken.None);
        var fresh = new List<Parcel>(parcels.Count);
        foreach (var parcel in parcels)
        {
            if (gone is not null)
                await Each(parcel.Messages, m => outbox.DeadLetter(m, gone, CancellationToken.None));
            else if (!channel.Rules.CopiesAreTold && parcel.EarlierUnknown > 1)
                await Each(parcel.Messages, m => outbox.DeadLetter(m, "outcome unknown, sent at most twice", CancellationToken.None));
            else
                fresh.Add(parcel);
        }
        return fresh;
    }

    private async Task Deliver(Parcel parcel, ConcurrentQueue<ClaimedMessage> done, ConcurrentQueue<ClaimedMessage> left, CancellationToken cut)
    {
        // Where copies can't be told apart, nothing leaves before the database knows that it does. What is not held any more stays.
        if (!channel.Rules.CopiesAreTold
            && (await outbox.Begin(parcel.Messages, parcel.Id, channel.Rules.Lease, clock.GetUtcNow(), CancellationToken.None)).Count < parcel.Messages.Count) return;

        var outcome = await channel.Send(parcel, cut);
        if (outcome is not Outcome.Later { Down: true }) Recovered();
        switch (outcome)
        {
            case Outcome.Delivered when channel.Rules.CopiesAreTold:
                foreach (var message in parcel.Messages) done.Enqueue(message);
                break;
            case Outcome.Delivered:
                await outbox.Delivered(parcel.Messages, clock.GetUtcNow(), CancellationToken.None);
                break;
            case Outcome.Refused refused:
                if (refused.Gone) Stop(refused.Reason);
                await Each(parcel.Messages, m => outbox.DeadLetter(m, refused.Reason, CancellationToken.None));
                break;
            case Outcome.Later { Down: true } later:
                Down(later);
                foreach (var message in parcel.Messages) left.Enqueue(message);
                break;
            case Outcome.Later later:
                await Each(parcel.Messages, m => Again(m, later.Wait ?? Pause(m.Attempt), later.Reason, ambiguous: false));
                break;
            case Outcome.Unknown unknown when channel.Rules.CopiesAreTold:
                await Each(parcel.Messages, m => Again(m, Pause(m.Attempt), unknown.Reason, ambiguous: true));
                break;
            case Outcome.Unknown unknown when parcel.EarlierUnknown == 0:
                await outbox.Retry(parcel.Messages, clock.GetUtcNow() + (parcel.Class == Notifying.NotificationClasses.Digest ? digestAgain : againSoon), unknown.Reason, ambiguous: true, CancellationToken.None);
                break;
            case Outcome.Unknown unknown:
                await Each(parcel.Messages, m => outbox.DeadLetter(m, $"outcome unknown, sent at most twice: {unknown.Reason}", CancellationToken.None));
                break;
        }
    }

    private async Task Again(ClaimedMessage message, TimeSpan wait, string reason, bool ambiguous)
    {
        var now = clock.GetUtcNow();
        if (now - message.Since >= channel.Rules.GivesUpAfter)
            await outbox.DeadLetter(message, $"given up after {Spoken.Of(now - message.Since)}: {reason}", CancellationToken.None);
        else
            await outbox.Retry([message], now + wait, reason, ambiguous, CancellationToken.None);
    }

    private async Task PutOff(IReadOnlyList<ClaimedMessage> messages, ChannelTrouble why)
    {
        var now = clock.GetUtcNow();
        var old = messages.Where(m => now - m.Since >= channel.Rules.GivesUpAfter).ToArray();
        await Each(old, m => outbox.DeadLetter(m, $"given up after {Spoken.Of(now - m.Since)}: {why.Reason}", CancellationToken.None));
        if (old.Length < messages.Count) await outbox.Retry([.. messages.Except(old)], why.Until, why.Reason, ambiguous: false, CancellationToken.None);
    }

    private void Down(Outcome.Later why)
    {
        lock (gate)
        {
            // Several attempts under way find out the same thing: that is one failure.
            if (trouble is { } known && clock.GetUtcNow() < known.Until) return;
            failures++;
            if (trouble is null) say($"{channel.Info.Name} is down: {why.Reason}; what waits is kept");
            trouble = new(why.Reason, clock.GetUtcNow() + (why.Wait ?? Pause(failures)), trouble?.Since ?? clock.GetUtcNow());
        }
    }

    /// <summary>Ends a pause.</summary>
    public void TryNow()
    {
        lock (gate)
            if (trouble is { } known) trouble = known with { Until = clock.GetUtcNow() };
    }

    private void Recovered()
    {
        lock (gate)
        {
            if (trouble is null) return;
            say($"{channel.Info.Name} is back after {Spoken.Of(clock.GetUtcNow() - trouble.Since)}");
            (trouble, failures) = (null, 0);
        }
    }

    private void Stop(string reason)
    {
        if (gone is not null) return;
        gone = $"{reason}; nothing more is sent there until the service is started anew";
        say($"{channel.Info.Name} has stopped: {gone}");
    }

    private static TimeSpan Pause(int attempt)
    {
        var pause = pauseFirst;
        for (var i = 1; i < attempt && pause < pauseMax; i++) pause += pause;
        return pause < pauseMax ? pause : pauseMax;
    }

    private static async Task Each(IReadOnlyList<ClaimedMessage> messages, Func<ClaimedMessage, Task> mark)
    {
        foreach (var message in messages) await mark(message);
    }

}

/// <summary>Why a whole channel is left alone.</summary>
/// <param name="Reason">What it said last; no secrets.</param>
/// <param name="Until">When it is tried next.</param>
/// <param name="Since">Since when it has been so.</param>
public sealed record ChannelTrouble(string Reason, DateTimeOffset Until, DateTimeOffset Since);
