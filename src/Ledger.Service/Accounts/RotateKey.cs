using FluentValidation;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Accounts;

public sealed class RotateKeyValidator : AbstractValidator<RotateKey>
{
    public RotateKeyValidator() => RuleFor(r => r.Credential).ManagementKey();
}

public static class RotateKeyEndpoint
{
    [WolverinePost("/api/v1/accounts/{label}/rotate", OperationId = "RotateAccountEndpoint"), Authorize(Policy = Scopes.Admin)]
    public static async Task<(AccountAnswer, PollAccount)> Post(string label, RotateKey request, Caller caller, IDocumentSession session, AccountConnection connection, LedgerOptions options, CancellationToken ct)
    {
        var account = (await session.Known(ct)).ConnectedAccount(label);
        var given = new CredentialGiven(Ids.Short("c", caller.Key), Secret.FromPaste(request.Credential!.Reveal()), caller.Name);
        var rotated = await connection.Rotate(session, account, given, ct);
        var at = rotated.Credential!.At;
        return (new(rotated.Summary(null, options.PollEvery, at)), new(account.Id, PollReason.Due, at));
    }
}
