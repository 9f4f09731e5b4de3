using System.Globalization;
using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Spend;

namespace Ledger.Service.Budgets;

/// <summary>The books as of a position: for a digest, which says what stood in them then. Nobody is alerted by it, so history is not told apart.</summary>
/// <param name="view">Holds that position.</param>
/// <param name="position">The position.</param>
/// <param name="missions">Missions as they stood then, by id.</param>
/// <param name="reach">How far the data of a scope reached then.</param>
/// <param name="credits">What was left of accounts' prepaid credit then.</param>
public sealed class BooksAsOf(
    SpendView view, long position, IReadOnlyDictionary<string, Mission> missions, Func<Scope, DataFreshness> reach, Func<IReadOnlyCollection<Account>, CancellationToken, Task<IReadOnlyDictionary<string, CreditNow>>> credits) : IBooks
{
    private const int rowsMax = 500_000;

    /// <summary>So far back the first spend of a scope is looked for.</summary>
    private static readonly TimeSpan firstLookedFor = TimeSpan.FromDays(400);

    public Mission? Mission(string id) => missions.GetValueOrDefault(id);

    public DataFreshness Reach(Scope scope) => reach(scope);

    public Task<IReadOnlyDictionary<string, CreditNow>> Credits(IReadOnlyCollection<Account> accounts, CancellationToken ct) => credits(accounts, ct);

    public async Task<IReadOnlyDictionary<string, ScopeSum>> Sums(ScopeKind kind, IReadOnlyCollection<string> values, Interval window, CancellationToken ct)
    {
        var sums = new Dictionary<string, ScopeSum>(StringComparer.Ordinal);
        foreach (var (value, _, billed) in await Spent(kind, values, window, null, ct)) sums[value] = new(billed, Usd.Zero);
        return sums;
    }

    public async Task<IReadOnlyDictionary<string, SpendSeries>> Series(ScopeKind kind, IReadOnlyCollection<string> values, DateTimeOffset now, DateTimeOffset? through, CancellationToken ct)
    {
        if (through is not { } end) return values.ToDictionary(v => v, _ => SpendSeries.Empty, StringComparer.Ordinal);
        var today = new DateTimeOffset(end.UtcDateTime.Date, TimeSpan.Zero);
        var hours = (await Spent(kind, values, new(end.AddDays(-7).FloorToHour(), end.FloorToHour().AddHours(1)), Dimension.Hour, ct)).ToLookup(r => r.Value, StringComparer.Ordinal);
        var days = (await Spent(kind, values, new(today - firstLookedFor, today), Dimension.Day, ct)).ToLookup(r => r.Value, StringComparer.Ordinal);
        return values.ToDictionary(
            v => v,
            v => Series([.. hours[v].Select(r => new HourSpend(InstantOf(r.Time!), r.Billed))], [.. days[v].Select(r => new DaySpend(DateOnly.FromDateTime(InstantOf(r.Time!).UtcDateTime), r.Billed))], end),
            StringComparer.Ordinal);
    }

    private static SpendSeries Series(HourSpend[] hours, DaySpend[] days, DateTimeOffset end)
    {
        var recent = DateOnly.FromDateTime(end.UtcDateTime).AddDays(-SpendView.SeriesDays);
        DateTimeOffset? firstDay = days.Length > 0 ? new(days[0].Day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero) : null;
        DateTimeOffset? firstHour = hours.Length > 0 ? hours[0].Start : null;
        // The first day's own hours say it more closely where they are in reach.
        var first = firstDay is null || firstHour < firstDay.Value.AddDays(1) ? firstHour : firstDay;
        return new(hours, [.. days.Where(d => d.Day >= recent)], first, end);
    }

    /// <summary>What values of a dimension cost, by hour or day where that is asked for, in the order of time.</summary>
    private async Task<IEnumerable<(string Value, string? Time, Usd Billed)>> Spent(ScopeKind kind, IReadOnlyCollection<string> values, Interval window, Dimension? time, CancellationToken ct)
    {
        IEnumerable<Dimension> by = time is { } unit ? [unit] : [];
        if (kind == ScopeKind.Everything)
        {
            var all = await Report(window, [.. by], null, ct);
            return time is null ? [("", null, all.Total)] : all.Rows.Select(r => ("", r.Group[0], r.Billed));
        }
        var dimension = DimensionOf(kind);
        var only = values.Count == 1 ? new Dictionary<Dimension, string> { [dimension] = values.First() } : null;
        var rows = (await Report(window, [.. by, dimension], only, ct)).Rows;
        var wanted = values.ToHashSet(StringComparer.Ordinal);
        return rows.Where(r => r.Group[^1] is { } value && wanted.Contains(value)).Select(r => (r.Group[^1]!, time is null ? null : r.Group[0], r.Billed));
    }

    private Task<ReportAnswer> Report(Interval window, IReadOnlyList<Dimension> by, IReadOnlyDictionary<Dimension, string>? where, CancellationToken ct) => view.Report(new()
    {
        Since = window.Start,
        Until = window.End,
        By = by,
        Where = where ?? new Dictionary<Dimension, string>(),
        AsOf = position,
        Limit = rowsMax,
        PreliminaryFrom = Instants.Max,
    }, ct);

    private static DateTimeOffset InstantOf(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static Dimension DimensionOf(ScopeKind kind) => kind switch
    {
        ScopeKind.Account => Dimension.Account,
        ScopeKind.Agent => Dimension.Agent,
        ScopeKind.Key => Dimension.Key,
        ScopeKind.Model => Dimension.Model,
        ScopeKind.Unit => Dimension.Unit,
        ScopeKind.Mission => Dimension.Mission,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
