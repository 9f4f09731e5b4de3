using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Watching;
using Ledger.Service.Writing;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Budgets;

/// <summary>A period of a budget, looked at.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Limit">Its limit as set.</param>
/// <param name="Window">The window it is in; null: it has none.</param>
/// <param name="State">Where it stands; null: not known.</param>
/// <param name="Series">How its scope spent lately.</param>
/// <param name="Why">Why it is not known where it stands.</param>
internal sealed record Stood(Budget Budget, PeriodLimit Limit, Interval? Window, BudgetState? State, SpendSeries Series, string? Why);

/// <summary>Where budgets stand now: what was spent in the windows they are in, and where that leads.</summary>
internal sealed class Standings(WatchQueries watch, Registry registry, Reaches reaches, TimeProvider clock)
{
    public async Task<BudgetBody> Of(Budget budget, CancellationToken ct) => (await Of([budget], ct))[0];

    public async Task<IReadOnlyList<BudgetBody>> Of(IReadOnlyList<Budget> budgets, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var snapshot = await watch.Open(ct);
        var stood = (await Look(snapshot, budgets, ct)).ToLookup(s => s.Budget.Id, StringComparer.Ordinal);
        return registry.Ask(d => budgets.Select(b => new BudgetBody(
            b.Id, b.Name, b.Scope.ToString(), ScopeFinder.NameOf(d, b.Scope), b.Zone, b.WeekStart.ToString().ToLowerInvariant(), [.. b.Thresholds.Select(t => t.ToString())], b.Recipients, b.Channels, b.Closed, b.SetAt,
            [.. stood[b.Id].Select(s => PeriodBody.Of(s.Limit, b, s.Window, s.State, s.Why, now))])).ToArray());
    }

    /// <summary>Looks at every period of some budgets at one position. As many questions as there are different windows and dimensions, not budgets.</summary>
    public async Task<IReadOnlyList<Stood>> Look(WatchSnapshot snapshot, IReadOnlyList<Budget> budgets, CancellationToken ct)
    {
        if (budgets.Count == 0) return [];
        var now = clock.GetUtcNow();
        var reach = await reaches.Now(ct);
        var (connected, places) = registry.Ask(d => (
            d.Accounts.Values.ToDictionary(a => a.Id, a => a.ConnectedAt, StringComparer.Ordinal),
            budgets.SelectMany(b => b.Limits.Select(l => Place(d, b, l, reach(Reaches.AccountsOf(d, b.Scope)), now))).ToArray()));

        var sums = new Dictionary<(ScopeKind, string, Interval), ScopeSum>();
        foreach (var same in places.Where(p => p.Counted is not null).GroupBy(p => (p.Budget.Scope.Kind, p.Counted!.Value)))
            foreach (var (value, sum) in await snapshot.Sums(same.Key.Kind, [.. same.Select(p => p.Budget.Scope.Value).Distinct(StringComparer.Ordinal)], same.Key.Value, connected, ct))
                sums[(same.Key.Kind, value, same.Key.Value)] = sum;
        var series = new Dictionary<(ScopeKind, string), SpendSeries>();
        foreach (var same in places.GroupBy(p => (p.Budget.Scope.Kind, p.Reach.Through)))
            foreach (var (value, one) in await snapshot.Series(same.Key.Kind, [.. same.Select(p => p.Budget.Scope.Value).Distinct(StringComparer.Ordinal)], connected.Keys, now, same.Key.Through, ct))
                series[(same.Key.Kind, value)] = one;
        return [.. places.Select(p => Stand(p, p.Counted is { } counted ? sums.GetValueOrDefault((p.Budget.Scope.Kind, p.Budget.Scope.Value, counted)) : default, series.GetValueOrDefault((p.Budget.Scope.Kind, p.Budget.Scope.Value)) ?? SpendSeries.Empty, now))];
    }

    private static Placed Place(AttributionContext known, Budget budget, PeriodLimit limit, Reach reach, DateTimeOffset now)
    {
        var window = PeriodWindows.Of(known, budget.Scope, limit.Period, budget.Zone, budget.WeekStart, now);
        // All that is allocated to a mission is its life's, whatever part of a bucket it took.
        return new(budget, limit, window, limit.Period == "life" && window is not null ? Interval.Always : window, reach);
    }

    private static Stood Stand(Placed at, ScopeSum sum, SpendSeries series, DateTimeOffset now)
    {
        var why = at.Window is null ? (at.Limit.Period == "life" ? "the mission was cancelled" : $"this machine does not know the time zone {at.Budget.Zone}: install its time zone data, or set the budget in another zone") : sum == default ? at.Reach.Why : null;
        if (why is not null || at.Window is not { } window) return new(at.Budget, at.Limit, at.Window, null, series, why);
        var limit = at.Budget.LimitAt(at.Limit.Period, now) ?? at.Limit.Limit;
        return new(at.Budget, at.Limit, window, new(at.Budget, at.Limit.Period, window, limit, sum.Spent, sum.History, Forecasting.Of(series, window, sum.Spent, limit)), series, null);
    }

    private sealed record Placed(Budget Budget, PeriodLimit Limit, Interval? Window, Interval? Counted, Reach Reach);
}

/// <summary>Windows of periods, a mission's life among them.</summary>
internal static class PeriodWindows
{
    /// <summary>The window a period is in; null: it has none, because the mission was cancelled or is not there, or this machine does not know the zone (any more).</summary>
    public static Interval? Of(AttributionContext known, Ledger.Budgets.Scope scope, string period, string zone, DayOfWeek weekStart, DateTimeOffset at)
    {
        var parsed = Period.TryParse(period, out var p) ? p : throw new InvalidOperationException($"The log holds the period '{period}'.");
        if (parsed.Kind != PeriodKind.Life) return TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var local) ? Calendar.WindowAt(parsed, local, weekStart, at) : null;
        return known.Missions.TryGetValue(scope.Value, out var mission) && !mission.Cancelled
            ? mission.Life
            : null;
    }

    /// <summary>What an agent's share of the last day comes to in an hour.</summary>
    public static Usd PerHour(SpendSeries series)
    {
        var over = series.Observed < TimeSpan.FromDays(1) ? series.Observed : TimeSpan.FromDays(1);
        return over < TimeSpan.FromHours(1) ? series.Last(TimeSpan.FromHours(1)) : new((long)((Int128)series.Last(over).Ticks * TimeSpan.TicksPerHour / over.Ticks));
    }
}
