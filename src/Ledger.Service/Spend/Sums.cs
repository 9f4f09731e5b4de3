using Ledger.Budgets;
using Ledger.Money;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>What some part of the spend costs in a window.</summary>
/// <param name="Spent">Billed in buckets that start in the window.</param>
/// <param name="History">The part of buckets that were over when their account was connected: nobody watched then.</param>
public readonly record struct ScopeSum(Usd Spent, Usd History);

public sealed partial class SpendView
{
    /// <summary>
    /// What a window costs, for many values of one dimension at once; values without spend are left out. For everything, the one value
    /// is the empty text. A bucket belongs to the window that its start lies in.
    /// </summary>
    /// <param name="kind">The dimension.</param>
    /// <param name="values">Ids in it.</param>
    /// <param name="window">The window; may reach beyond all time.</param>
    /// <param name="connected">Since when each account is watched.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyDictionary<string, ScopeSum>> Sums(
        ScopeKind kind, IReadOnlyCollection<string> values, Interval window, IReadOnlyDictionary<string, DateTimeOffset> connected, CancellationToken ct) =>
        kind is ScopeKind.Everything or ScopeKind.Account
            ? await accountSpend.Sums(await Reading(ct), new(kind, string.Join('\n', values), window, string.Join('\n', connected.Select(c => $"{c.Key} {c.Value.UtcTicks}"))), () => Add(kind, values, window, connected, ct))
            : await Add(kind, values, window, connected, ct);

    private async Task<IReadOnlyDictionary<string, ScopeSum>> Add(
        ScopeKind kind, IReadOnlyCollection<string> values, Interval window, IReadOnlyDictionary<string, DateTimeOffset> connected, CancellationToken ct)
    {
        var column = ColumnOf(kind);
        var days = DaysOf(kind);
        string Hours(int from) => $"""
            select {column} as value, amount, case when start < c.before then amount else 0 end as history
            from {schema}.part s left join connected c on c.account = s.account where start >= ${from} and start < ${from + 1} and {column} = any($1)
            """;
        await using var command = new NpgsqlCommand($"""
            with connected as (select * from unnest($8, $9, $10, $11) c (account, before, day, midnight)),
            spent as (
                select {column} as value, billed as amount, case when s.day < c.day then billed else 0 end as history
                from {schema}.{days} s left join connected c on c.account = s.account where s.day >= $2 and s.day < $3 and {column} = any($1)
                union all {Hours(4)} union all {Hours(6)}
                -- Of the day on which an account was connected, the hours before are history.
                union all select {column}, 0, amount from connected c join {schema}.part s on s.account = c.account and s.start >= c.midnight and s.start < c.before
                where c.day >= $2 and c.day < $3 and {column} = any($1))
            select value, sum(amount), sum(history) from spent group by value
            """, connection);
        Stretches(command, values, window);
        var befores = connected.Values.Select(c => Clamp(BeginsToCount(c))).ToArray();
        command.Parameters.Add(new() { Value = connected.Keys.ToArray() });
        command.Parameters.Add(new() { Value = befores });
        command.Parameters.Add(new() { Value = befores.Select(zone.DayOf).ToArray() });
        command.Parameters.Add(new() { Value = befores.Select(b => zone.StartOf(zone.DayOf(b))).ToArray() });
        var sums = new Dictionary<string, ScopeSum>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            sums[reader.GetString(0)] = new(Money(reader.GetDecimal(1)), Money(reader.GetDecimal(2)));
        return sums;
    }

    /// <summary>The start of the first bucket that is not history: the one that ran when the account was connected.</summary>
    public static DateTimeOffset BeginsToCount(DateTimeOffset connectedAt) => new(connectedAt.UtcTicks - (connectedAt.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>The values, the window's whole days, and what lies before and after them, as the first seven parameters.</summary>
    private void Stretches(NpgsqlCommand command, IReadOnlyCollection<string> values, Interval window)
    {
        var (days, before, after) = zone.Cut(new(Clamp(window.Start), Clamp(window.End)));
        command.Parameters.Add(new() { Value = values.ToArray() });
        command.Parameters.Add(new() { Value = days.From });
        command.Parameters.Add(new() { Value = days.Until });
        Within(command, before);
        Within(command, after);
    }

    private static void Within(NpgsqlCommand command, Interval window)
    {
        command.Parameters.Add(new() { Value = Clamp(window.Start) });
        command.Parameters.Add(new() { Value = Clamp(window.End) });
    }

    /// <summary>The days that have a dimension, in the fewest rows.</summary>
    private static string DaysOf(ScopeKind kind) => kind is ScopeKind.Key or ScopeKind.Model or ScopeKind.Unit ? "day" : "agent_day";

    /// <summary>The column of a dimension; for everything, the one value that all rows have.</summary>
    private static string ColumnOf(ScopeKind kind) => kind switch
    {
        ScopeKind.Everything => "''::text",
        ScopeKind.Account => "s.account",
        ScopeKind.Agent => "agent",
        ScopeKind.Key => "key",
        ScopeKind.Model => "model",
        ScopeKind.Unit => "unit",
        ScopeKind.Mission => "mission",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
