using Ledger.Forecasts;
using Ledger.Money;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>
/// How accounts spent by hour since an instant, as it was last added up. Who spent it changes with edits; how much an account spent changes with a reading
/// alone, so between two readings it is added up once, however often the guard is asked.
/// </summary>
internal sealed class AccountHours
{
    private Added? last;

    public async Task<IReadOnlyList<(string Account, HourSpend Hour)>> Since(DateTimeOffset from, NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        long reading;
        await using (var command = new NpgsqlCommand($"select coalesce(max(position), 0) from {schema}.fact", connection))
            reading = (long)(await command.ExecuteScalarAsync(ct))!;
        if (last is { } known && known.Reading == reading && known.From == from) return known.Hours;

        var hours = new List<(string, HourSpend)>();
        await using (var command = new NpgsqlCommand($"select account, date_trunc('hour', start, 'utc'), sum(amount) from {schema}.part where start >= $1 group by 1, 2 having sum(amount) <> 0 order by 1, 2", connection))
        {
            command.Parameters.Add(new() { Value = from });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) hours.Add((reader.GetString(0), new(reader.GetFieldValue<DateTimeOffset>(1), SpendView.Money(reader.GetDecimal(2)))));
        }
        last = new(reading, from, hours);
        return hours;
    }

    /// <summary>Added up over accounts.</summary>
    public static IEnumerable<HourSpend> All(IEnumerable<(string Account, HourSpend Hour)> hours) =>
        hours.GroupBy(h => h.Hour.Start, h => h.Hour.Billed).Select(g => new HourSpend(g.Key, g.Aggregate(Usd.Zero, (sum, billed) => sum + billed))).Where(h => h.Billed != Usd.Zero).OrderBy(h => h.Start);

    private sealed record Added(long Reading, DateTimeOffset From, IReadOnlyList<(string, HourSpend)> Hours);
}
