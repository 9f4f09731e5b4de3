using Ledger.Budgets;
using Ledger.Money;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>A part of some spend by key, model and unit; empty where billing names none.</summary>
/// <param name="Key">Key id.</param>
/// <param name="Model">Model.</param>
/// <param name="Unit">Unit type.</param>
/// <param name="Billed">Billed.</param>
public sealed record UnitPart(string Key, string Model, string Unit, Usd Billed);

public sealed partial class SpendView
{
    /// <summary>What a window's spend of each value went to: the largest parts by key, model, unit and agent.</summary>
    /// <param name="kind">The dimension of the values.</param>
    /// <param name="values">Ids in it; for everything, the empty text.</param>
    /// <param name="window">The window.</param>
    /// <param name="perDimension">Parts of each dimension, largest first.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<ScopePart>>> Parts(
        ScopeKind kind, IReadOnlyCollection<string> values, Interval window, int perDimension, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            with part as ({PartsOf(kind)}),
            summed as (
                select value, case when grouping(key) = 0 then 3 when grouping(model) = 0 then 4 when grouping(unit) = 0 then 5 else 2 end as kind,
                    coalesce(key, model, unit, agent) as name, sum(billed) as billed
                from part group by grouping sets ((value, key), (value, model), (value, unit), (value, agent)) having sum(billed) <> 0)
            select value, kind, name, billed from (
                select *, row_number() over (partition by value, kind order by billed desc, name) as place from summed) ranked
            where place <= $8 order by value, kind, place
            """, connection);
        Stretches(command, values, window);
        command.Parameters.Add(new() { Value = perDimension });
        var parts = new Dictionary<string, IReadOnlyList<ScopePart>>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var value = reader.GetString(0);
            if (!parts.TryGetValue(value, out var list)) parts[value] = list = new List<ScopePart>();
            ((List<ScopePart>)list).Add(new((ScopeKind)reader.GetInt32(1), reader.GetString(2), Money(reader.GetDecimal(3))));
        }
        return parts;
    }

    /// <summary>The same by key, model and unit together.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<UnitPart>>> Units(
        ScopeKind kind, IReadOnlyCollection<string> values, Interval window, int perValue, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            with part as ({PartsOf(kind)})
            select value, key, model, unit, billed from (
                select value, key, model, unit, sum(billed) as billed, row_number() over (partition by value order by sum(billed) desc, key, model, unit) as place
                from part group by value, key, model, unit having sum(billed) <> 0) ranked
            where place <= $8 order by value, place
            """, connection);
        Stretches(command, values, window);
        command.Parameters.Add(new() { Value = perValue });
        var parts = new Dictionary<string, IReadOnlyList<UnitPart>>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var value = reader.GetString(0);
            if (!parts.TryGetValue(value, out var list)) parts[value] = list = new List<UnitPart>();
            ((List<UnitPart>)list).Add(new(reader.GetString(1), reader.GetString(2), reader.GetString(3), Money(reader.GetDecimal(4))));
        }
        return parts;
    }

    // Whole days are added up beforehand; the hours at the window's edges are not.
    private static string PartsOf(ScopeKind kind)
    {
        var column = ColumnOf(kind);
        string Hours(int from) => $"""
            select {column} as value, key, model, unit, agent, amount as billed from {schema}.part s where start >= ${from} and start < ${from + 1} and {column} = any($1)
            """;
        return $"""
            select {column} as value, key, model, unit, agent, billed from {schema}.day s where day >= $2 and day < $3 and {column} = any($1)
            union all {Hours(4)} union all {Hours(6)}
            """;
    }
}
