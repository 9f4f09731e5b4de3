using Ledger.Accounts;
using Ledger.Providers;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Vault;
using Ledger.Service.Writing;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Accounts;

/// <summary>
/// Connects the key that stands in the environment, as <c>xai</c>; another key of a team that is connected is a rotation. Tries again
/// while the provider can't be reached.
/// </summary>
internal sealed class ConnectAtStart(ServiceSettings settings, Connector connector, Registry registry, CredentialVault vault, TimeProvider clock, ILogger<ConnectAtStart> logger)
{
    private static readonly TimeSpan pauseMax = TimeSpan.FromMinutes(15);

    /// <summary>Why the key in the environment is not in use; null when it is, or there is none.</summary>
    public string? Warning { get; private set; }

    public async Task Run(CancellationToken ct)
    {
        if (settings.XaiKey is not { } key) return;
        for (var pause = TimeSpan.FromSeconds(5); ; pause = pause * 2 < pauseMax ? pause * 2 : pauseMax)
        {
            try
            {
                await Connect(key, ct);
                Warning = null;
                return;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // Another node may have connected the same key just now; the next look finds it.
                var why = ProblemMiddleware.Explain(e, out _);
                Warning = $"The management key in the environment is not in use: {why.Detail}";
                logger.LogWarning("{Warning}", Warning);
                if (why.Code is not ("account.exists" or "provider.unavailable" or "log.busy" or "log.unknown" or "log.conflict")) return;
            }
            await Task.Delay(pause, clock, ct);
        }
    }

    private async Task Connect(Secret key, CancellationToken ct)
    {
        var fingerprint = vault.Fingerprint(key);
        if (await registry.AskCurrent(d => d.Accounts.Values.Any(a => !a.Removed && a.Credential?.Fingerprint == fingerprint), ct)) return;
        var command = new Command($"env-{Guid.NewGuid():N}", new byte[32], "environment");
        var team = await connector.Discover(key, settings.XaiTeam, ct);
        var known = await registry.AskCurrent(d => d.Accounts.GetValueOrDefault(Account.IdOf("xai", team)), ct);
        if (known is { Removed: false })
        {
            await connector.Rotate(command, known.Id, key, ct);
            return;
        }
        var label = registry.Ask(d => d.Accounts.Values.Any(a => !a.Removed && a.Label == "xai")) ? $"xai-{team[..Math.Min(8, team.Length)]}" : "xai";
        await connector.Connect(command, label, key, settings.XaiTeam, 3600, null, ct);
    }
}
