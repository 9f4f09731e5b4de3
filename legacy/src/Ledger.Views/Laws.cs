using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace Ledger.Views;

/// <summary>A law of the books, checked on the live tables.</summary>
/// <param name="Law">Its name.</param>
/// <param name="Ok">Whether it holds.</param>
/// <param name="Checked">How many things were looked at.</param>
/// <param name="Detail">Where it is broken first; null when it holds.</param>
public sealed record LawCheck(string Law, bool Ok, long Checked, string? Detail);

public sealed partial class Books
{
    /// <summary>Each law, a query that counts what it looks at, and one that finds the first breach.</summary>
    private static readonly (string Law, string Count, string Breach)[] laws =
    [
        ("a line's deltas add up to its latest total", "select count(*) from views.fact", """
            select format('line %s at position %s: replaces %s, but held %s', line_id, position, replaces, before) from (
                select line_id, position, replaces, lag(total) over (partition by line_id order by position) as before from views.fact) f
            where replaces is distinct from before
            union all
            select format('line %s holds %s, its last fact says %s', l.id, l.total, f.total) from views.line l
            left join lateral (select total from views.fact where line_id = l.id order by position desc limit 1) f on true
            where f.total is distinct from l.total limit 1
            """),
        ("allocations of a line add up to its total at every position", "select count(*) from views.allocation", """
            select format('line %s at position %s: the total changed by %s, the allocations by %s', line_id, position, fact, parts) from (
                select line_id, position, sum(fact) as fact, sum(part) as parts from (
                    select line_id, position, total - coalesce(replaces, 0) as fact, 0::bigint as part from views.fact
                    union all select line_id, position, 0, amount from views.allocation) both_sides
                group by line_id, position) s
            where fact <> parts limit 1
            """),
        ("every part lies between 0 and its line's total", "select count(*) from views.line", """
            select format('line %s: %s/%s carries %s of %s', p.line_id, mission, agent, part, l.total) from (
                select line_id, mission, agent, method, sum(amount) as part from views.allocation group by line_id, mission, agent, method) p
            join views.line l on l.id = p.line_id
            where part < least(0, l.total) or part > greatest(0, l.total) limit 1
            """),
        ("days add up to allocations, in every dimension", "select count(*) from views.spend_day", """
            select format('%s %s %s %s: the day says %s, its allocations %s', day, key, mission, agent, days, parts) from (
                select day, account, key, model, unit, agent, mission, method, sum(d) as days, sum(p) as parts from (
                    select day, account, key, model, unit, agent, mission, method, billed as d, 0::bigint as p, restated as dr, 0::bigint as pr from views.spend_day
                    union all
                    select (l.start at time zone 'utc')::date, l.account, l.key, l.model, l.unit, a.agent, a.mission, a.method, 0, a.amount, 0, a.restated
                    from views.allocation a join views.line l on l.id = a.line_id) both_sides
                group by day, account, key, model, unit, agent, mission, method having sum(d) <> sum(p) or sum(dr) <> sum(pr)) s limit 1
            """),
        ("parties' days add up to days", "select count(*) from views.party_day", """
            select format('%s %s %s: %s against %s', day, mission, agent, a, b) from (
                select day, account, agent, mission, sum(a) as a, sum(b) as b from (
                    select day, account, agent, mission, billed as a, 0::bigint as b from views.party_day
                    union all select day, account, agent, mission, 0, billed from views.spend_day) both_sides
                group by day, account, agent, mission) s
            where a <> b limit 1
            """),
        ("budgets' scopes add up to allocations", "select count(*) from views.scope_spend", """
            select format('%s %s from %s: the scope says %s, its allocations %s', kind, value, start, a, b) from (
                select kind, value, start, account, sum(a) as a, sum(b) as b from (
                    select kind, value, start, account, billed as a, 0::bigint as b from views.scope_spend
                    union all
                    select k.kind, k.value, l.start, l.account, 0, a.amount from views.allocation a join views.line l on l.id = a.line_id
                    cross join lateral (values (1::smallint, l.account), (2, a.agent), (3, l.key), (4, l.model), (5, l.unit), (6, a.mission)) k (kind, value)
                    where k.value <> '') both_sides
                group by kind, value, start, account) s
            where a <> b limit 1
            """),
        ("the books hold what the provider billed", "select count(distinct account) from views.line", """
            select format('account %s: lines %s, reports %s', account, lines, reports) from (
                select account, sum(l) as lines, sum(r) as reports from (
                    select account, total as l, 0::bigint as r from views.line union all select account, 0, billed from views.spend_day) both_sides
                group by account having sum(l) <> sum(r)) s limit 1
            """),
        ("low ≤ billed ≤ high for every mission", "select count(*) from views.mission_bounds", """
            select format('mission %s: %s ≤ %s ≤ %s does not hold', mission, low, billed, high) from (
                select coalesce(b.mission, s.mission) as mission, coalesce(low, 0) as low, coalesce(billed, 0) as billed, coalesce(high, 0) as high
                from views.mission_bounds b
                full join (select mission, sum(billed) as billed from views.spend_day where mission <> '' group by mission) s on s.mission = b.mission) m
            where low > billed or billed > high limit 1
            """),
        ("bounds add up to claims", "select count(*) from views.claim", """
            select format('mission %s: bounds %s to %s, claims %s to %s', mission, bl, bh, cl, ch) from (
                select mission, sum(bl) as bl, sum(bh) as bh, sum(cl) as cl, sum(ch) as ch from (
                    select mission, low as bl, high as bh, 0::bigint as cl, 0::bigint as ch from views.mission_bounds
                    union all select mission, 0, 0, low, high from views.claim) both_sides
                group by mission) s
            where bl <> cl or bh <> ch limit 1
            """),
    ];

    /// <summary>
    /// Checks the laws on the live tables, in one snapshot of them, then computes everything anew from the log and compares: a figure
    /// changed by hand that keeps all sums is found too.
    /// </summary>
    public async Task<IReadOnlyList<LawCheck>> CheckLaws(IProgress<(long Done, long Of)>? progress, CancellationToken ct)
    {
        var checks = new List<LawCheck>();
        await using (var connection = await db.OpenConnectionAsync(ct))
        {
            await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
            foreach (var (law, count, breach) in laws)
            {
                var looked = Convert.ToInt64(await Scalar(connection, count, ct), CultureInfo.InvariantCulture);
                var detail = await Scalar(connection, breach, ct) as string;
                checks.Add(new(law, detail is null, looked, detail));
            }
        }
        const string same = "the log gives the same rows, byte for byte";
        try
        {
            var rebuilt = await Rebuild(swap: false, progress, ct);
            checks.Add(new(same, rebuilt.Equal, rebuilt.Rows, rebuilt.FirstDifference));
        }
        catch (Exception e) when (e is LogBrokenException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            checks.Add(new(same, false, 0, Names.Printable(e.Message)));
        }
        return checks;
    }

    private static async Task<object?> Scalar(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(ct);
    }
}
