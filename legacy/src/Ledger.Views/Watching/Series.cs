using Ledger.Budgets;
using Ledger.Alerts;
using Ledger.Forecasts;
using Npgsql;

namespace Ledger.Views.Watching;

public sealed partial class WatchSnapshot
{
    /// <summary>Days a series looks back; the day the data ends in is not one of them.</summary>
    public const int SeriesDays = 35;

    /// <summary>How spend of many values of one dimension went lately; values without spend are there too, empty.</summary>
    /// <param name="kind">The dimension.</param>
    /// <param name="values">Ids in it; for everything, the empty text.</param>
    /// <param name="accounts">All accounts.</param>
    /// <param name="now">Now.</param>
    /// <param name="through">How far the data reaches; null: not known.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyDictionary<string, SpendSeries>> Series(
        ScopeKind kind, IReadOnlyCollection<string> values, IReadOnlyCollection<string> accounts, DateTimeOffset now, DateTimeOffset? through, CancellationToken ct)
    {
        var end = through is { } t && t < now ? t : now;
        var today = new DateTimeOffset(end.UtcDateTime.Date, TimeSpan.Zero);
        var hours = values.ToDictionary(v => v, _ => new List<HourSpend>(), StringComparer.Ordinal);
        var days = values.ToDictionary(v => v, _ => new List<DaySpend>(), StringComparer.Ordinal);

        await using (var command = new NpgsqlCommand($"""
            select {ValueOf(kind)}, date_trunc('hour', s.start, 'utc'), sum(s.billed)
            from unnest($2) w (value) join views.scope_spend s on s.kind = $1 and s.value = w.value and s.start >= $3 and s.start < $4
            group by 1, 2 having sum(s.billed) <> 0 order by 1, 2
            """, connection))
        {
            Scope(command, kind, values, accounts);
            Within(command, new(BeginsToCount(end - TimeSpan.FromDays(7)), Instants.Max));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                hours[reader.GetString(0)].Add(new(reader.GetFieldValue<DateTimeOffset>(1), Money(reader.GetDecimal(2))));
        }
        await using (var command = new NpgsqlCommand($"""
            select {ValueOf(kind)}, (s.start at time zone 'utc')::date, sum(s.billed)
            from unnest($2) w (value) join views.scope_spend s on s.kind = $1 and s.value = w.value and s.start >= $3 and s.start < $4
            group by 1, 2 having sum(s.billed) <> 0 order by 1, 2
            """, connection))
        {
            Scope(command, kind, values, accounts);
            Within(command, new(today.AddDays(-SeriesDays), today));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                days[reader.GetString(0)].Add(new(reader.GetFieldValue<DateOnly>(1), Money(reader.GetDecimal(2))));
        }
        var firsts = await FirstSpend(kind, values, accounts, ct);
        return hours.ToDictionary(h => h.Key, h => new SpendSeries(h.Value, days[h.Key], firsts.TryGetValue(h.Key, out var first) ? first : null, through), StringComparer.Ordinal);
    }

    /// <summary>The start of the first bucket that holds spend, for many values at once.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> FirstSpend(ScopeKind kind, IReadOnlyCollection<string> values, IReadOnlyCollection<string> accounts, CancellationToken ct)
    {
        var firsts = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await using (var command = new NpgsqlCommand($"""
            select {(kind == ScopeKind.Everything ? "''" : "w.value")}, f.start from unnest($2) w (value)
            cross join lateral (select start from views.scope_spend where kind = $1 and value = w.value and billed <> 0 order by start limit 1) f
            """, connection))
        {
            Scope(command, kind, values, accounts);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var (value, start) = (reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1));
                if (!firsts.TryGetValue(value, out var earlier) || start < earlier) firsts[value] = start;
            }
        }
        return firsts;
    }

    /// <summary>What agents spent by hour of the last 28 days, at one hour of the day only, that hour itself included: what an hour is compared with.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<HourSpend>>> SameHours(IReadOnlyCollection<string> agents, DateTimeOffset hour, CancellationToken ct)
    {
        var hours = new Dictionary<string, IReadOnlyList<HourSpend>>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand("""
            select s.value, date_trunc('hour', s.start, 'utc'), sum(s.billed)
            from unnest($2) w (value) join views.scope_spend s on s.kind = $1 and s.value = w.value and s.start >= $3 and s.start < $4
            where extract(hour from s.start at time zone 'utc') = $5
            group by 1, 2 having sum(s.billed) <> 0 order by 1, 2
            """, connection);
        Scope(command, ScopeKind.Agent, agents, []);
        Within(command, new(hour.AddDays(-28), hour.AddHours(1)));
        command.Parameters.Add(new() { Value = (decimal)hour.UtcDateTime.Hour });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var agent = reader.GetString(0);
            if (!hours.TryGetValue(agent, out var list)) hours[agent] = list = new List<HourSpend>();
            ((List<HourSpend>)list).Add(new(reader.GetFieldValue<DateTimeOffset>(1), Money(reader.GetDecimal(2))));
        }
        return hours;
    }

    /// <summary>The start of the last bucket that holds spend, for many values at once.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> LastSpend(ScopeKind kind, IReadOnlyCollection<string> values, CancellationToken ct)
    {
        var last = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand("""
            select w.value, f.start from unnest($2) w (value)
            cross join lateral (select start from views.scope_spend where kind = $1 and value = w.value and billed <> 0 order by start desc limit 1) f
            """, connection);
        Scope(command, kind, values, []);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            last[reader.GetString(0)] = reader.GetFieldValue<DateTimeOffset>(1);
        return last;
    }
}
