using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Writing;
using Ledger.Watching;
using Npgsql;

namespace Ledger.Service.Budgets;

/// <summary>
/// Replays what the books learned, reading by reading, against a budget. A bucket that was over when its account was connected counts as
/// read at its end: then somebody would have watched. Whose spend it is goes by who is known to own the keys today.
/// </summary>
internal sealed class Backtests(NpgsqlDataSource db, Registry registry)
{
    private const int rowsMax = 200_000;
    private static readonly TimeSpan past = TimeSpan.FromDays(36);

    public async Task<IReadOnlyList<BacktestAlert>> Replay(Budget budget, Span range, DateTimeOffset now, CancellationToken ct)
    {
        var (name, connected) = registry.Ask(d => (ScopeFinder.NameOf(d, budget.Scope), d.Accounts.Values.ToDictionary(a => a.Id, a => a.ConnectedAt, StringComparer.Ordinal)));
        var periods = budget.Limits.Select(l => new Replayed(budget, l, at => registry.Ask(d => PeriodWindows.Of(d, budget.Scope, l.Period, budget.Zone, budget.WeekStart, at)))).ToArray();
        var arrivals = await Arrivals(budget.Scope, Longest(periods, range), connected, ct);
        var alerts = new List<BacktestAlert>();
        var trail = new Trail();
        foreach (var moment in arrivals.Where(a => a.At < range.End && a.At <= now).GroupBy(a => a.At).OrderBy(g => g.Key))
        {
            foreach (var arrival in moment)
            {
                trail.Add(arrival.Start, arrival.Amount);
                foreach (var period in periods) period.Add(arrival.Start, arrival.Amount);
            }
            if (moment.Key < range.Start) continue;
            foreach (var period in periods)
                if (period.At(moment.Key, trail, name) is { } alert) alerts.Add(alert);
        }
        return alerts;
    }

    /// <summary>Windows that are running when the range begins have a past that counts, and forecasts look back five weeks.</summary>
    private static Span Longest(Replayed[] periods, Span range)
    {
        var from = range.Start - past;
        foreach (var period in periods)
            if (period.Window(range.Start) is { } window && window.Start < from) from = window.Start;
        return new(from < Instants.Min ? Instants.Min : from, range.End);
    }

    private async Task<List<(DateTimeOffset At, DateTimeOffset Start, Usd Amount)>> Arrivals(Ledger.Budgets.Scope scope, Span buckets, Dictionary<string, DateTimeOffset> connected, CancellationToken ct)
    {
        var where = scope.Kind switch
        {
            ScopeKind.Everything => "$3 = ''",
            ScopeKind.Account => "l.account = $3",
            ScopeKind.Key => "l.key = $3",
            ScopeKind.Model => "l.model = $3",
            ScopeKind.Unit => "l.unit = $3",
            ScopeKind.Agent => "a.agent = $3",
            _ => "a.mission = $3",
        };
        // A line's part in the scope, applied to each of its readings.
        await using var command = db.CreateCommand($"""
            with part as (
                select l.id, l.account, l.start, l.seconds, l.total, sum(a.amount) as mine
                from views.line l join views.allocation a on a.line_id = l.id
                where l.start >= $1 and l.start < $2 and {where}
                group by 1 having sum(a.amount) <> 0)
            select p.account, p.start, p.seconds, f.answered, round(sum((f.total - coalesce(f.replaces, 0)) * p.mine / p.total::numeric))
            from part p join views.fact f on f.line_id = p.id where p.total <> 0
            group by 1, 2, 3, 4 limit {rowsMax + 1}
            """);
        command.Parameters.Add(new() { Value = buckets.Start.ToUniversalTime() });
        command.Parameters.Add(new() { Value = buckets.End.ToUniversalTime() });
        command.Parameters.Add(new() { Value = scope.Value });
        var arrivals = new List<(DateTimeOffset, DateTimeOffset, Usd)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (arrivals.Count == rowsMax) throw new RefusedException("range.invalid", $"There are more than {rowsMax} readings in that stretch; take a shorter one.", "since");
            var (start, answered) = (reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(3));
            var end = start.AddSeconds(reader.GetInt32(2));
            var watched = connected.TryGetValue(reader.GetString(0), out var since) && end > since;
            arrivals.Add((watched ? answered : end, start, new(checked((long)reader.GetDecimal(4)))));
        }
        return arrivals;
    }

    private static DateTimeOffset Hour(DateTimeOffset start) => new(start.UtcTicks - (start.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>What was known to be spent, hour by hour, at the moment replayed.</summary>
    private sealed class Trail
    {
        private readonly SortedDictionary<DateTimeOffset, Usd> hours = [];

        public void Add(DateTimeOffset start, Usd amount) => hours[Hour(start)] = hours.GetValueOrDefault(Hour(start)) + amount;

        public Usd In(Span window) => hours.Where(h => window.Contains(h.Key)).Aggregate(Usd.Zero, (sum, h) => sum + h.Value);

        public SpendSeries Series(DateTimeOffset through)
        {
            var today = new DateTimeOffset(through.UtcDateTime.Date, TimeSpan.Zero);
            var spent = hours.Where(h => h.Value != Usd.Zero).ToArray();
            return new(
                [.. spent.Where(h => h.Key > through.AddDays(-7).AddHours(-1)).Select(h => new HourSpend(h.Key, h.Value))],
                [.. spent.Where(h => h.Key >= today.AddDays(-35) && h.Key < today).GroupBy(h => DateOnly.FromDateTime(h.Key.UtcDateTime)).Select(g => new DaySpend(g.Key, g.Aggregate(Usd.Zero, (sum, h) => sum + h.Value)))],
                spent.Length > 0 ? spent[0].Key : null, through);
        }
    }

    /// <summary>One period of the budget on its way through the past.</summary>
    private sealed class Replayed(Budget budget, PeriodLimit limit, Func<DateTimeOffset, Span?> windowAt)
    {
        private readonly HashSet<string> told = new(StringComparer.Ordinal);
        private readonly bool forecasts = budget.Thresholds.Any(t => t.Basis == Basis.Forecast);
        private Span current;
        private Usd spent;

        public Span? Window(DateTimeOffset at) => windowAt(at);

        /// <summary>Only what falls into the window it is in is added up as it comes; a new window is counted once.</summary>
        public void Add(DateTimeOffset start, Usd amount)
        {
            if (Counted.Contains(Hour(start))) spent += amount;
        }

        // All that is allocated to a mission is its life's, whatever part of a bucket it took.
        private Span Counted => limit.Period == "life" ? Span.Always : current;

        public BacktestAlert? At(DateTimeOffset now, Trail trail, string scope)
        {
            if (windowAt(now) is not { } window || now < window.Start) return null;
            if (window.Start != current.Start || window.End != current.End)
            {
                current = window;
                spent = trail.In(Counted);
            }
            var forecast = forecasts ? Forecasts.Of(trail.Series(now), window, spent, limit.Limit) : new(null, null, null, null, null, null);
            var state = new BudgetState(budget, limit.Period, window, limit.Limit, spent, Usd.Zero, forecast);
            var crossed = BudgetWatch.Crossed(state, now).Where(c => told.Add(c.Key)).ToArray();
            if (crossed is not [.., var highest]) return null;
            return new(
                now, budget.Name, scope, limit.Period, window, highest.Threshold.ToString(), highest.Threshold.Basis.ToString().ToLowerInvariant(), highest.Severity, spent, limit.Limit, forecast.Expected,
                [.. crossed.SkipLast(1).Select(c => c.Threshold.ToString())]);
        }
    }
}
