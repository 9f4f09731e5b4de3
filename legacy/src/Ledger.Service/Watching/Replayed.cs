using System.Runtime.InteropServices;
using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>The recent spend of a scope while it is replayed: hours of the days a series looks back, nothing older.</summary>
internal sealed class ReplayedSeries(DateTimeOffset? firstEver, DateTimeOffset from)
{
    private readonly SortedDictionary<DateTimeOffset, long> hours = [];
    private DateTimeOffset? first = firstEver < from ? firstEver : null;

    public void Add(DateTimeOffset start, Usd billed)
    {
        var hour = WatchSnapshot.BeginsToCount(start);
        var sum = hours.GetValueOrDefault(hour) + billed.Ticks;
        if (sum == 0) hours.Remove(hour);
        else hours[hour] = sum;
        if (first is null || start < first) first = start;
    }

    public SpendSeries At(DateTimeOffset through)
    {
        var today = new DateTimeOffset(through.UtcDateTime.Date, TimeSpan.Zero);
        var (week, past) = (WatchSnapshot.BeginsToCount(through.AddDays(-7)), today.AddDays(-WatchSnapshot.SeriesDays));
        while (hours.Count > 0 && hours.First().Key is var oldest && oldest < past) hours.Remove(oldest);
        var days = new List<DaySpend>();
        foreach (var (hour, ticks) in hours)
        {
            if (hour >= today) break;
            var day = DateOnly.FromDateTime(hour.UtcDateTime);
            if (days.Count > 0 && days[^1].Day == day) days[^1] = new(day, days[^1].Billed + new Usd(ticks));
            else days.Add(new(day, new(ticks)));
        }
        return new([.. hours.Where(h => h.Key >= week).Select(h => new HourSpend(h.Key, new(h.Value)))], [.. days.Where(d => d.Billed != Usd.Zero)], first, through);
    }
}

/// <summary>A budget while spend is replayed: what its windows hold by now, and what was told.</summary>
internal sealed class ReplayedBudget(Budget budget, DateTimeOffset? firstEver, DateTimeOffset from, Func<string, Mission?> missions)
{
    private const int windowsKept = 3;
    private static readonly ScopeKind[] dimensions = [ScopeKind.Key, ScopeKind.Model, ScopeKind.Unit, ScopeKind.Agent];

    private readonly ReplayedSeries series = new(firstEver, from);
    private readonly (PeriodLimit Limit, Period Period, List<ReplayedWindow> Windows)[] limits =
        [.. budget.Limits.Select(l => Period.TryParse(l.Period, out var period) ? (l, period, new List<ReplayedWindow>()) : default).Where(l => l.period is not null)];
    private readonly TimeZoneInfo? zone = BudgetStates.ZoneOf(budget);
    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private Interval? changed;

    public Budget Budget => budget;

    public void Add(KnownSpend part)
    {
        if (zone is null || !part.Is(budget.Scope)) return;
        series.Add(part.Start, part.Billed);
        foreach (var (_, period, windows) in limits)
            WindowOf(part.Start, period, windows)?.Add(part);
        changed = changed is { } so ? new(part.Start < so.Start ? part.Start : so.Start, part.Start > so.End ? part.Start : so.End) : new(part.Start, part.Start);
    }

    /// <summary>What is told at an instant, with what it comes from.</summary>
    public IEnumerable<(NewCrossing Crossing, IEnumerable<ScopePart> Parts)> Judge(DateTimeOffset now)
    {
        if (changed is not { } span) yield break;
        changed = null;
        SpendSeries? recent = null;
        foreach (var q in BudgetStates.Questions(new(budget, span), missions, now))
        {
            if (budget.LimitAt(q.Period, q.At) is not { } limit || limit <= Usd.Zero) continue;
            var window = limits.Single(l => l.Limit.Period == q.Period).Windows.FirstOrDefault(w => w.Counted == q.Counted);
            if (window is null) continue;
            var forecast = budget.Thresholds.Any(t => t.Basis == Basis.Forecast) ? Forecasting.Of(recent ??= series.At(now), q.Window, window.Spent, limit) : new(null, null, null, null, null, "not asked for");
            var state = new BudgetState(budget, q.Period, q.Window, limit, window.Spent, Usd.Zero, forecast);
            foreach (var crossing in BudgetFindings.Sort(state, state.Crossed(q.At), told.Contains))
            {
                told.Add(crossing.Crossing.Key);
                if (crossing.ToldBy is null) yield return (crossing, window.Parts(dimensions));
            }
        }
    }

    private ReplayedWindow? WindowOf(DateTimeOffset start, Period period, List<ReplayedWindow> windows)
    {
        foreach (var known in windows)
            if (known.Counted.Contains(start))
                return known;
        var span = period.Kind == PeriodKind.Life ? Interval.Always : Calendar.WindowAt(period, zone!, budget.WeekStart, start)!.Value;
        if (!span.Contains(start)) return null;
        var window = new ReplayedWindow(span);
        windows.Insert(0, window);
        // What comes in for windows long over is told to nobody.
        if (windows.Count > windowsKept) windows.Remove(windows.MinBy(w => w.Counted.Start)!);
        return window;
    }
}

/// <summary>What a window holds by now.</summary>
internal sealed class ReplayedWindow(Interval counted)
{
    private readonly Dictionary<(ScopeKind, string), long> parts = [];

    public Interval Counted { get; } = counted;

    public Usd Spent { get; private set; }

    public void Add(KnownSpend part)
    {
        Spent += part.Billed;
        Add(ScopeKind.Key, part.Key, part.Billed);
        Add(ScopeKind.Model, part.Model, part.Billed);
        Add(ScopeKind.Unit, part.Unit, part.Billed);
        Add(ScopeKind.Agent, part.Agent, part.Billed);
    }

    public IEnumerable<ScopePart> Parts(IReadOnlyList<ScopeKind> dimensions) =>
        parts.Where(p => p.Value != 0 && dimensions.Contains(p.Key.Item1)).Select(p => new ScopePart(p.Key.Item1, p.Key.Item2, new(p.Value)));

    private void Add(ScopeKind dimension, string value, Usd billed)
    {
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(parts, (dimension, value), out _);
        sum += billed.Ticks;
    }
}

/// <summary>Accounts' prepaid money while spend is replayed.</summary>
internal sealed class ReplayedMoney(IReadOnlyDictionary<string, Account> accounts, IReadOnlyList<(string Account, DateTimeOffset At, Usd? Credit, Usd? Left)> balances, DateTimeOffset from)
{
    private readonly Dictionary<string, ReplayedSeries> series = balances.Select(b => b.Account).Distinct(StringComparer.Ordinal).ToDictionary(a => a, _ => new ReplayedSeries(null, from), StringComparer.Ordinal);
    private readonly Dictionary<string, (Usd? Credit, Usd? Left)> now = new(StringComparer.Ordinal);
    private int next;

    public void Add(KnownSpend part)
    {
        if (series.TryGetValue(part.Account, out var mine)) mine.Add(part.Start, part.Billed);
    }

    /// <summary>The soonest run-out by what was known; null: no balance was.</summary>
    public Runway? SoonestAt(DateTimeOffset at)
    {
        for (; next < balances.Count && balances[next].At <= at; next++)
            now[balances[next].Account] = (balances[next].Credit, balances[next].Left);
        return now.Where(n => n.Value.Left is not null && accounts.TryGetValue(n.Key, out var a) && a.Balance is not null)
            .Select(n => Runways.Of(accounts[n.Key] with { Balance = accounts[n.Key].Balance! with { PrepaidCredit = n.Value.Credit, PrepaidLeft = n.Value.Left } }, series[n.Key].At(at)))
            .OfType<Runway>().OrderBy(r => r.RunsOut ?? DateTimeOffset.MaxValue).ThenBy(r => r.Account, StringComparer.Ordinal).FirstOrDefault();
    }
}
