using Ledger.Accounts;
using Ledger.Providers;
using Ledger.Providers.Xai;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Scheduling;
using Ledger.Service.Vault;
using Ledger.Service.Writing;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Polling;

/// <summary>
/// Reads one account: first what connecting needs, then when the schedule calls, and at once when a bookmark or a person asks. One
/// poll at a time; whatever goes wrong stays here.
/// </summary>
internal sealed class AccountPoller : IAsyncDisposable
{
    private static readonly TimeSpan pollMax = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan leaseLength = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan backoffMax = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan balanceEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan lookEvery = TimeSpan.FromSeconds(30);
    private const int regularDays = 3;
    private const int deepDays = 35;

    private readonly string account;
    private readonly ServiceSettings settings;
    private readonly ILeases leases;
    private readonly string node;
    private readonly Recorder recorder;
    private readonly Sources sources;
    private readonly CredentialVault vault;
    private readonly Schedule schedule;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly List<TaskCompletionSource<Polled>> syncs = [];
    private readonly Calls calls = new();
    private TaskCompletionSource wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool nudged;
    private bool scheduled;
    private XaiClient? client;
    private string? clientOf;
    private (int Seconds, DateTimeOffset At)? lag;
    private Task running = Task.CompletedTask;

    public AccountPoller(string account, DateTimeOffset connectedAt, ServiceSettings settings, ILeases leases, string node, Recorder recorder, Sources sources, CredentialVault vault, Schedule schedule, TimeProvider clock, ILogger logger)
    {
        (this.account, this.settings, this.leases, this.node, this.recorder, this.sources, this.vault, this.schedule, this.clock, this.logger) =
            (account, settings, leases, node, recorder, sources, vault, schedule, clock, logger);
        ConnectedAt = connectedAt;
    }

    /// <summary>How often 35 days are read anew.</summary>
    public static TimeSpan DeepEvery { get; } = TimeSpan.FromDays(1);

    /// <summary>The connection it reads; one that is removed and made again gets a new poller.</summary>
    public DateTimeOffset ConnectedAt { get; }

    /// <summary>Bookmarks that wait for a reading.</summary>
    public Waiting Waiting { get; } = new();

    /// <summary>How far connecting is.</summary>
    public Backfill Backfill { get; } = new();

    public void Start() => running = Task.Run(() => Run(stopping.Token), CancellationToken.None);

    /// <summary>An edge was written: read soon.</summary>
    public void Nudge()
    {
        lock (gate)
        {
            nudged = true;
            wake.TrySetResult();
        }
    }

    /// <summary>Reads 35 days now; answers when they are in the log.</summary>
    public Task<Polled> Sync()
    {
        var asked = new TaskCompletionSource<Polled>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (syncs.Count >= 100) throw new Refused("provider.unavailable", "Many are waiting for a reading of this account already.");
            syncs.Add(asked);
            wake.TrySetResult();
        }
        return asked.Task;
    }

    /// <summary>The schedule's call: reads if it still has to be. Over when the turn is, however it went; what comes next stands in the source's state.</summary>
    public Task Call(Reason reason)
    {
        var over = calls.Add(reason);
        lock (gate) wake.TrySetResult();
        return over;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Backfill.Stop();
        calls.Close();
        foreach (var asked in TakeSyncs())
            asked.TrySetException(new Refused("provider.unavailable", "The account is not read any more."));
        client?.Dispose();
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
                // Nothing that happens here may end the loop: the next turn tries again.
                logger.LogWarning("Polling {Account}: {Kind} {Detail}", account, e.GetType().Name, e is ProviderException or Refused or TimeoutException ? e.Message : "see the log");
                if (e is not (ProviderException or Refused or TimeoutException or Npgsql.NpgsqlException or LogBusyException or AppendOutcomeUnknownException or OperationCanceledException))
                    logger.LogError(e, "Polling {Account} met something unexpected", account);
                await Pause(TimeSpan.FromSeconds(2), ct);
            }
        }
    }

    /// <summary>Waits for something to do and does it once.</summary>
    private async Task Turn(CancellationToken ct)
    {
        var state = await sources.Get(account, ct);
        var todo = await Backfill.Plan(() => recorder.Look(account, ct), sources, settings.BackfillDays, clock.GetUtcNow(), ct);
        if (todo is null) await Scheduled(state, ct);
        // Connecting goes on by itself; afterwards it is called.
        var wait = todo is null ? lookEvery : (state.NextDue ?? DateTimeOffset.MinValue) - clock.GetUtcNow();
        if (!Asked() && wait > TimeSpan.Zero) await Sleep(wait, ct);

        using var called = calls.Take();
        var waiting = TakeSyncs();
        bool bookmarked;
        lock (gate) (bookmarked, nudged) = (nudged, false);
        state = await sources.Get(account, ct);
        var due = state.NextDue is null || state.NextDue <= clock.GetUtcNow();
        // After a refusal somebody has to change something first: bookmarks don't probe more often than polls do.
        if (bookmarked && state.Failing is not null && !due) bookmarked = false;
        Reason? reason = waiting.Count > 0 ? Reason.Sync
            : bookmarked ? Reason.Bookmark
            : todo is null && called.Has(Reason.Reread) ? Reason.Reread
            : due && (todo is not null || called.Any) ? Reason.Due
            : null;
        if (reason is null) return;

        try
        {
            var polled = reason == Reason.Due && todo is not null ? await PollChunk(todo.Value, ct) : await Poll(reason.Value, ct);
            foreach (var asked in waiting)
                asked.TrySetResult(polled);
        }
        catch (NotMyTurnException)
        {
            // Somebody else reads it now. Whoever waits here waits for our own turn.
            Give(waiting, bookmarked);
            await Pause(TimeSpan.FromMilliseconds(500), ct);
        }
        catch (Exception e)
        {
            foreach (var asked in waiting)
                asked.TrySetException(e);
            throw;
        }
    }

    /// <summary>
    /// Once it is connected, the schedule has it. A poll that is long overdue was lost there, or somebody changed what kept it away:
    /// it is set anew.
    /// </summary>
    private async Task Scheduled(SourceState state, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (poll, reread) = (state.NextDue ?? now, RereadJob.NextOf(state, now));
        var overdue = state.NextDue is null || now - poll > lookEvery;
        if (!scheduled || overdue) await schedule.At(PollJob.Name, account, poll, ct);
        if (!scheduled || now - state.DeepAt > DeepEvery + DeepEvery) await schedule.At(RereadJob.Name, account, reread, ct);
        scheduled = true;
    }

    private async Task<Polled> Poll(Reason reason, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        return await UnderLease(reason, async (known, state, fence, xai, ct) =>
        {
            var deep = reason is Reason.Sync or Reason.Reread;
            // What the provider refused once it may take by now, so a deep poll asks for the usual again.
            var wanted = deep ? DimensionSet.KeyModelUnit : state.Dimensions;
            var readings = await UsageStretch.Read(xai, known.State!, wanted, new(midnight.AddDays(deep ? -deepDays : -regularDays), now), reason is Reason.Due or Reason.Reread ? Priority.Background : Priority.First, ct);
            var wantsBalance = reason != Reason.Bookmark && (reason == Reason.Sync || state.BalanceAt is null || now - state.BalanceAt >= balanceEvery);
            var (balance, balanceRead) = wantsBalance ? await Balance(xai, known.State!, ct) : (null, false);

            var (asked, answered) = (readings.Readings.Min(r => r.Asked), readings.Readings.Max(r => r.Answered));
            // Taken again after the reading: the account may have been edited or removed meanwhile, and the views have to hold it all.
            known = await recorder.Look(account, ct);
            if (known.State is not { Removed: false }) throw new NotMyTurnException();
            var countedBefore = (await sources.Coverage(account, new(midnight, now.AddHours(1)), ct)).Select(c => (DateTimeOffset?)c.Asked).Max();
            var bookmark = Waiting.CountsAt(asked, answered, countedBefore, settings.BookmarkReach);
            var recorded = await recorder.Record(known, readings.Readings, balance, bookmark, await Lag(known.State, ct), fence, ct) ?? throw new NotMyTurnException();
            Waiting.Served(asked);
            await sources.Put(state with
            {
                Asked = asked,
                Answered = answered,
                Attempted = now,
                Failures = 0,
                Failing = null,
                Detail = null,
                // Connecting goes on at once.
                NextDue = Backfill.IsDone ? now + settings.PollEvery : now,
                DeepAt = deep ? now : state.DeepAt,
                BalanceAt = balanceRead ? now : state.BalanceAt,
                Dimensions = readings.Dimensions,
            }, ct);
            return new Polled(readings.Readings.Count, recorded.Lines, asked, recorded.Position);
        }, ct);
    }

    /// <summary>One stretch of the backfill: at most seven days a request, one reading per UTC day.</summary>
    private Task<Polled> PollChunk(Interval chunk, CancellationToken ct) => UnderLease(Reason.Due, async (known, state, fence, xai, ct) =>
    {
        var now = clock.GetUtcNow();
        if (await Backfill.IsRead(chunk, known.State!, sources, ct))
        {
            // Another node read it while we waited for our turn.
            Backfill.Finish(chunk);
            return new Polled(0, 0, state.Asked ?? now, 0);
        }
        if (!Backfill.KeysListed) await ListKeys(xai, known, fence, ct);
        var read = await UsageStretch.Read(xai, known.State!, state.Dimensions, chunk with { End = chunk.End < now ? chunk.End : now }, Priority.First, ct);
        known = await recorder.Look(account, ct);
        if (known.State is not { Removed: false }) throw new NotMyTurnException();
        var lagSeconds = await Lag(known.State, ct);
        var days = read.Readings.SelectMany(r => r.PerDay()).ToArray();
        var (lines, position) = (0, 0L);
        foreach (var day in days)
        {
            var recorded = await recorder.Record(known, [day], null, null, lagSeconds, fence, ct) ?? throw new NotMyTurnException();
            // The state the first day was judged by holds for the next: only these appends move the account's stream under the lease.
            known = new(known.Version + recorded.Events, known.State! with { Failing = null });
            (lines, position) = (lines + recorded.Lines, recorded.Position);
            Backfill.Did(1, recorded.Lines, recorded.Position);
        }
        var newest = Backfill.Finish(chunk);
        await sources.Put(state with
        {
            Asked = newest ? days.Max(d => d.Asked) : state.Asked,
            Answered = newest ? days.Max(d => d.Answered) : state.Answered,
            Attempted = now,
            Failures = 0,
            Failing = null,
            Detail = null,
            NextDue = Backfill.IsDone ? now + settings.PollEvery : now,
            DeepAt = now,
            Dimensions = read.Dimensions,
        }, ct);
        return new Polled(days.Length, lines, days.Max(d => d.Asked), position);
    }, ct);

    private async Task<Polled> UnderLease(Reason reason, Func<Known<Account>, SourceState, Fence, XaiClient, CancellationToken, Task<Polled>> work, CancellationToken stop)
    {
        var fence = await leases.Take($"poll:{account}", node, leaseLength, stop) ?? throw new NotMyTurnException();
        using var limit = new CancellationTokenSource(pollMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        var ct = both.Token;
        var state = new SourceState { Account = account };
        Known<Account> known = default;
        try
        {
            // Read under the lease: another node may have polled while we waited for it.
            state = await sources.Get(account, ct);
            if (reason == Reason.Due && state.NextDue > clock.GetUtcNow()) throw new NotMyTurnException();
            if (reason == Reason.Reread && RereadJob.NextOf(state, clock.GetUtcNow()) > clock.GetUtcNow()) throw new NotMyTurnException();
            known = await recorder.Look(account, ct);
            if (known.State is not { Removed: false, Credential: { } credential }) throw new NotMyTurnException();
            return await work(known, state, fence, await Client(known.State, credential, ct), ct);
        }
        catch (ProviderException e)
        {
            await Failed(known, state, e.Kind, e.Detail, e.RetryAfter, fence, stop);
            throw;
        }
        catch (Refused e) when (e.Why.Code == "credential.lost")
        {
            await Failed(known, state, FailureKind.Auth, e.Why.Detail, null, fence, stop);
            throw;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            await Failed(known, state, FailureKind.Unreachable, $"The reading took longer than {pollMax.TotalSeconds:0} seconds.", null, fence, stop);
            throw new ProviderException(FailureKind.Unreachable, "The reading took too long.");
        }
        catch (Exception e) when (e is not (NotMyTurnException or OperationCanceledException or Npgsql.NpgsqlException or TimeoutException))
        {
            // Ours, not the provider's: asking again at once would only be more of it.
            await sources.Put(state with { Attempted = clock.GetUtcNow(), Failures = state.Failures + 1, Failing = "internal", Detail = Names.Printable(e.Message), NextDue = clock.GetUtcNow() + Backoff(state.Failures + 1) }, stop);
            Backfill.Failing(e.Message);
            throw;
        }
        finally
        {
            await leases.Release(fence, CancellationToken.None);
        }
    }

    private async Task Failed(Known<Account> known, SourceState state, string kind, string detail, TimeSpan? retryAfter, Fence fence, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var failures = state.Failures + 1;
        var pause = kind is FailureKind.Auth or FailureKind.Permission or FailureKind.WrongKind or FailureKind.NotFound ? backoffMax : Backoff(failures);
        if (retryAfter > pause) pause = retryAfter.Value;
        await sources.Put(state with { Attempted = now, Failures = failures, Failing = kind, Detail = detail, NextDue = now + pause }, ct);
        Backfill.Failing(detail);
        await recorder.Failed(await recorder.Look(account, ct), kind is FailureKind.WrongKind ? FailureKind.Auth : kind is FailureKind.Invalid ? FailureKind.Contract : kind, detail, fence, ct);
    }

    /// <summary>Doubles from the polling interval up to a quarter of an hour, with jitter.</summary>
    private TimeSpan Backoff(int failures)
    {
        var longest = TimeSpan.FromTicks(Math.Min(backoffMax.Ticks, settings.PollEvery.Ticks << Math.Min(failures - 1, 10)));
#pragma warning disable CA5394 // Jitter, not a secret.
        return longest * (0.75 + (Random.Shared.NextDouble() / 4));
#pragma warning restore CA5394
    }

    /// <summary>The money on the account. Without it the spend is as complete as before, so its failure is noted only.</summary>
    private async Task<(BalanceObserved? Balance, bool Read)> Balance(XaiClient xai, Account of, CancellationToken ct)
    {
        try
        {
            return ((await xai.ReadBalance(of.Team, Priority.Background, ct)).For(of.Id), true);
        }
        catch (ProviderException e) when (e.Kind is FailureKind.Permission or FailureKind.NotFound or FailureKind.Contract or FailureKind.Unreachable)
        {
            logger.LogWarning("The balance of {Account} can't be read: {Detail}", account, e.Detail);
            return (null, true);
        }
    }

    /// <summary>Keys that have not spent yet are only in the list; without the right to it they become known when they spend.</summary>
    private async Task ListKeys(XaiClient xai, Known<Account> known, Fence fence, CancellationToken ct)
    {
        Backfill.KeysListed = true;
        try
        {
            var keys = await xai.Keys(known.State!.Team, Priority.First, ct);
            await recorder.Keys(account, keys.ToDictionary(k => k.Id, k => k.Name, StringComparer.Ordinal), fence, ct);
        }
        catch (ProviderException e) when (e.Kind is FailureKind.Permission or FailureKind.NotFound)
        {
            logger.LogInformation("The keys of {Account} can't be listed: {Detail}", account, e.Detail);
        }
    }

    private async Task<int> Lag(Account of, CancellationToken ct)
    {
        if (of.SettlementLagSeconds is { } given) return given;
        if (lag is not { } known || clock.GetUtcNow() - known.At > TimeSpan.FromMinutes(5))
            lag = known = (await recorder.SettlementLag(of, ct), clock.GetUtcNow());
        return known.Seconds;
    }

    private async Task<XaiClient> Client(Account of, CredentialStored credential, CancellationToken ct)
    {
        if (client is not null && clientOf == credential.Credential) return client;
        var secret = await vault.Open(credential.Credential, of.Id, of.Provider, ct)
            ?? throw new Refused("credential.lost", $"The credential of {of.Label} is not in the database any more; `ledger account rotate` stores it anew.");
        client?.Dispose();
        clientOf = credential.Credential;
        return client = new(settings.Xai, secret, clock);
    }

    private bool Asked()
    {
        lock (gate) return nudged || syncs.Count > 0 || calls.Any;
    }

    private List<TaskCompletionSource<Polled>> TakeSyncs()
    {
        lock (gate)
        {
            List<TaskCompletionSource<Polled>> taken = [.. syncs];
            syncs.Clear();
            return taken;
        }
    }

    private void Give(List<TaskCompletionSource<Polled>> back, bool bookmarked)
    {
        lock (gate)
        {
            syncs.AddRange(back);
            nudged |= bookmarked;
        }
    }

    private async Task Sleep(TimeSpan wait, CancellationToken ct)
    {
        Task woken;
        lock (gate)
        {
            if (wake.Task.IsCompleted) wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (nudged || syncs.Count > 0 || calls.Any) return;
            woken = wake.Task;
        }
        // Another node may go on with connecting meanwhile, and what should have been read long ago is noticed, so a long wait looks again now and then.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(woken, Task.Delay(wait < lookEvery ? wait : lookEvery, clock, enough.Token));
        await enough.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }

    private async Task Pause(TimeSpan wait, CancellationToken ct) => await Task.Delay(wait, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
