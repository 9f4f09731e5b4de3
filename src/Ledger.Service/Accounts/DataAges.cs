using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Missions;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Accounts;

/// <summary>How far the data of accounts reaches. Several are known as far as the one that was read longest ago.</summary>
public sealed class DataAges(IEnumerable<Source> sources, TimeSpan pollEvery, DateTimeOffset now)
{
    private readonly Dictionary<string, Source> sources = sources.ToDictionary(s => s.Account, StringComparer.Ordinal);

    public static async Task<DataAges> Read(IQuerySession session, TimeSpan pollEvery, DateTimeOffset now, CancellationToken ct) =>
        new(await session.Query<Source>().Take(Storage.Known.Max).ToListAsync(ct), pollEvery, now);

    public DataFreshness Of(string account) => DataFreshness.Of(sources.GetValueOrDefault(account)?.Asked, pollEvery, now);

    public DataFreshness Of(IEnumerable<string> accounts) => DataFreshness.OldestOf([.. accounts.Select(Of)]);

    /// <summary>What is left of accounts' prepaid credit, each with its own age; those that never said are left out.</summary>
    public async Task<IReadOnlyDictionary<string, CreditNow>> Credits(IEnumerable<Account> accounts, SpendView view, CancellationToken ct)
    {
        Account[] prepaid = [.. accounts.Where(a => a.Credit is not null)];
        // Books of an earlier version say when it last changed.
        var read = prepaid.ToDictionary(a => a.Id, a => sources.GetValueOrDefault(a.Id)?.CreditReadAt ?? a.Balance!.Answered, StringComparer.Ordinal);
        var billed = await view.BilledSince(prepaid.ToDictionary(a => a.Id, a => sources.GetValueOrDefault(a.Id)?.CreditKnows ?? read[a.Id], StringComparer.Ordinal), ct);
        return prepaid.ToDictionary(
            a => a.Id,
            a => CreditNow.From(a.Credit!, read[a.Id], billed.GetValueOrDefault(a.Id), DataFreshness.Of(read[a.Id], pollEvery, now).Stale, sources.GetValueOrDefault(a.Id)?.NoBalance?.Sentence()),
            StringComparer.Ordinal);
    }
}

/// <summary>Which accounts some part of the spend comes from.</summary>
public static class AccountsOfScopes
{
    /// <summary>The accounts a scope's figures hang on: its own, where it has some; else all that are connected.</summary>
    /// <param name="known">Accounts and keys.</param>
    /// <param name="scope">The scope.</param>
    /// <param name="missions">Finds a mission.</param>
    public static IReadOnlyList<string> AccountsOf(this Known known, Scope scope, Func<string, Mission?> missions) => scope.Kind switch
    {
        ScopeKind.Account => [scope.Value],
        ScopeKind.Key when known.Keys.Values.Where(k => k.Key == scope.Value).Select(k => k.Account).Distinct().ToArray() is { Length: > 0 } own => own,
        ScopeKind.Agent => known.AccountsOf([scope.Value]),
        ScopeKind.Mission when missions(scope.Value) is { } mission => known.AccountsOf(mission.Agents),
        _ => known.Connected(),
    };

    /// <summary>The connected accounts in which agents ever owned a key; all that are connected when there is none.</summary>
    public static IReadOnlyList<string> AccountsOf(this Known known, IReadOnlyList<string> agents)
    {
        var own = agents.SelectMany(a => known.KeysByAgent[a]).Select(k => k.Account).Distinct()
            .Where(a => known.Accounts.TryGetValue(a, out var account) && !account.Removed).ToArray();
        return own.Length > 0 ? own : known.Connected();
    }

    /// <summary>The accounts that figures come from: those that are connected; where none is, those that were, for their books stay.</summary>
    public static IReadOnlyList<string> Connected(this Known known) => [.. known.Accounts.Values.Current().Select(a => a.Id)];

    /// <summary>The connected ones of some accounts; all of them where none is connected any more.</summary>
    public static IReadOnlyList<Account> Current(this IEnumerable<Account> accounts) => accounts.ToArray() is var all && all.Any(a => !a.Removed) ? [.. all.Where(a => !a.Removed)] : all;
}
