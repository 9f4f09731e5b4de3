using FluentValidation;
using Ledger.Accounts;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Writing;

namespace Ledger.Service.Accounts;

/// <summary>Changes an account's label, the width of its buckets from the next hour on, or its settlement lag.</summary>
internal sealed record EditAccount(string? Label, string? Bucket, string? SettlementLag);

internal sealed class EditAccountValidator : AbstractValidator<EditAccount>
{
    public EditAccountValidator()
    {
        RuleFor(r => r.Label).Name();
        RuleFor(r => r.Label).Must(l => l is null || (l.Trim() != AccountFinder.Only && !l.Contains('/', StringComparison.Ordinal))).WithMessage("label can't be - and holds no slash.");
        RuleFor(r => r.Bucket).OneOf("1h", "15m");
        RuleFor(r => r.SettlementLag).Must(l => l is null || AccountSettings.TryLag(l, out _)).WithMessage("settlementLag is a length of time from 0s to 6h, or learned.");
    }
}

internal static class EditAccountEndpoint
{
    public static async Task<Answer> Patch(string label, EditAccount request, Command command, Journal journal, Registry registry, Sources sources, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        var all = await sources.All(ct);
        return await journal.Write(command, async ct =>
        {
            var now = clock.GetUtcNow().ToMicroseconds();
            var id = (await registry.AskCurrent(d => AccountFinder.Connected(d, label), ct)).Id;
            var known = await registry.Account(id, ct);
            var account = known.State!;
            var renamed = request.Label?.Trim() is { } l && l != account.Label ? l : null;
            if (renamed is not null && registry.Ask(d => d.Accounts.Values.Any(a => !a.Removed && a.Id != id && a.Label == renamed)))
                throw new Refused("account.label_taken", $"Another account is called {renamed}.", "label", renamed);
            int? seconds = request.Bucket is null || AccountSettings.Bucket(request.Bucket) == account.BucketSeconds ? null : AccountSettings.Bucket(request.Bucket);
            AccountSettings.TryLag(request.SettlementLag, out var lag);
            var lagChanged = request.SettlementLag is not null && lag != account.SettlementLagSeconds;
            ILedgerEvent[] events = renamed is null && seconds is null && !lagChanged
                ? []
                : [new AccountEdited(id, renamed, seconds, seconds is null ? null : NextHour(now), lagChanged ? new(lag) : null, now, command.By)];
            var after = events.Aggregate(account, (a, e) => Account.Fold(a, e)!);
            return new Plan(new AccountAnswer(AccountBody.Of(after, all.GetValueOrDefault(id), settings.PollEvery, now), null)).Append(Account.StreamOf(id), known.Version, events);
        }, ct);
    }

    private static DateTimeOffset NextHour(DateTimeOffset now) => new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerHour) + TimeSpan.TicksPerHour, TimeSpan.Zero);
}
