using Ledger.Accounts;
using Ledger.Money;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>A line that complete answers lack; it keeps its total until it counts as withdrawn.</summary>
/// <param name="Account">The account.</param>
/// <param name="Name">The line.</param>
/// <param name="Total">What it holds.</param>
/// <param name="Since">Since when it is missing.</param>
public sealed record MissingLine(string Account, LineName Name, Usd Total, DateTimeOffset Since);

public sealed partial class SpendView
{
    /// <summary>Lines that complete answers lack, the largest first.</summary>
    public async Task<IReadOnlyList<MissingLine>> Missing(int limit, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            select start, seconds, dimensions, key, model, unit, f.total, missing_since, account from {schema}.line l
            cross join lateral (select total from {schema}.fact where line_id = l.id order by position desc limit 1) f
            where missing_since is not null and f.total <> 0 order by abs(f.total) desc, id limit $1
            """, connection);
        command.Parameters.Add(new() { Value = limit });
        var missing = new List<MissingLine>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            missing.Add(new(reader.GetString(8), NameAt(reader, 0), new(reader.GetInt64(6)), reader.GetFieldValue<DateTimeOffset>(7)));
        return missing;
    }

    private static LineName NameAt(NpgsqlDataReader reader, int column) => new(
        reader.GetFieldValue<DateTimeOffset>(column), reader.GetInt32(column + 1), (DimensionSet)reader.GetInt16(column + 2),
        Named(reader.GetString(column + 3)), Named(reader.GetString(column + 4)), Named(reader.GetString(column + 5)));
}
