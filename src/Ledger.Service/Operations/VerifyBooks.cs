using System.Data;
using System.Globalization;
using Ledger.Service.Spend;
using Marten;
using Npgsql;

namespace Ledger.Service.Operations;

/// <summary>A law of the books, checked on the live tables.</summary>
/// <param name="Law">Its name.</param>
/// <param name="Ok">Whether it holds.</param>
/// <param name="Checked">How many things were looked at.</param>
/// <param name="Detail">Where it is broken first; null when it holds.</param>
public sealed record LawCheck(string Law, bool Ok, long Checked, string? Detail)
{
    /// <summary>The event at which it is broken first, where it is broken at one.</summary>
    public long? Position { get; init; }
}

/// <summary>
/// Checks the log and the money views: the chain over the events, the laws of the rows, and that computing everything anew gives the same
/// rows, so that a figure changed by hand which keeps all sums is found too.
/// </summary>
public sealed class VerifyBooks(IDocumentStore store, RebuildViews rebuild)
{
    private const string schema = SpendTables.Live;
    private const string latest = $"select distinct on (line_id) line_id, total from {schema}.fact order by line_id, position desc";

    /// <summary>Each law, a query that counts what it looks at, and one that finds the first breach.</summary>
    private static readonly (string Law, string Count, string Breach)[] laws =
    [
        ("no event was passed over", $"select coalesce(sum(events), 0) from {schema}.mark", $"""
            select format('%s events were counted up to position %s, where the log has %s', m.events, m.position, l.events)
            from {schema}.mark m cross join lateral (select count(*) as events from mt_events e where e.seq_id <= m.position and not e.is_archived) l
            where m.events <> l.events
            union all
            select format('the projection is at position %s, its rows at %s', p.last_seq_id, m.position)
            from mt_event_progression p join {schema}.mark m on m.position > p.last_seq_id where p.name = '{SpendProjection.Progress}' limit 1
            """),
        ("a line's deltas add up to its latest total", $"select count(*) from {schema}.fact", $"""
            select format('line %s at position %s: replaces %s, but held %s', line_id, position, replaces, before) from (
                select line_id, position, replaces, lag(total) over (partition by line_id order by position) as before from {schema}.fact) f
            where replaces is distinct from before limit 1
            """),
        ("a bucket of time is held in one width", $"select count(*) from {schema}.line where seconds < 3600", $"""
            select format('account %s holds %s by %s s and by %s s', n.account, w.start, w.seconds, n.seconds)
            from {schema}.line n join ({latest}) nt on nt.line_id = n.id and nt.total <> 0
            cross join (values (60), (900), (3600)) v (seconds)
            join {schema}.line w on w.account = n.account and w.seconds = v.seconds and w.start = date_bin(make_interval(secs => v.seconds), n.start, timestamptz '2000-01-01 00:00:00Z')
            join lateral (select total from {schema}.fact f where f.line_id = w.id order by position desc limit 1) wt on wt.total <> 0
            where n.seconds < v.seconds limit 1
            """),
        ("the parts of a line add up to its total", $"select count(*) from {schema}.line", $"""
            select format('line %s costs %s, its parts %s', coalesce(l.line_id, p.line_id), l.total, p.amount) from ({latest}) l
            full join (select line_id, sum(amount) as amount from {schema}.part group by line_id) p on p.line_id = l.line_id
            where coalesce(l.total, 0) <> coalesce(p.amount, 0) limit 1
            """),
        ("every part lies between 0 and its line's total", $"select count(*) from {schema}.part", $"""
            select format('line %s: %s/%s carries %s of %s', p.line_id, p.mission, p.agent, p.amount, l.total)
            from {schema}.part p join ({latest}) l on l.line_id = p.line_id
            where p.amount < least(0, l.total) or p.amount > greatest(0, l.total) limit 1
            """),
        ("days add up to parts, in every dimension", $"select count(*) from {schema}.day", $"""
            select format('%s %s %s %s: the day says %s, its parts %s', day, key, mission, agent, days, parts) from (
                select day, account, key, model, unit, agent, mission, method, sum(d) as days, sum(p) as parts from (
                    select day, account, key, model, unit, agent, mission, method, billed as d, 0::bigint as p, restated as dr, 0::bigint as pr from {schema}.day
                    union all
                    select day, account, key, model, unit, agent, mission, method, 0, amount, 0, restated from {schema}.part) both_sides
                group by day, account, key, model, unit, agent, mission, method having sum(d) <> sum(p) or sum(dr) <> sum(pr)) s
            union all
            select format('%s %s %s: the day of the agent says %s, its parts %s', day, mission, agent, days, parts) from (
                select day, account, agent, mission, sum(d) as days, sum(p) as parts from (
                    select day, account, agent, mission, billed as d, 0::bigint as p from {schema}.agent_day union all select day, account, agent, mission, 0, billed from {schema}.day) both_sides
                group by day, account, agent, mission having sum(d) <> sum(p)) s limit 1
            """),
        ("the books hold what the provider billed", $"select count(distinct account) from {schema}.line", $"""
            select format('account %s: lines %s, reports %s', account, lines, reports) from (
                select account, sum(l) as lines, sum(r) as reports from (
                    select l.account, t.total as l, 0::bigint as r from {schema}.line l join ({latest}) t on t.line_id = l.id union all select account, 0, billed from {schema}.day) both_sides
                group by account having sum(l) <> sum(r)) s limit 1
            """),
        ("low ≤ billed ≤ high for every mission", $"select count(distinct mission) from {schema}.claim", $"""
            select format('mission %s: %s ≤ %s ≤ %s does not hold', mission, low, billed, high) from (
                select coalesce(b.mission, s.mission) as mission, coalesce(low, 0) as low, coalesce(billed, 0) as billed, coalesce(high, 0) as high
                from (select mission, {SpendTables.Bounds} from {SpendTables.ClaimsOf(schema)} group by mission) b
                full join (select mission, sum(billed) as billed from {schema}.day where mission <> '' group by mission) s on s.mission = b.mission) m
            where low > billed or billed > high limit 1
            """),
    ];

    /// <summary>Checks everything. The live tables go on meanwhile.</summary>
    /// <exception cref="RebuildBusyException">Another rebuild or verify is running.</exception>
    public async Task<IReadOnlyList<LawCheck>> Run(IProgress<(long Done, long Of)>? progress, CancellationToken ct)
    {
        var checks = new List<LawCheck>();
        await using (var db = store.Storage.Database.CreateConnection())
        {
            await db.OpenAsync(ct);
            await using var transaction = await db.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
            // Before the snapshot: no rebuild swaps the tables meanwhile.
            await Scalar(db, $"lock table {schema}.mark in access share mode", ct);
            checks.Add(await Chain.Verify(db, ct));
            foreach (var (law, count, breach) in laws)
            {
                var looked = Convert.ToInt64(await Scalar(db, count, ct), CultureInfo.InvariantCulture);
                var detail = await Scalar(db, breach, ct) as string;
                checks.Add(new(law, detail is null, looked, detail));
            }
        }
        const string same = "the log gives the same rows";
        try
        {
            var rebuilt = await rebuild.Run(swap: false, progress, ct);
            checks.Add(new(same, rebuilt.Equal, rebuilt.Rows, rebuilt.FirstDifference));
        }
        catch (Exception e) when (e is not (RebuildBusyException or OperationCanceledException or NpgsqlException { IsTransient: true }))
        {
            // An event that can't be applied is a finding, not a failure.
            checks.Add(new(same, false, 0, Names.Printable(e.Message)));
        }
        return checks;
    }

    private static async Task<object?> Scalar(NpgsqlConnection db, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, db) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(ct);
    }
}
