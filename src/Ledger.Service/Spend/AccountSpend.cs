using System.Collections.Concurrent;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Service.Spend;

/// <summary>
/// How accounts spent lately, as it was last added up. Who spent it changes with edits; how much an account spent changes with a reading
/// alone, so between two readings it is added up once, however often the guard is asked.
/// </summary>
internal sealed class AccountSpend
{
    private const int sumsMax = 1_000;

    private Added? last;
    private (long Reading, ConcurrentDictionary<Question, IReadOnlyDictionary<string, ScopeSum>> Known) sums = (-1, []);

    /// <summary>What a window costs, of everything or of accounts.</summary>
    public async Task<IReadOnlyDictionary<string, ScopeSum>> Sums(long reading, Question question, Func<Task<IReadOnlyDictionary<string, ScopeSum>>> add)
    {
        var (of, known) = sums;
        if (of != reading) sums = (reading, known = []);
        if (known.TryGetValue(question, out var sum)) return sum;
        sum = await add();
        if (known.Count < sumsMax) known[question] = sum;
        return sum;
    }

    /// <summary>The series of each account that ever spent anything. How far the data reaches is not in them.</summary>
    public async Task<IReadOnlyDictionary<string, SpendSeries>> Of(
        long reading, DateTimeOffset since, DateOnly today, Func<Task<IReadOnlyDictionary<string, SpendSeries>>> add)
    {
        if (last is { } known && known.Reading == reading && known.Since == since && known.Today == today) return known.Series;
        var series = await add();
        last = new(reading, since, today, series);
        return series;
    }

    /// <summary>Of all accounts together.</summary>
    public static SpendSeries All(IReadOnlyCollection<SpendSeries> accounts) => new(
        [.. accounts.SelectMany(a => a.Hours).GroupBy(h => h.Start, h => h.Billed).Select(g => new HourSpend(g.Key, Sum(g))).Where(h => h.Billed != Usd.Zero).OrderBy(h => h.Start)],
        [.. accounts.SelectMany(a => a.Days).GroupBy(d => d.Day, d => d.Billed).Select(g => new DaySpend(g.Key, Sum(g))).Where(d => d.Billed != Usd.Zero).OrderBy(d => d.Day)],
        accounts.Min(a => a.First), null);

    private static Usd Sum(IEnumerable<Usd> amounts) => amounts.Aggregate(Usd.Zero, (sum, amount) => sum + amount);

    /// <summary>Which sum: of what, in which window, with which accounts connected since when.</summary>
    internal readonly record struct Question(ScopeKind Kind, string Values, Interval Window, string Connected);

    private sealed record Added(long Reading, DateTimeOffset Since, DateOnly Today, IReadOnlyDictionary<string, SpendSeries> Series);
}
