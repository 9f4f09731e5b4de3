using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Accounts;

public static class TestAccountEndpoint
{
    [NotReplayed]
    [WolverinePost("/api/v1/accounts/{label}/test"), Authorize(Policy = Scopes.Admin)]
    public static async Task<TestedAccount> Post(string label, TestAccount request, IQuerySession session, Credentials credentials, XaiClients clients, CancellationToken ct)
    {
        _ = request;
        var account = (await session.Known(ct)).ConnectedAccount(label);
        var diagnosis = await clients.For(await credentials.Open(session, account, ct)).Diagnose(account.Team, ct);
        return new(
            diagnosis.Ok, ExitOf(diagnosis), diagnosis.Team, diagnosis.Identity?.Scope, diagnosis.Identity?.Acls ?? [],
            [.. diagnosis.Checks.Select(check => new AccountCheck(check.Name, check.Ok, check.Detail, check.Fix))],
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
