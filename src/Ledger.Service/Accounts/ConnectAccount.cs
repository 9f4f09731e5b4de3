using FluentValidation;
using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Alerts;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine;
using Wolverine.Http;

namespace Ledger.Service.Accounts;

public sealed class ConnectAccountValidator : AbstractValidator<ConnectAccount>
{
    public ConnectAccountValidator()
    {
        RuleFor(r => r.Provider).OneOf("xai").Required();
        RuleFor(r => r.Label).Name().Required();
        RuleFor(r => r.Label).AccountLabel();
        RuleFor(r => r.Bucket).OneOf("auto", "1m", "15m", "1h");
        RuleFor(r => r.SettlementLag).SettlementLag();
        RuleFor(r => r.Credential).ManagementKey();
    }
}

public static class ConnectAccountEndpoint
{
    [NotReplayed, ProducesResponseType<ConnectedAccount>(200, "application/json", LongAnswer.LinesOfProgress)]
    [WolverinePost("/api/v1/accounts", OperationId = "AddAccountEndpoint"), Authorize(Policy = Scopes.Admin)]
    public static async Task<LongAnswer> Post(ConnectAccount request, Caller caller, IDocumentSession session, AccountServices accounts, IMessageBus bus, CancellationToken ct)
    {
        var (secret, credential) = (Secret.FromPaste(request.Credential!.Reveal()), Ids.Short("c", caller.Key));
        string id;
        if (await session.LoadAsync<Credential>(credential, ct) is { } before)
        {
            // The same command again: the account is connected already, or was removed since.
            if (before.Fingerprint != accounts.Credentials.Fingerprint(secret)) throw new Refused("idempotency.reused", "This Idempotency-Key was used before for something else; a new request needs a new key.", Idempotency.Header);
            id = before.Account;
        }
        else
        {
            AccountSummaries.TryLag(request.SettlementLag, out var lag);
            var account = await accounts.Connection.Connect(session, new(request.Label!.Trim(), request.Team, request.Bucket, request.SettlementLag is null ? null : new SettlementLag(lag)), new(credential, secret, caller.Name), ct);
            id = account.Id;
            await bus.PublishAsync(new PollAccount(id, PollReason.Connect, account.ConnectedAt));
            // What follows waits for readings, so it has to be in the books before.
            await session.SaveChangesAsync(ct);
        }
        return new(async (progress, ct) => await Answer(id, secret.WasTrimmed, request.NoWait == true, Team.NobodyIsTold(accounts.Options), accounts.Progress, progress, ct));
    }

    private static async Task<ConnectedAccount> Answer(string id, bool trimmed, bool noWait, string? nobody, AccountProgress reading, Action<Progress> progress, CancellationToken ct)
    {
        var warnings = new List<string>();
        if (trimmed) warnings.Add("The pasted key had whitespace around it; it was removed.");
        var days = 0;
        if ((await reading.Summary(id, ct)).State == "removed")
        {
            warnings.Add("The account was removed since.");
        }
        else if (noWait)
        {
            warnings.Add("Reading goes on in the background; `ledger status` shows how far it is.");
        }
        else
        {
            (days, var trouble) = await reading.Backfilled(id, progress, ct);
            if (trouble is not null) warnings.Add($"Not everything could be read yet. {trouble}");
        }
        if (nobody is not null) warnings.Add(nobody);
        var (lines, billed, keys) = await reading.Figures(id, ct);
        return new(await reading.Summary(id, ct), keys, days, lines, billed, warnings);
    }
}

/// <summary>What the commands about accounts are made of.</summary>
public sealed record AccountServices(AccountConnection Connection, Credentials Credentials, AccountProgress Progress, LedgerOptions Options);

/// <summary>Rules that requests about accounts share.</summary>
public static class AccountRules
{
    public static void AccountLabel<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(l => l is null || (l.Trim() != AccountLookup.Only && !l.Contains('/', StringComparison.Ordinal))).WithMessage("label can't be - and holds no slash.");

    public static void SettlementLag<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(l => l is null || AccountSummaries.TryLag(l, out _)).WithMessage("settlementLag is a length of time from 0s to 6h, or default.");

    public static void ManagementKey<T>(this IRuleBuilder<T, Secret?> rule)
    {
        rule.NotNull().WithMessage("credential is needed: a management key.");
        rule.Must(c => c is null || Secret.WhyNot(c.Reveal()) is null).WithMessage((_, c) => Secret.WhyNot(c!.Reveal()));
    }
}
