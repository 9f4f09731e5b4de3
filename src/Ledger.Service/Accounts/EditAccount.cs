using FluentValidation;
using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Accounts;

public sealed class EditAccountValidator : AbstractValidator<EditAccount>
{
    public EditAccountValidator()
    {
        RuleFor(r => r.Label).Name();
        RuleFor(r => r.Label).AccountLabel();
        RuleFor(r => r.Bucket).OneOf("auto", "1m", "15m", "1h");
        RuleFor(r => r.SettlementLag).SettlementLag();
    }
}

public static class EditAccountEndpoint
{
    [WolverinePatch("/api/v1/accounts/{label}"), Authorize(Policy = Scopes.Admin)]
    public static async Task<AccountAnswer> Patch(string label, EditAccount request, Caller caller, IDocumentSession session, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var known = await session.Known(ct);
        var id = known.ConnectedAccount(label).Id;
        var stream = await session.Events.FetchForWriting<Account>(Account.StreamOf(id), ct);
        var account = stream.Aggregate!;
        AccountSummaries.TryLag(request.SettlementLag, out var lag);
        if (Changed(account, request, lag, now, caller.Name) is { } edited)
        {
            if (edited.Label is { } renamed && known.Accounts.Values.Any(a => !a.Removed && a.Id != id && a.Label == renamed))
                throw new Refused("account.label_taken", $"Another account is called {renamed}.", "label", renamed);
            stream.AppendOne(edited);
            account = Account.Fold(account, edited)!;
        }
        return new(account.Summary(await session.LoadAsync<Source>(id, ct), options.PollEvery, now));
    }

    /// <summary>Null when all is as wanted.</summary>
    private static AccountEdited? Changed(Account account, EditAccount wanted, int? lag, DateTimeOffset now, string by)
    {
        var label = wanted.Label?.Trim() is { } l && l != account.Label ? l : null;
        var (width, finest) = AccountSummaries.Buckets(wanted.Bucket ?? AccountSummaries.BucketText(account));
        int? seconds = width == account.BucketSeconds ? null : width;
        var settlement = wanted.SettlementLag is not null && lag != account.SettlementLagSeconds ? new SettlementLag(lag) : null;
        return label is null && seconds is null && finest == account.FinestSeconds && settlement is null
            ? null
            : new(account.Id, label, seconds, seconds is null ? null : Account.NextHour(now), settlement, now, by, finest);
    }
}
