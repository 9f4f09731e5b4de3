using Ledger.Budgets;
using Ledger.Money;
using Npgsql;

namespace Ledger.Views.Watching;

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

public sealed partial class WatchSnapshot
{
    /// <summary>
    /// All spend of a stretch in the order in which it was known: what was read live, when it was answered; what was read in afterwards, when
    /// its bucket was over. An edit of history counts from when the line it concerns was read, as if it had always been so.
    /// </summary>
    /// <param name="starts">Buckets that start in it.</param>
    /// <param name="connected">Since when each account is watched.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="ct">Cancels.</param>
    public async IAsyncEnumerable<KnownSpend> Replay(
        Interval starts, IReadOnlyDictionary<string, DateTimeOffset> connected, int limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        // All of a stretch is read: here the planner may choose.
        await using (var free = new NpgsqlCommand("set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on", connection))
            await free.ExecuteNonQueryAsync(ct);
        await using var command = new NpgsqlCommand("""
            select known, start, account, key, model, unit, agent, mission, sum(amount)
            from (
                select case when c.before is not null and l.start + make_interval(secs => l.seconds) <= c.before then l.start + make_interval(secs => l.seconds)
                            else (select f.answered from views.fact f where f.line_id = a.line_id and f.position <= a.position order by f.position desc limit 1) end as known,
                    l.start, l.account, l.key, l.model, l.unit, a.agent, a.mission, a.amount
                from views.line l join views.allocation a on a.line_id = l.id
                left join unnest($3, $4) c (account, before) on c.account = l.account
                where l.start >= $1 and l.start < $2) dated
            group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(amount) <> 0 order by 1, 2 limit $5
            """, connection) { CommandTimeout = 120 };
        Within(command, starts);
        command.Parameters.Add(new() { Value = connected.Keys.ToArray() });
        command.Parameters.Add(new() { Value = connected.Values.ToArray() });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return new(
                reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                reader.GetString(6), reader.GetString(7), Money(reader.GetDecimal(8)));
    }

    /// <summary>What was known of an account's prepaid money, in order.</summary>
    public async Task<IReadOnlyList<(string Account, DateTimeOffset At, Usd? Credit, Usd? Left)>> Balances(Interval answered, int limit, CancellationToken ct)
    {
        var balances = new List<(string, DateTimeOffset, Usd?, Usd?)>();
        await using var command = new NpgsqlCommand("select account, answered, credit, remaining from views.balance where answered >= $1 and answered < $2 order by answered, position limit $3", connection);
        Within(command, answered);
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            balances.Add((reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1), reader.IsDBNull(2) ? null : new(reader.GetInt64(2)), reader.IsDBNull(3) ? null : new(reader.GetInt64(3))));
        return balances;
    }
}
