using Ledger.Providers;
using Ledger.Providers.Xai;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Vault;
using Ledger.Service.Writing;

namespace Ledger.Service.Accounts;

/// <summary>Finds out in plain words whether an account can be read. Changes nothing.</summary>
internal sealed record TestAccount;

internal sealed record TestedCheck(string Name, bool Ok, string Detail, string? Fix);

/// <summary>What was found out.</summary>
/// <param name="Ok">The account can be read.</param>
/// <param name="Exit">Exit code of the command line: 0, 77 where the key or its rights are the matter, 69 where the provider can't be reached.</param>
/// <param name="Team">The key's team.</param>
/// <param name="Scope">What the key is for.</param>
/// <param name="Acls">Its rights.</param>
/// <param name="Checks">In the order they were made.</param>
/// <param name="Warnings">What works, and somebody should know.</param>
internal sealed record TestedAccount(bool Ok, int Exit, string? Team, string? Scope, IReadOnlyList<string> Acls, IReadOnlyList<TestedCheck> Checks, IReadOnlyList<string> Warnings);

internal static class TestAccountEndpoint
{
    public static async Task<TestedAccount> Post(string label, TestAccount request, Command command, Registry registry, CredentialVault vault, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        _ = (request, command);
        var account = await registry.AskCurrent(d => AccountFinder.Connected(d, label), ct);
        var secret = account.Credential is { } c ? await vault.Open(c.Credential, account.Id, account.Provider, ct) : null;
        if (secret is null) throw new Refused("credential.lost", $"{account.Label} has no credential; `ledger account rotate` stores one.");
        using var xai = new XaiClient(settings.Xai, secret, clock);
        var diagnosis = await xai.Diagnose(account.Team, ct);
        return new(
            diagnosis.Ok, ExitOf(diagnosis), diagnosis.Team, diagnosis.Identity?.Scope, diagnosis.Identity?.Acls ?? [],
            [.. diagnosis.Checks.Select(check => new TestedCheck(check.Name, check.Ok, check.Detail, check.Fix))],
            [.. diagnosis.Checks.Where(check => check is { Ok: true, Warning: true }).Select(check => check.Detail)]);
    }

    private static int ExitOf(XaiDiagnosis diagnosis) => diagnosis.Checks.FirstOrDefault(check => !check.Ok) switch
    {
        null => 0,
        { Kind: FailureKind.Unreachable or FailureKind.RateLimited } => Refusals.All["provider.unavailable"].Exit,
        { Kind: FailureKind.Contract } => Refusals.All["provider.contract"].Exit,
        _ => Refusals.All["credential.refused"].Exit,
    };
}
