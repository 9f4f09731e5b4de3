using Ledger.Budgets;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Where one period of a budget stands, and the instant it is judged at.</summary>
/// <param name="State">The state.</param>
/// <param name="At">Now, or the last instant of a window that is just over.</param>
internal readonly record struct StateAt(BudgetState State, DateTimeOffset At);

/// <summary>
/// Works out where budgets stand: sums and series of all that share a window or a dimension in one question. Nothing is kept from
/// one time to the next: spend of a period is what the books say.
/// </summary>
internal static class BudgetStates
{
    /// <summary>So long after its end a window still gets late figures that are worth a word.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(24);

    public static async Task<IReadOnlyList<StateAt>> Of(Look look, IReadOnlyCollection<ToLookAt> budgets, CancellationToken ct)
    {
        var questions = budgets.SelectMany(b => Questions(b, id => look.Books.Ask(d => d.Missions.GetValueOrDefault(id)), look.Now)).ToArray();
        var sums = new Dictionary<(Scope, Interval), ScopeSum>();
        foreach (var group in questions.GroupBy(q => (q.Budget.Scope.Kind, q.Counted)))
        {
            var values = group.Select(q => q.Budget.Scope.Value).Distinct(StringComparer.Ordinal).ToArray();
            foreach (var (value, sum) in await look.Views.Sums(group.Key.Kind, values, group.Key.Counted, look.Connected, ct))
                sums[(new(group.Key.Kind, value), group.Key.Counted)] = sum;
        }
        var series = await Series(look, questions.Where(q => q.Budget.Thresholds.Any(t => t.Basis == Basis.Forecast)).Select(q => q.Budget.Scope).Distinct(), ct);
        var states = new List<StateAt>(questions.Length);
        foreach (var q in questions)
        {
            if (q.Budget.LimitAt(q.Period, q.At) is not { } limit || limit <= Usd.Zero) continue;
            var sum = sums.GetValueOrDefault((q.Budget.Scope, q.Counted));
            var recent = series.GetValueOrDefault(q.Budget.Scope) ?? SpendSeries.Empty with { Through = look.Through(q.Budget.Scope.Kind, q.Budget.Scope.Value) };
            states.Add(new(new(q.Budget, q.Period, q.Window, limit, sum.Spent, sum.History, Forecasting.Of(recent, q.Window, sum.Spent, limit)), q.At));
        }
        return states;
    }

    /// <summary>How spend of scopes went lately.</summary>
    public static async Task<IReadOnlyDictionary<Scope, SpendSeries>> Series(Look look, IEnumerable<Scope> scopes, CancellationToken ct)
    {
        var series = new Dictionary<Scope, SpendSeries>();
        foreach (var group in scopes.GroupBy(s => (s.Kind, Through: look.Through(s.Kind, s.Value))))
            foreach (var (value, recent) in await look.Views.Series(group.Key.Kind, [.. group.Select(s => s.Value)], [.. look.Accounts.Keys], look.Now, group.Key.Through, ct))
                series[new(group.Key.Kind, value)] = recent;
        return series;
    }

    /// <summary>The zone of a budget; null when this machine does not know it (any more).</summary>
    public static TimeZoneInfo? ZoneOf(Budget budget) => TimeZoneInfo.TryFindSystemTimeZoneById(budget.Zone, out var zone) ? zone : null;

    /// <summary>The windows of a budget that are looked at: those that run, and those that are just over when what changed lies in them.</summary>
    /// <param name="of">The budget and the buckets that changed.</param>
    /// <param name="missions">Finds a mission.</param>
    /// <param name="now">Now.</param>
    public static IEnumerable<Question> Questions(ToLookAt of, Func<string, Mission?> missions, DateTimeOffset now)
    {
        var budget = of.Budget;
        if (ZoneOf(budget) is not { } zone) yield break;
        foreach (var (text, _) in budget.Limits)
        {
            if (!Period.TryParse(text, out var period)) continue;
            if (period.Kind == PeriodKind.Life)
            {
                // All that a mission carries is its own, also in a bucket that began before it.
                if (missions(budget.Scope.Value) is { Cancelled: false } mission)
                    yield return new(budget, text, mission.Life, Interval.Always, now);
                continue;
            }
            if (Calendar.WindowAt(period, zone, budget.WeekStart, now) is not { } window) continue;
            if (period.Kind == PeriodKind.Custom)
            {
                if (now < window.Start || now >= window.End + Grace) continue;
                yield return new(budget, text, window, window, now < window.End ? now : LastOf(window));
                continue;
            }
            yield return new(budget, text, window, window, now);
            // What was spent just before midnight is read after it.
            if (now - window.Start < Grace && (of.Changed is not { } changed || changed.Start < window.Start)
                && Calendar.WindowAt(period, zone, budget.WeekStart, LastOf(window with { End = window.Start })) is { } before)
                yield return new(budget, text, before, before, LastOf(before));
        }
    }

    private static DateTimeOffset LastOf(Interval window) => window.End.AddMicroseconds(-1);
}

/// <summary>A window of a budget that is looked at.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Period">As the budget writes it.</param>
/// <param name="Window">The window people are told.</param>
/// <param name="Counted">The buckets that are added up.</param>
/// <param name="At">The instant it is judged at.</param>
internal readonly record struct Question(Budget Budget, string Period, Interval Window, Interval Counted, DateTimeOffset At);
