using FluentValidation;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Accounts;

/// <summary>Replaces an account's key by another of the same team; the books go on.</summary>
internal sealed record RotateAccount(Pasted? Credential);

internal sealed class RotateAccountValidator : AbstractValidator<RotateAccount>
{
    public RotateAccountValidator() => RuleFor(r => r.Credential).NotNull().WithMessage("credential is needed: a management key.");
}

internal static class RotateAccountEndpoint
{
    public static Task<Answer> Post(string label, RotateAccount request, Command command, Connector connector, CancellationToken ct) =>
        connector.Rotate(command, label, request.Credential!.ToSecret(), ct);
}
