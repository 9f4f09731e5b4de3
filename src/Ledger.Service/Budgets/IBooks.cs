using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Missions;
using Ledger.Service.Spend;

namespace Ledger.Service.Budgets;

/// <summary>The books as budgets are held against them: what was spent, how it went lately, and how far the data reaches, all at one position.</summary>
public interface IBooks
{
    /// <summary>A mission; null when there is none of that id.</summary>
    Mission? Mission(string id);

    /// <summary>How far the data of a scope reaches.</summary>
    DataFreshness Reach(Scope scope);

    /// <summary>What a window costs, for many values of one dimension; values without spend may be left out.</summary>
    Task<IReadOnlyDictionary<string, ScopeSum>> Sums(ScopeKind kind, IReadOnlyCollection<string> values, Interval window, CancellationToken ct);

    /// <summary>What is left of accounts' prepaid credit; those that never said are left out.</summary>
    Task<IReadOnlyDictionary<string, CreditNow>> Credits(IReadOnlyCollection<Account> accounts, CancellationToken ct);

    /// <summary>How spend of many values of one dimension went lately, as far as the data reaches.</summary>
    Task<IReadOnlyDictionary<string, SpendSeries>> Series(ScopeKind kind, IReadOnlyCollection<string> values, DateTimeOffset now, DateTimeOffset? through, CancellationToken ct);
}

public static class BooksQueries
{
    /// <summary>How spend of scopes went lately. Scopes of one dimension whose data reaches equally far are one question.</summary>
    public static async Task<IReadOnlyDictionary<Scope, SpendSeries>> Series(this IBooks books, IEnumerable<Scope> scopes, DateTimeOffset now, CancellationToken ct)
    {
        var series = new Dictionary<Scope, SpendSeries>();
        foreach (var alike in scopes.Distinct().GroupBy(s => (s.Kind, books.Reach(s).Through)))
            foreach (var (value, one) in await books.Series(alike.Key.Kind, [.. alike.Select(s => s.Value)], now, alike.Key.Through, ct))
                series[new(alike.Key.Kind, value)] = one;
        return series;
    }

    /// <summary>What scopes cost in their windows. Scopes of one dimension with the same window are one question.</summary>
    public static async Task<IReadOnlyDictionary<(Scope Scope, Interval Window), ScopeSum>> Sums(this IBooks books, IEnumerable<(Scope Scope, Interval Window)> asked, CancellationToken ct)
    {
        var sums = new Dictionary<(Scope, Interval), ScopeSum>();
        foreach (var alike in asked.Distinct().GroupBy(a => (a.Scope.Kind, a.Window)))
            foreach (var (value, sum) in await books.Sums(alike.Key.Kind, [.. alike.Select(a => a.Scope.Value)], alike.Key.Window, ct))
                sums[(new(alike.Key.Kind, value), alike.Key.Window)] = sum;
        return sums;
    }
}
