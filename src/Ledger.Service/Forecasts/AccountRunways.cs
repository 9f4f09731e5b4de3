using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Service.Budgets;

namespace Ledger.Service.Forecasts;

/// <summary>When accounts' prepaid credit runs out.</summary>
public static class AccountRunways
{
    /// <summary>Account by account, in their order; those whose credit is not known are left out.</summary>
    public static async Task<IReadOnlyList<Runway>> Runways(this IBooks books, IReadOnlyCollection<Account> accounts, DateTimeOffset now, CancellationToken ct)
    {
        var credits = await books.Credits(accounts, ct);
        Account[] prepaid = [.. accounts.Where(a => credits.ContainsKey(a.Id))];
        var series = await books.Series(prepaid.Select(ScopeOf), now, ct);
        return [.. prepaid.Select(a => Ledger.Forecasts.Runways.Of(a, credits[a.Id], series[ScopeOf(a)])).OfType<Runway>()];
    }

    private static Scope ScopeOf(Account account) => new(ScopeKind.Account, account.Id);
}
