using System.Collections.Concurrent;
using Ledger.Log;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Vault;
using Ledger.Views;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Polling;

/// <summary>One poller for each connected account, as the directory has them.</summary>
internal sealed class Pollers(
    ServiceSettings settings, Books books, ILeases leases, Recorder recorder, Sources sources, CredentialVault vault, TimeProvider clock, ILogger<Pollers> logger) : IAsyncDisposable
{
    private static readonly TimeSpan lookEvery = TimeSpan.FromSeconds(1);
    private readonly string node = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}";
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
        return running.TryGetValue(account, out var poller) ? poller : throw new RefusedException("account.removed", "The account is not connected.");
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
            }
            foreach (var (account, connectedAt) in wanted)
            {
                if (running.ContainsKey(account)) continue;
                var poller = new AccountPoller(account, connectedAt, settings, leases, node, recorder, sources, vault, clock, logger);
                running[account] = poller;
                poller.Start();
            }
        }
        finally
        {
            one.Release();
        }
    }
}
