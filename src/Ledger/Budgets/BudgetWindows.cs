using Ledger.Missions;

namespace Ledger.Budgets;

/// <summary>A window of a budget that is looked at.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Period">As the budget writes it.</param>
/// <param name="Window">The window people are told.</param>
/// <param name="Counted">The buckets that are added up.</param>
/// <param name="At">The instant it is judged at: now, or the last instant of a window that is just over.</param>
public readonly record struct BudgetWindow(Budget Budget, string Period, Interval Window, Interval Counted, DateTimeOffset At);

/// <summary>Which windows of a budget are looked at.</summary>
public static class BudgetWindows
{
    /// <summary>So long after its end a window still gets late figures that are worth a word.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(24);

    /// <summary>The windows that are watched: those that run, and those that are just over when what changed lies in them.</summary>
    /// <param name="budget">The budget.</param>
    /// <param name="changed">The buckets that changed; null: any may have.</param>
    /// <param name="missions">Finds a mission.</param>
    /// <param name="now">Now.</param>
    public static IEnumerable<BudgetWindow> Watched(Budget budget, Interval? changed, Func<string, Mission?> missions, DateTimeOffset now)
    {
        if (!Calendar.IsZone(budget.Zone)) yield break;
        foreach (var (text, _) in budget.Limits)
        {
            if (!Period.TryParse(text, out var period)) continue;
            if (period.Kind == PeriodKind.Life)
            {
                if (missions(budget.Scope.Value) is { Cancelled: false } mission)
                    yield return new(budget, text, mission.Life, Interval.Always, now);
                continue;
            }
            if (Calendar.WindowAt(period, budget.Zone, budget.WeekStart, now) is not { } window) continue;
            if (period.Kind == PeriodKind.Custom)
            {
                if (now < window.Start || now >= window.End + Grace) continue;
                yield return new(budget, text, window, window, now < window.End ? now : LastOf(window));
                continue;
            }
            yield return new(budget, text, window, window, now);
            // What was spent just before midnight is read after it.
            if (now - window.Start < Grace && (changed is not { } buckets || buckets.Start < window.Start)
                && Calendar.WindowAt(period, budget.Zone, budget.WeekStart, LastOf(window with { End = window.Start })) is { } before)
                yield return new(budget, text, before, before, LastOf(before));
        }
    }

    /// <summary>
    /// The window a period is in, whether it runs or not. Null: it has none, because the mission was cancelled or is not there, or nobody
    /// knows the zone; <see cref="WhyNone"/> says which.
    /// </summary>
    /// <param name="scope">A mission's life is that mission's.</param>
    /// <param name="period">As budgets write it.</param>
    /// <param name="zone">IANA name.</param>
    /// <param name="weekStart">First day of weeks.</param>
    /// <param name="missions">Finds a mission.</param>
    /// <param name="at">The instant.</param>
    public static Interval? At(Scope scope, string period, string zone, DayOfWeek weekStart, Func<string, Mission?> missions, DateTimeOffset at)
    {
        var parsed = Period.TryParse(period, out var p) ? p : throw new InvalidOperationException($"The log holds the period '{period}'.");
        return parsed.Kind != PeriodKind.Life ? Calendar.WindowAt(parsed, zone, weekStart, at)
            : missions(scope.Value) is { Cancelled: false } mission ? mission.Life : null;
    }

    /// <summary>The days of a budget's that begin in a stretch, and are over at an instant. None: it limits no days.</summary>
    public static IEnumerable<BudgetWindow> DaysOver(Budget budget, Interval stretch, DateTimeOffset at)
    {
        foreach (var (text, _) in budget.Limits.Where(l => Calendar.IsZone(budget.Zone) && Period.TryParse(l.Period, out var p) && p.Kind == PeriodKind.Day))
            for (var day = Calendar.WindowAt(new(PeriodKind.Day), budget.Zone, budget.WeekStart, stretch.Start); day is { } d && d.End <= at; day = Calendar.WindowAt(new(PeriodKind.Day), budget.Zone, budget.WeekStart, d.End))
                if (stretch.Contains(d.Start)) yield return new(budget, text, d, d, LastOf(d));
    }

    /// <summary>The buckets that are added up for a window: all that a mission carries is its own, also in a bucket that began before it.</summary>
    public static Interval Counted(string period, Interval window) => period == "life" ? Interval.Always : window;

    /// <summary>Why a period of a budget has no window.</summary>
    public static string WhyNone(Budget budget, string period) => period == "life"
        ? "the mission was cancelled"
        : $"the time zone {budget.Zone} is not known: set the budget in another zone";

    private static DateTimeOffset LastOf(Interval window) => window.End.AddMicroseconds(-1);
}
