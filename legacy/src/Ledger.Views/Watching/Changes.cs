using Ledger.Budgets;
using Ledger.Money;
using Npgsql;

namespace Ledger.Views.Watching;

/// <summary>What became different between two positions.</summary>
/// <param name="Values">Each value of each dimension whose spend changed, with the start of its earliest and latest bucket concerned.</param>
/// <param name="Answered">How far the readings among them reach, by account.</param>
/// <param name="More">There was more than is listed: look at everything.</param>
public sealed record Changed(IReadOnlyDictionary<(ScopeKind Kind, string Value), Interval> Values, IReadOnlyDictionary<string, DateTimeOffset> Answered, bool More);

/// <summary>How far a reading moved figures of the past.</summary>
/// <param name="Account">The account.</param>
/// <param name="Position">Position of the reading.</param>
/// <param name="Moved">By how much, signed.</param>
/// <param name="Days">The UTC days concerned.</param>
public sealed record Restated(string Account, long Position, Usd Moved, Interval Days);

public sealed partial class WatchSnapshot
{
    /// <summary>More different parts than these are not told apart.</summary>
    public const int ChangesMax = 5_000;

    /// <summary>Of more rows than these only the first are looked at: whoever is that far behind looks at everything anyway.</summary>
    private const int rowsMax = 200_000;

    /// <summary>What changed after a position, up to this snapshot's: allocations are dated, so nothing else is looked at.</summary>
    public async Task<Changed> ChangedSince(long position, CancellationToken ct)
    {
        var values = new Dictionary<(ScopeKind, string), Interval>();
        var answered = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        if (position >= Position) return new(values, answered, false);
        await using var command = new NpgsqlCommand("""
            select l.account, l.key, l.model, l.unit, a.agent, a.mission, min(l.start), max(l.start),
                max(f.answered) filter (where l.start > f.answered - interval '3 hours'),
                count(*)
            from (select * from views.allocation where position > $1 and position <= $2 order by position limit $4) a join views.line l on l.id = a.line_id
            left join views.fact f on f.line_id = a.line_id and f.position = a.position
            group by 1, 2, 3, 4, 5, 6 limit $3
            """, connection);
        command.Parameters.Add(new() { Value = position });
        command.Parameters.Add(new() { Value = Position });
        command.Parameters.Add(new() { Value = ChangesMax + 1 });
        command.Parameters.Add(new() { Value = rowsMax });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var (rows, allocations) = (0, 0L);
        while (await reader.ReadAsync(ct))
        {
            if (++rows > ChangesMax) return new(values, answered, true);
            allocations += reader.GetInt64(9);
            var starts = new Interval(reader.GetFieldValue<DateTimeOffset>(6), reader.GetFieldValue<DateTimeOffset>(7));
            if (!reader.IsDBNull(8) && reader.GetFieldValue<DateTimeOffset>(8) is var at && at > answered.GetValueOrDefault(reader.GetString(0))) answered[reader.GetString(0)] = at;
            Add(ScopeKind.Everything, "");
            Add(ScopeKind.Account, reader.GetString(0));
            Add(ScopeKind.Key, reader.GetString(1));
            Add(ScopeKind.Model, reader.GetString(2));
            Add(ScopeKind.Unit, reader.GetString(3));
            Add(ScopeKind.Agent, reader.GetString(4));
            Add(ScopeKind.Mission, reader.GetString(5));

            void Add(ScopeKind kind, string value)
            {
                var known = values.TryGetValue((kind, value), out var span) ? span : starts;
                values[(kind, value)] = new(known.Start < starts.Start ? known.Start : starts.Start, known.End > starts.End ? known.End : starts.End);
            }
        }
        return new(values, answered, allocations >= rowsMax);
    }

    /// <summary>Readings after a position that moved figures of the past by at least an amount, up or down.</summary>
    /// <remarks>What other lines of the same key and hour took over (the feed's dimensions changed) did not move.</remarks>
    public async Task<IReadOnlyList<Restated>> RestatedSince(long position, Usd floor, int limit, CancellationToken ct)
    {
        var restated = new List<Restated>();
        if (position >= Position) return restated;
        await using var command = new NpgsqlCommand("""
            with hour as (
                select a.position, l.account, l.key, date_trunc('hour', l.start, 'utc') as start, sum(a.restated) as restated
                from (select * from views.allocation where position > $1 and position <= $2 order by position limit $5) a join views.line l on l.id = a.line_id
                where not a.moved group by 1, 2, 3, 4 having sum(a.restated) <> 0),
            whole as (
                select h.*, (
                    select sum(a.amount) from views.line l join views.allocation a on a.line_id = l.id and a.position = h.position and not a.moved
                    where l.account = h.account and l.key = h.key and l.start >= h.start and l.start < h.start + interval '1 hour') as net
                from hour h)
            select position, account, sum(case when restated < 0 then greatest(restated, least(net, 0)) else least(restated, greatest(net, 0)) end), min(start), max(start)
            from whole group by 1, 2
            having abs(sum(case when restated < 0 then greatest(restated, least(net, 0)) else least(restated, greatest(net, 0)) end)) >= $3
            order by 1, 2 limit $4
            """, connection);
        command.Parameters.Add(new() { Value = position });
        command.Parameters.Add(new() { Value = Position });
        command.Parameters.Add(new() { Value = (decimal)floor.Ticks });
        command.Parameters.Add(new() { Value = limit });
        command.Parameters.Add(new() { Value = rowsMax });
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
