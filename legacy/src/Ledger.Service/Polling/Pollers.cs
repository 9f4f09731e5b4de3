using System.Collections.Concurrent;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Scheduling;
using Ledger.Service.Vault;
using Ledger.Views;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Polling;

/// <summary>One poller for each connected account, as the directory has them.</summary>
internal sealed class Pollers(
    ServiceSettings settings, Node node, Books books, ILeases leases, Recorder recorder, Sources sources, CredentialVault vault, Schedule schedule, TimeProvider clock, ILogger<Pollers> logger) : IAsyncDisposable
{
    private static readonly TimeSpan lookEvery = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, AccountPoller> running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim one = new(1, 1);
    private Task following = Task.CompletedTask;
    private int disposed;

    public void Start() => following = Task.Run(() => Follow(stopping.Token), CancellationToken.None);

    /// <summary>A bookmark of this instant is about to be written. Nothing waits.</summary>
    public Bookmark Announce(DateTimeOffset at)
    {
        foreach (var poller in running.Values)
            poller.Waiting.Add(at);
        return new(this, at);
    }

    public void Withdraw(DateTimeOffset at)
    {
        foreach (var poller in running.Values)
            poller.Waiting.Remove(at);
    }

    /// <summary>An edge was written: read all accounts soon.</summary>
    public void Nudge()
    {
        foreach (var poller in running.Values)
            poller.Nudge();
    }

    /// <summary>The poller of a connected account; starts it if the next look has not yet.</summary>
    public async Task<AccountPoller> Of(string account, CancellationToken ct)
    {
        await Look(ct);
        return running.TryGetValue(account, out var poller) ? poller : throw new Refused("account.removed", "The account is not connected.");
    }

    /// <summary>The schedule gives an account its turn on this node. False: the account is not connected any more.</summary>
    public async Task<bool> Call(string account, Reason reason, CancellationToken ct)
    {
        // Our views may not know yet what another node connected, so they are first brought up to the log.
        if ((await recorder.Look(account, ct)).State is not { Removed: false }) return false;
        await (await Of(account, ct)).Call(reason).WaitAsync(ct);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await stopping.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(running.Values.Select(p => p.DisposeAsync().AsTask()));
        stopping.Dispose();
        one.Dispose();
    }

    private async Task Follow(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await Look(ct);
            await Task.Delay(lookEvery, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Look(CancellationToken ct)
    {
        await one.WaitAsync(ct);
        try
        {
            var wanted = books.Ask(d => d.Accounts.Values.Where(a => !a.Removed).ToDictionary(a => a.Id, a => a.ConnectedAt, StringComparer.Ordinal));
            foreach (var (account, poller) in running)
            {
                if (wanted.TryGetValue(account, out var connectedAt) && poller.ConnectedAt == connectedAt) continue;
                running.TryRemove(account, out _);
                await poller.DisposeAsync();
                if (!wanted.ContainsKey(account)) await Unschedule(account, ct);
            }
            foreach (var (account, connectedAt) in wanted)
            {
                if (running.ContainsKey(account)) continue;
                var poller = new AccountPoller(account, connectedAt, settings, leases, node.Id, recorder, sources, vault, schedule, clock, logger);
                running[account] = poller;
                poller.Start();
            }
        }
        finally
        {
            one.Release();
        }
    }

    private async Task Unschedule(string account, CancellationToken ct)
    {
        try
        {
            await schedule.Remove(PollJob.Name, account, ct);
            await schedule.Remove(RereadJob.Name, account, ct);
        }
        catch (Exception e) when (e is Quartz.SchedulerException or Npgsql.NpgsqlException)
        {
            // They find out for themselves that the account is gone when their turn comes.
            logger.LogWarning("The jobs of {Account} were not removed yet: {Kind}", account, e.GetType().Name);
        }
    }
}
