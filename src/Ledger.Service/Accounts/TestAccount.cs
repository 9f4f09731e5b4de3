using Ledger.Providers.Xai;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Vault;
using Ledger.Service.Writing;

namespace Ledger.Service.Accounts;

/// <summary>Finds out in plain words whether an account can be read. Changes nothing.</summary>
internal sealed record TestAccount;

internal sealed record TestedCheck(string Name, bool Ok, string Detail, string? Fix);

internal sealed record TestedAccount(bool Ok, string? Team, string? Scope, IReadOnlyList<string> Acls, IReadOnlyList<TestedCheck> Checks, IReadOnlyList<string> Warnings);

internal static class TestAccountEndpoint
{
    public static async Task<TestedAccount> Post(string label, TestAccount request, Command command, Registry registry, CredentialVault vault, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        _ = (request, command);
        var account = await registry.AskCurrent(d => AccountFinder.Connected(d, label), ct);
        var secret = account.Credential is { } c ? await vault.Open(c.Credential, account.Id, account.Provider, ct) : null;
        if (secret is null) throw new RefusedException("credential.lost", $"{account.Label} has no credential; `ledger account rotate` stores one.");
        using var xai = new XaiClient(settings.Xai, secret, clock);
        var diagnosis = await xai.Diagnose(account.Team, ct);
        XaiIdentity? identity = null;
        if (diagnosis.Checks.Any(check => check.Name == "key.valid" && check.Ok)) identity = await xai.Validate(ct: ct);
        return new(
            diagnosis.Ok, diagnosis.Team, identity?.Scope, identity?.Acls ?? [],
            [.. diagnosis.Checks.Select(check => new TestedCheck(check.Name, check.Ok, check.Detail, check.Fix))],
            [.. diagnosis.Checks.Where(check => check is { Ok: true, Warning: true }).Select(check => check.Detail)]);
    }
}
