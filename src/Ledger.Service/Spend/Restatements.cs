using Ledger.Money;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>How far a reading moved figures of the past.</summary>
/// <param name="Account">The account.</param>
/// <param name="Position">Position of the reading.</param>
/// <param name="Moved">By how much, signed.</param>
/// <param name="Days">The UTC days concerned.</param>
public sealed record Restated(string Account, long Position, Usd Moved, Interval Days);

public sealed partial class SpendView
{
    /// <summary>Of more facts than these only the first are looked at.</summary>
    private const int factsMax = 200_000;

    /// <summary>Readings after a position that moved figures of hours that had settled by then, up or down.</summary>
    /// <param name="position">Readings after it.</param>
    /// <param name="lags">How many seconds after its end an hour of each account settles.</param>
    /// <param name="limit">Most readings.</param>
    /// <param name="ct">Cancels.</param>
    /// <remarks>
    /// A line moved by what its total is away from the furthest it was, less what it was away before. What other lines of the same hour took
    /// over (another model, unit, key or width) did not move.
    /// </remarks>
    public async Task<IReadOnlyList<Restated>> RestatedSince(long position, IReadOnlyDictionary<string, int> lags, int limit, CancellationToken ct)
    {
        var restated = new List<Restated>();
        if (position >= Position) return restated;
        await using var command = new NpgsqlCommand($"""
            with said as (select line_id, position from {schema}.fact where position > $1 and position <= $2 order by position limit $5),
            away as (
                select line_id, f.position, f.answered, total - coalesce(replaces, 0) as delta,
                    total - greatest(0, max(total) over so_far) - least(0, min(total) over so_far) as restated
                from {schema}.fact f where line_id in (select line_id from said) and position <= (select max(position) from said)
                window so_far as (partition by line_id order by position)),
            moved as (select *, restated - coalesce(lag(restated) over (partition by line_id order by position), 0) as moved from away),
            hour as (
                select m.position, l.account, date_trunc('hour', l.start, 'utc') as start, sum(m.moved) as moved, sum(m.delta) as net
                from moved m join {schema}.line l on l.id = m.line_id join unnest($3, $6) a (id, lag) on a.id = l.account
                where m.position > $1 and m.answered >= date_trunc('hour', l.start, 'utc') + interval '1 hour' + a.lag * interval '1 second'
                group by 1, 2, 3 having sum(m.moved) <> 0),
            netted as (select *, case when moved < 0 then greatest(moved, least(net, 0)) else least(moved, greatest(net, 0)) end as counts from hour)
            select position, account, sum(counts), min(start), max(start) from netted group by 1, 2 having sum(counts) <> 0 order by 1, 2 limit $4
            """, connection);
        command.Parameters.Add(new() { Value = position });
        command.Parameters.Add(new() { Value = Position });
        command.Parameters.Add(new() { Value = lags.Keys.ToArray() });
        command.Parameters.Add(new() { Value = limit });
        command.Parameters.Add(new() { Value = factsMax });
        command.Parameters.Add(new() { Value = lags.Values.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var days = new Interval(
                new(reader.GetFieldValue<DateTimeOffset>(3).UtcDateTime.Date, TimeSpan.Zero), new(reader.GetFieldValue<DateTimeOffset>(4).UtcDateTime.Date.AddDays(1), TimeSpan.Zero));
            restated.Add(new(reader.GetString(1), reader.GetInt64(0), Money(reader.GetDecimal(2)), days));
        }
        return restated;
    }
}
