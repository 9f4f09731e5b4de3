using Ledger.Budgets;
using Ledger.Forecasts;
using Npgsql;

namespace Ledger.Service.Spend;

public sealed partial class SpendView
{
    /// <summary>Days a series looks back; the day the data ends in is not one of them.</summary>
    public const int SeriesDays = 35;

    /// <summary>How spend of many values of one dimension went lately; values without spend are there too, empty.</summary>
    /// <param name="kind">The dimension.</param>
    /// <param name="values">Ids in it; for everything, the empty text.</param>
    /// <param name="now">Now.</param>
    /// <param name="through">How far the data reaches; null: not known.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyDictionary<string, SpendSeries>> Series(ScopeKind kind, IReadOnlyCollection<string> values, DateTimeOffset now, DateTimeOffset? through, CancellationToken ct)
    {
        var end = through is { } t && t < now ? t : now;
        var (since, today) = (Clamp(BeginsToCount(end - TimeSpan.FromDays(7))), DateOnly.FromDateTime(end.UtcDateTime));
        if (kind is not (ScopeKind.Everything or ScopeKind.Account)) return With(await Lately(kind, values, since, today, ct));
        var accounts = await accountSpend.Of(await Reading(ct), since, today, async () => await Lately(ScopeKind.Account, await AccountsThatSpent(ct), since, today, ct));
        return With(kind == ScopeKind.Account ? accounts : new Dictionary<string, SpendSeries> { [""] = AccountSpend.All([.. accounts.Values]) });

        IReadOnlyDictionary<string, SpendSeries> With(IReadOnlyDictionary<string, SpendSeries> series) =>
            values.ToDictionary(v => v, v => (series.GetValueOrDefault(v) ?? SpendSeries.Empty) with { Through = through }, StringComparer.Ordinal);
    }

    private async Task<IReadOnlyDictionary<string, SpendSeries>> Lately(ScopeKind kind, IReadOnlyCollection<string> values, DateTimeOffset since, DateOnly today, CancellationToken ct)
    {
        var hours = values.ToDictionary(v => v, _ => new List<HourSpend>(), StringComparer.Ordinal);
        var days = values.ToDictionary(v => v, _ => new List<DaySpend>(), StringComparer.Ordinal);
        var column = ColumnOf(kind);
        // Forecasts count days of UTC.
        var all = values.ToArray();
        var (from, until) = (today.AddDays(-SeriesDays), today);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new($"""
                    select {column}, date_trunc('hour', start, 'utc'), sum(amount) from {schema}.part s where {column} = any($1) and start >= $2
                    group by 1, 2 having sum(amount) <> 0 order by 1, 2
                    """) { Parameters = { new() { Value = all }, new() { Value = since } } },
                zone.IsUtc
                    ? new($"select {column}, day, sum(billed) from {schema}.{DaysOf(kind)} s where {column} = any($1) and day >= $2 and day < $3 group by 1, 2 having sum(billed) <> 0 order by 1, 2")
                    {
                        Parameters = { new() { Value = all }, new() { Value = from }, new() { Value = until } },
                    }
                    : new($"""
                        select {column}, (start at time zone 'utc')::date, sum(amount) from {schema}.part s where {column} = any($1) and start >= $2 and start < $3
                        group by 1, 2 having sum(amount) <> 0 order by 1, 2
                        """) { Parameters = { new() { Value = all }, new() { Value = Midnight(from) }, new() { Value = Midnight(until) } } },
                new(EdgeOf(kind, last: false)) { Parameters = { new() { Value = all } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) hours[reader.GetString(0)].Add(new(reader.GetFieldValue<DateTimeOffset>(1), Money(reader.GetDecimal(2))));
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct)) days[reader.GetString(0)].Add(new(reader.GetFieldValue<DateOnly>(1), Money(reader.GetDecimal(2))));
        await reader.NextResultAsync(ct);
        var firsts = await Edges(reader, ct);
        return values.ToDictionary(v => v, v => new SpendSeries(hours[v], days[v], firsts.TryGetValue(v, out var first) ? first : null, null), StringComparer.Ordinal);
    }

    private static DateTimeOffset Midnight(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private async Task<LastReading> Reading(CancellationToken ct)
    {
        if (lastReading is { } known) return known;
        await using var command = new NpgsqlCommand($"select coalesce(max(position), 0), '{schema}.fact'::regclass::oid from {schema}.fact", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (lastReading = new(reader.GetInt64(0), reader.GetFieldValue<uint>(1))).Value;
    }

    private async Task<IReadOnlyCollection<string>> AccountsThatSpent(CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select coalesce(array_agg(distinct account), '{{}}') from {schema}.agent_day", connection);
        return (string[])(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>The start of the first bucket that holds spend, for many values at once.</summary>
    public Task<IReadOnlyDictionary<string, DateTimeOffset>> FirstSpend(ScopeKind kind, IReadOnlyCollection<string> values, CancellationToken ct) => EdgeOfSpend(kind, values, last: false, ct);

    /// <summary>The start of the last bucket that holds spend, for many values at once.</summary>
    public Task<IReadOnlyDictionary<string, DateTimeOffset>> LastSpend(ScopeKind kind, IReadOnlyCollection<string> values, CancellationToken ct) => EdgeOfSpend(kind, values, last: true, ct);

    /// <summary>What agents spent by hour of the last 28 days, at one hour of the day only, that hour itself included: what an hour is compared with.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<HourSpend>>> SameHours(IReadOnlyCollection<string> agents, DateTimeOffset hour, CancellationToken ct)
    {
        var hours = new Dictionary<string, IReadOnlyList<HourSpend>>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand($"""
            select agent, h.start, sum(amount) from generate_series($2::timestamptz - interval '672 hours', $2, interval '24 hours') h (start)
            join {schema}.part p on p.start >= h.start and p.start < h.start + interval '1 hour'
            where agent = any($1) group by 1, 2 having sum(amount) <> 0 order by 1, 2
            """, connection);
        command.Parameters.Add(new() { Value = agents.ToArray() });
        command.Parameters.Add(new() { Value = BeginsToCount(hour) });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var agent = reader.GetString(0);
            if (!hours.TryGetValue(agent, out var list)) hours[agent] = list = new List<HourSpend>();
            ((List<HourSpend>)list).Add(new(reader.GetFieldValue<DateTimeOffset>(1), Money(reader.GetDecimal(2))));
        }
        return hours;
    }

    /// <summary>On how many of the days before that of an hour agents spent anything; those that spent nothing are left out.</summary>
    public async Task<IReadOnlyDictionary<string, int>> DaysWithSpend(IReadOnlyCollection<string> agents, DateTimeOffset hour, int back, CancellationToken ct)
    {
        var days = new Dictionary<string, int>(StringComparer.Ordinal);
        var today = zone.DayOf(hour);
        await using var command = new NpgsqlCommand($"""
            select agent, count(*) from (select agent, day from {schema}.agent_day where agent = any($1) and day >= $2 and day < $3 group by 1, 2 having sum(billed) > 0) d group by 1
            """, connection) { Parameters = { new() { Value = agents.ToArray() }, new() { Value = today.AddDays(-back) }, new() { Value = today } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) days[reader.GetString(0)] = (int)reader.GetInt64(1);
        return days;
    }

    /// <summary>Where the first day with spend begins, of each account.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> FirstDays(CancellationToken ct)
    {
        var firsts = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand($"select account, min(day) from {schema}.agent_day group by account", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            firsts[reader.GetString(0)] = zone.StartOf(reader.GetFieldValue<DateOnly>(1));
        return firsts;
    }

    private async Task<IReadOnlyDictionary<string, DateTimeOffset>> EdgeOfSpend(ScopeKind kind, IReadOnlyCollection<string> values, bool last, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(EdgeOf(kind, last), connection) { Parameters = { new() { Value = values.ToArray() } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await Edges(reader, ct);
    }

    private static async Task<IReadOnlyDictionary<string, DateTimeOffset>> Edges(NpgsqlDataReader reader, CancellationToken ct)
    {
        var edges = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct)) edges[reader.GetString(0)] = reader.GetFieldValue<DateTimeOffset>(1);
        return edges;
    }

    /// <summary>Days say about where to look, whatever zone they are of; the bucket itself is found among the parts.</summary>
    private static string EdgeOf(ScopeKind kind, bool last) => $"""
        select w.value, f.start from (select {ColumnOf(kind)} as value, {(last ? "max" : "min")}(day)::timestamp at time zone 'utc' as day from {schema}.{DaysOf(kind)} s where {ColumnOf(kind)} = any($1) and billed <> 0 group by 1) w
        cross join lateral (
            select start from {schema}.part s where {ColumnOf(kind)} = w.value and start {(last ? "< w.day + interval '2 days'" : ">= w.day - interval '1 day'")}
            group by start having sum(amount) <> 0 order by start {(last ? "desc" : "asc")} limit 1) f
        """;
}
