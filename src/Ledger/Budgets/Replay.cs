using System.Runtime.InteropServices;
using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Forecasts;
using Ledger.Missions;
using Ledger.Money;

namespace Ledger.Budgets;

/// <summary>A part of a line as it became known.</summary>
/// <param name="Known">When it was, or would have been, known.</param>
/// <param name="Start">Start of its bucket.</param>
/// <param name="Account">Account.</param>
/// <param name="Key">Key; empty where billing names none.</param>
/// <param name="Model">Model; empty where billing names none.</param>
/// <param name="Unit">Unit; empty where billing names none.</param>
/// <param name="Agent">Agent; empty for nobody.</param>
/// <param name="Mission">Mission; empty for none.</param>
/// <param name="Billed">By how much it rose; negative when it was restated.</param>
public readonly record struct KnownSpend(DateTimeOffset Known, DateTimeOffset Start, string Account, string Key, string Model, string Unit, string Agent, string Mission, Usd Billed)
{
    /// <summary>Whether it belongs to a scope.</summary>
    public bool Is(Scope scope) => scope.Kind == ScopeKind.Everything || scope.Value == scope.Kind switch
    {
        ScopeKind.Account => Account,
        ScopeKind.Agent => Agent,
        ScopeKind.Key => Key,
        ScopeKind.Model => Model,
        ScopeKind.Unit => Unit,
        ScopeKind.Mission => Mission,
        _ => null,
    };
}

/// <summary>A part of some spend in one dimension.</summary>
/// <param name="Dimension">Key, model, unit or agent.</param>
/// <param name="Value">Empty where billing or ownership names none.</param>
/// <param name="Billed">Billed.</param>
public sealed record ScopePart(ScopeKind Dimension, string Value, Usd Billed);

/// <summary>A budget while spend is replayed through the rules that watch it: what its windows hold by now, and what was told.</summary>
/// <param name="budget">The budget; raises that it holds count in their time.</param>
/// <param name="firstEver">Start of its scope's first bucket ever.</param>
/// <param name="from">Where the replay begins.</param>
/// <param name="missions">Finds a mission.</param>
public sealed class BudgetReplay(Budget budget, DateTimeOffset? firstEver, DateTimeOffset from, Func<string, Mission?> missions)
{
    private const int windowsKept = 3;

    private readonly SpendSeriesBuilder series = new(firstEver, from);
    private readonly (PeriodLimit Limit, Period Period, List<WindowReplay> Windows)[] limits =
        [.. budget.Limits.Select(l => Period.TryParse(l.Period, out var period) ? (l, period, new List<WindowReplay>()) : default).Where(l => l.period is not null)];
    private readonly bool zoneIsKnown = Calendar.IsZone(budget.Zone);
    private readonly Dictionary<string, (string Period, Interval Window, NewCrossing Crossing)> told = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Times, DateTimeOffset At)> recovered = new(StringComparer.Ordinal);
    private Interval? changed;

    /// <summary>The budget.</summary>
    public Budget Budget => budget;

    /// <summary>Adds what became known.</summary>
    public void Add(KnownSpend part)
    {
        if (!zoneIsKnown || !part.Is(budget.Scope)) return;
        series.Add(part.Start, part.Billed);
        foreach (var (_, period, windows) in limits)
            WindowOf(part.Start, period, windows)?.Add(part);
        changed = changed is { } so ? new(part.Start < so.Start ? part.Start : so.Start, part.Start > so.End ? part.Start : so.End) : new(part.Start, part.Start);
    }

    /// <summary>What is told at an instant, with what it comes from.</summary>
    public IEnumerable<(NewCrossing Crossing, IEnumerable<ScopePart> Parts)> Judge(DateTimeOffset now)
    {
        if (changed is not { } buckets) yield break;
        changed = null;
        SpendSeries? recent = null;
        foreach (var looked in BudgetWindows.Watched(budget, buckets, missions, now))
        {
            if (budget.LimitAt(looked.Period, looked.At) is not { } limit || limit <= Usd.Zero) continue;
            var window = limits.First(l => l.Limit.Period == looked.Period).Windows.FirstOrDefault(w => w.Counted == looked.Counted);
            if (window is null) continue;
            var forecast = budget.Thresholds.Any(t => t.Basis == Basis.Forecast) ? Forecasting.Of(recent ??= series.At(now), looked.Window, window.Spent, limit) : new(null, null, null, null, null, "not asked for");
            var state = new BudgetState(budget, looked.Period, looked.Window, limit, window.Spent, Usd.Zero, forecast);
            var crossings = state.Crossed(looked.At).Select(c => c with { Key = Alert.KeyAgain(c.Key, recovered.GetValueOrDefault(c.Key).Times) }).ToArray();
            foreach (var crossing in Crossings.New(state, crossings, told.ContainsKey, key => recovered.TryGetValue(Alert.MatterOf(key), out var over) && now - over.At < Crossings.GoodNewsWaits))
            {
                told[crossing.Crossing.Key] = (looked.Period, looked.Window, crossing);
                if (crossing.IsTold) yield return (crossing, window.Parts());
            }
            foreach (var (key, over) in told.Where(t => t.Value.Period == looked.Period && t.Value.Window == looked.Window && state.IsClearOf(t.Value.Crossing.Crossing.Threshold)).ToArray())
            {
                told.Remove(key);
                var matter = Alert.MatterOf(key);
                recovered[matter] = (recovered.GetValueOrDefault(matter).Times + 1, over.Crossing.IsQuiet ? DateTimeOffset.MinValue : now);
            }
        }
    }

    private WindowReplay? WindowOf(DateTimeOffset start, Period period, List<WindowReplay> windows)
    {
        foreach (var known in windows)
            if (known.Counted.Contains(start))
                return known;
        var counted = period.Kind == PeriodKind.Life ? Interval.Always : Calendar.WindowAt(period, budget.Zone, budget.WeekStart, start)!.Value;
        if (!counted.Contains(start)) return null;
        var window = new WindowReplay(counted);
        windows.Insert(0, window);
        // What comes in for windows long over is told to nobody.
        if (windows.Count > windowsKept) windows.Remove(windows.MinBy(w => w.Counted.Start)!);
        return window;
    }

    /// <summary>What a window holds by now.</summary>
    private sealed class WindowReplay(Interval counted)
    {
        private readonly Dictionary<(ScopeKind Dimension, string Value), long> parts = [];

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

        public IEnumerable<ScopePart> Parts() => parts.Where(p => p.Value != 0).Select(p => new ScopePart(p.Key.Dimension, p.Key.Value, new(p.Value)));

        private void Add(ScopeKind dimension, string value, Usd billed)
        {
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(parts, (dimension, value), out _);
            sum += billed.Ticks;
        }
    }
}

/// <summary>Prepaid money that was known of an account at an instant.</summary>
/// <param name="Account">The account.</param>
/// <param name="At">When it was answered.</param>
/// <param name="Credit">Credit at the start of the cycle; null: unknown.</param>
/// <param name="Left">Credit left; null: unknown.</param>
public readonly record struct KnownCredit(string Account, DateTimeOffset At, Usd? Credit, Usd? Left);

/// <summary>Accounts' prepaid credit while spend is replayed.</summary>
/// <param name="accounts">All accounts by id.</param>
/// <param name="balances">What was known, in order.</param>
/// <param name="from">Where the replay begins.</param>
public sealed class CreditReplay(IReadOnlyDictionary<string, Account> accounts, IReadOnlyList<KnownCredit> balances, DateTimeOffset from)
{
    private readonly Dictionary<string, SpendSeriesBuilder> series =
        balances.Select(b => b.Account).Distinct(StringComparer.Ordinal).ToDictionary(a => a, _ => new SpendSeriesBuilder(null, from), StringComparer.Ordinal);
    private readonly Dictionary<string, KnownCredit> known = new(StringComparer.Ordinal);
    private int next;

    /// <summary>As live (<see cref="Accounts.Credit"/>), credit rises only when money comes in; what the rows hold of it is what a cycle began with.</summary>
    private static KnownCredit After(KnownCredit before, KnownCredit said)
    {
        if (said is not { Credit: { } begins, Left: { } left } || before is not { Credit: { } began, Left: { } was }) return said.Left is null ? before : said;
        var most = begins > began ? was + (begins - began) : was;
        return left > most ? said with { Left = most } : said;
    }

    /// <summary>Adds what became known.</summary>
    public void Add(KnownSpend part)
    {
        if (series.TryGetValue(part.Account, out var mine)) mine.Add(part.Start, part.Billed);
    }

    /// <summary>The soonest run-out by what was known; null: no balance was. Instants may only go forward.</summary>
    public Runway? SoonestAt(DateTimeOffset at)
    {
        for (; next < balances.Count && balances[next].At <= at; next++)
        {
            var said = balances[next];
            known[said.Account] = known.TryGetValue(said.Account, out var before) ? After(before, said) : said;
        }
        return known.Values.Where(k => k.Left is not null && accounts.TryGetValue(k.Account, out var a) && a.Balance is not null)
            .Select(k => Runways.Of(
                accounts[k.Account] with { Balance = accounts[k.Account].Balance! with { PrepaidCredit = k.Credit, PrepaidLeft = k.Left } }, new(k.Left!.Value, k.Credit ?? k.Left.Value, k.At, Usd.Zero, false, null), series[k.Account].At(at)))
            .OfType<Runway>().OrderBy(r => r.RunsOut ?? DateTimeOffset.MaxValue).ThenBy(r => r.Account, StringComparer.Ordinal).FirstOrDefault();
    }
}
