using FluentValidation;
using Ledger.Money;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Keys;
using Ledger.Service.Polling;
using Ledger.Service.Writing;
using Ledger.Views;
using Ledger.Views.Spend;

namespace Ledger.Service.Accounts;

/// <summary>Connects a provider account and reads 90 days of it. Answers when they are in the books and the views, or at once.</summary>
internal sealed record AddAccount(string? Provider, string? Label, string? Team, string? Bucket, string? SettlementLag, Pasted? Credential, bool? NoWait);

internal sealed class AddAccountValidator : AbstractValidator<AddAccount>
{
    public AddAccountValidator()
    {
        RuleFor(r => r.Provider).OneOf("xai").Required();
        RuleFor(r => r.Label).Name().Required();
        RuleFor(r => r.Label).Must(l => l is null || (l.Trim() != AccountFinder.Only && !l.Contains('/', StringComparison.Ordinal))).WithMessage("label can't be - and holds no slash.");
        RuleFor(r => r.Bucket).OneOf("1h", "15m");
        RuleFor(r => r.SettlementLag).Must(l => l is null || AccountSettings.TryLag(l, out _)).WithMessage("settlementLag is a length of time from 0s to 6h, or learned.");
        RuleFor(r => r.Credential).NotNull().WithMessage("credential is needed: a management key.");
    }
}

internal sealed record AddedAccount(AccountBody Account, IReadOnlyList<KeyBody> Keys, int Readings, long Lines, Usd Billed, long? Position, IReadOnlyList<string> Warnings);

internal static class AddAccountEndpoint
{
    private static readonly TimeSpan viewsPatience = TimeSpan.FromMinutes(2);

    public static async Task<LongAnswer> Post(
        AddAccount request, Command command, Journal journal, Connector connector, Pollers pollers, Registry registry, Sources sources, Books books, SpendQueries spend, ServiceSettings settings, TimeProvider clock,
        CancellationToken asked)
    {
        var before = await journal.Before(command, asked);
        return new(async (progress, ct) =>
        {
            var secret = request.Credential!.ToSecret();
            AccountSettings.TryLag(request.SettlementLag, out var lag);
            var (answer, id) = await connector.Connect(command, request.Label!.Trim(), secret, request.Team, AccountSettings.Bucket(request.Bucket), lag, ct);
            var warnings = new List<string>();
            if (secret.WasTrimmed) warnings.Add("The pasted key had whitespace around it; it was removed.");

            await books.WaitFor(answer.Position, viewsPatience, ct);
            // A replay may come after the account was removed again: then there is nothing to wait for.
            var poller = registry.Ask(d => d.Accounts[id].Removed) ? null : await pollers.Of(id, ct);
            if (poller is null)
            {
                warnings.Add("The account was removed since.");
            }
            else if (request.NoWait == true)
            {
                warnings.Add("Reading goes on in the background; `ledger status` shows how far it is.");
            }
            else
            {
                await poller.Backfill.Wait(progress, ct);
                if (!poller.Backfill.IsDone) warnings.Add($"Not everything could be read yet; reading goes on in the background. {poller.Backfill.Trouble}");
                await books.WaitFor(poller.Backfill.Sum.Position, viewsPatience, ct);
            }
            var now = clock.GetUtcNow();
            var source = await sources.Get(id, ct);
            var (lines, billed, keys) = await Figures(id, spend, registry, now, ct);
            return new AddedAccount(
                registry.Ask(d => AccountBody.Of(d.Accounts[id], source, settings.PollEvery, now)), keys, poller?.Backfill.Sum.Readings ?? 0, lines, billed,
                Math.Max(answer.Position, poller?.Backfill.Sum.Position ?? 0), warnings);
        }, replayed: before is not null);
    }

    private static async Task<(long Lines, Usd Billed, IReadOnlyList<KeyBody> Keys)> Figures(string account, SpendQueries spend, Registry registry, DateTimeOffset now, CancellationToken ct)
    {
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var report = await spend.Report(new()
        {
            Since = midnight.AddDays(-30),
            Until = midnight.AddDays(1),
            By = [Dimension.Key],
            Where = new Dictionary<Dimension, string> { [Dimension.Account] = account },
            PreliminaryFrom = now,
        }, ct);
        var all = await spend.Report(new() { Since = Instants.Min, Until = midnight.AddDays(1), By = [], Where = new Dictionary<Dimension, string> { [Dimension.Account] = account }, PreliminaryFrom = now }, ct);
        var lines = (await spend.HeldLines(account, new(midnight.AddDays(-91), midnight.AddDays(2)), ct)).Count;
        var byKey = report.Rows.ToDictionary(r => r.Group[0] ?? "", r => r.Billed, StringComparer.Ordinal);
        var keys = registry.Ask(d => d.Keys.Values.Where(k => k.Account == account).OrderBy(k => k.Name, StringComparer.Ordinal).Take(1_000)
            .Select(k => KeyBody.Of(k, d.Accounts[account].Label, now, byKey.GetValueOrDefault(k.Key, Usd.Zero))).ToArray());
        return (lines, all.Total, keys);
    }
}
