using Ledger.Money;
using Npgsql;

namespace Ledger.Service.Spend;

public sealed partial class SpendView
{
    /// <summary>
    /// What readings of usage added on accounts since an instant of each; accounts to which nothing was added are left out. What a reading says of
    /// buckets that were long over then is history that is read in, or restated: the balance knew it already.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, Usd>> BilledSince(IReadOnlyDictionary<string, DateTimeOffset> since, CancellationToken ct)
    {
        var billed = new Dictionary<string, Usd>(StringComparer.Ordinal);
        if (since.Count == 0) return billed;
        await using var command = new NpgsqlCommand($"""
            select a.id, sum(f.total - coalesce(f.replaces, 0)) from unnest($1, $2, $3) a (id, since, hour)
            join {schema}.line l on l.account = a.id and l.start >= a.hour join {schema}.fact f on f.line_id = l.id and f.answered > a.since
            group by 1
            """, connection);
        command.Parameters.Add(new() { Value = since.Keys.ToArray() });
        command.Parameters.Add(new() { Value = since.Values.ToArray() });
        command.Parameters.Add(new() { Value = since.Values.Select(at => at.FloorToHour().AddHours(-1)).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            if (Money(reader.GetDecimal(1)) is var more && more != Usd.Zero)
                billed[reader.GetString(0)] = more;
        return billed;
    }

    /// <summary>The same of one account as the books stood at a position: what readings after another one added to hours from an instant's on.</summary>
    public async Task<Usd> BilledBetween(string account, DateTimeOffset since, long after, long upTo, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            select coalesce(sum(f.total - coalesce(f.replaces, 0)), 0) from {schema}.line l join {schema}.fact f on f.line_id = l.id
            where l.account = $1 and l.start >= $2 and f.position > $3 and f.position <= $4
            """, connection);
        foreach (var value in (object[])[account, since.FloorToHour().AddHours(-1), after, upTo]) command.Parameters.Add(new() { Value = value });
        return Money((decimal)(await command.ExecuteScalarAsync(ct))!);
    }
}
