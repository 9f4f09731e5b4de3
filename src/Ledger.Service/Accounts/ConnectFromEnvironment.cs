using Ledger.Accounts;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wolverine;
using Wolverine.Attributes;
using Wolverine.ErrorHandling;
using Wolverine.Runtime.Handlers;

namespace Ledger.Service.Accounts;

/// <summary>Connects the key that stands in the environment, as <c>xai</c>; another key of a team that is connected is a rotation. The key itself is not in the message.</summary>
/// <param name="At">When the service started.</param>
[MessageIdentity("connect-from-environment.v1")]
public sealed record ConnectFromEnvironment(DateTimeOffset At);

public static class ConnectFromEnvironmentHandler
{
    private const string label = "xai";
    private const string by = "environment";

    /// <summary>Tried again while the provider can't be reached. Another node may have connected the same key just now; the next look finds it.</summary>
    public static void Configure(HandlerChain chain)
    {
        chain.OnException<ProviderException>(e => e.Kind is FailureKind.Unreachable or FailureKind.RateLimited)
            .ScheduleRetryIndefinitely([.. Enumerable.Range(0, 8).Select(i => TimeSpan.FromSeconds(5 * (1 << i))), TimeSpan.FromMinutes(15)]);
        chain.OnException<ProviderException>().Discard();
        chain.OnException<Refused>().Discard();
    }

    public static async Task Handle(ConnectFromEnvironment message, IDocumentSession session, AccountServices accounts, EnvironmentAccount environment, IMessageContext bus, CancellationToken ct)
    {
        if (environment.Key is not { } key) return;
        try
        {
            if (await Connect(message, key, session, accounts, environment, ct) is { } poll) await bus.PublishAsync(poll);
            environment.Works();
        }
        catch (Exception e) when (e is Refused or ProviderException)
        {
            environment.Warn(e);
            throw;
        }
    }

    private static async Task<PollAccount?> Connect(ConnectFromEnvironment message, Secret key, IDocumentSession session, AccountServices accounts, EnvironmentAccount environment, CancellationToken ct)
    {
        var fingerprint = accounts.Credentials.Fingerprint(key);
        var known = await session.Known(ct);
        if (known.Accounts.Values.Any(a => !a.Removed && a.Credential?.Fingerprint == fingerprint)) return null;
        var given = new CredentialGiven(Ids.Short("c", $"{by}\n{fingerprint}\n{message.At.ToText()}"), key, by);
        var team = await accounts.Connection.TeamOf(key, environment.Team, ct);
        if (known.Accounts.GetValueOrDefault(Account.IdOf(label, team)) is { Removed: false } there)
        {
            await accounts.Connection.Rotate(session, there, given, ct);
            return new(there.Id, PollReason.Due, message.At);
        }
        var called = known.Accounts.Values.Any(a => !a.Removed && a.Label == label) ? $"{label}-{team[..Math.Min(8, team.Length)]}" : label;
        var account = await accounts.Connection.Connect(session, new(called, team, null, null), given, ct);
        return new(account.Id, PollReason.Connect, account.ConnectedAt);
    }
}

/// <summary>The key in the environment: asks for it to be connected once the service runs, and says why it is not in use.</summary>
public sealed partial class EnvironmentAccount(LedgerOptions options, IServiceProvider services, TimeProvider clock, ILogger<EnvironmentAccount> logger) : IHostedLifecycleService
{
    public Secret? Key => options.XaiKey;

    public string? Team => options.XaiTeam;

    /// <summary>Why the key in the environment is not in use; null when it is, or there is none.</summary>
    public string? Warning { get; private set; }

    public void Works() => Warning = null;

    public void Warn(Exception e)
    {
        var why = e is ProviderException { Kind: FailureKind.Unreachable or FailureKind.RateLimited } provider
            ? ProviderWords.Sentence(provider.Kind, provider.Detail, null, provider.RetryAt, goesOn: true)
            : Problems.Explain(e, out _).Detail;
        Warning = $"The management key in the environment is not in use: {why}";
        LogWarning(Warning);
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (Key is null) return;
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().PublishAsync(new ConnectFromEnvironment(clock.GetUtcNow().ToMicroseconds()));
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // Refused at the start where others can read the keys.
        Credentials.OpenFolder(options);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(string warning);
}
