using System.Collections.Concurrent;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Service.Spend;

/// <summary>The last reading that the money views hold, and which tables they are: a rebuild makes others.</summary>
internal readonly record struct LastReading(long Position, uint Tables);

/// <summary>
/// How accounts spent lately, as it was last added up. Who spent it changes with edits; how much an account spent changes with a reading
/// alone, so between two readings it is added up once, however often the guard is asked.
/// </summary>
internal sealed class AccountSpend
{
    private const int sumsMax = 1_000;

    private Added? last;
    private Summed? sums;

    /// <summary>What a window costs, of everything or of accounts.</summary>
    public async Task<IReadOnlyDictionary<string, ScopeSum>> Sums(LastReading reading, Question question, Func<Task<IReadOnlyDictionary<string, ScopeSum>>> add)
    {
        // Views at two readings may ask at once: each keeps to the sums of its own.
        var of = sums;
        if (of?.Reading != reading) sums = of = new(reading, []);
        if (of.Known.TryGetValue(question, out var sum)) return sum;
        sum = await add();
        if (of.Known.Count < sumsMax) of.Known[question] = sum;
        return sum;
    }

    /// <summary>The series of each account that ever spent anything. How far the data reaches is not in them.</summary>
    public async Task<IReadOnlyDictionary<string, SpendSeries>> Of(
        LastReading reading, DateTimeOffset since, DateOnly today, Func<Task<IReadOnlyDictionary<string, SpendSeries>>> add)
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

    private sealed record Summed(LastReading Reading, ConcurrentDictionary<Question, IReadOnlyDictionary<string, ScopeSum>> Known);

    private sealed record Added(LastReading Reading, DateTimeOffset Since, DateOnly Today, IReadOnlyDictionary<string, SpendSeries> Series);
}
