using Ledger.Holds;
using Ledger.Money;
using Npgsql;

namespace Ledger.Service.Guarding;

/// <summary>A hold and what it still keeps free.</summary>
internal readonly record struct HeldMoney(HoldTaken Hold, Usd Left);

/// <summary>What holds still keep free: each is settled by what its agent was billed since, the oldest first, and no dollar settles two.</summary>
internal sealed class HoldLedger(NpgsqlDataSource db)
{
    /// <summary>More holds than these can't be open at once.</summary>
    public const int OpenMax = 500;

    private const int rowsMax = 100_000;

    /// <summary>The holds that still keep something free.</summary>
    public async Task<IReadOnlyList<HeldMoney>> Open(IEnumerable<HoldTaken> holds, DateTimeOffset now, CancellationToken ct)
    {
        var open = holds.Where(h => h.Until > now).OrderBy(h => h.After).ThenBy(h => h.At).ThenBy(h => h.Hold, StringComparer.Ordinal).ToArray();
        if (open.Length == 0) return [];
        var billed = await BilledAfter(open[0].After, ct);
        var left = new List<HeldMoney>();
        foreach (var same in open.GroupBy(h => h.Agent))
        {
            var used = Usd.Zero;
            foreach (var hold in same)
            {
                // Buckets that were over when it was taken are other work, billed late or restated.
                var from = hold.At.AddHours(-1);
                var since = billed.Where(b => b.Position > hold.After && b.Hour > from && (hold.Agent is null || b.Agent == hold.Agent)).Aggregate(Usd.Zero, (sum, b) => sum + b.Billed) - used;
                var rest = HoldRules.Left(hold, since, now);
                used += hold.Amount - rest;
                left.Add(new(hold, rest));
            }
        }
        return left;
    }

    private async Task<List<(long Position, string Agent, DateTimeOffset Hour, Usd Billed)>> BilledAfter(long position, CancellationToken ct)
    {
        await using var command = db.CreateCommand("""
            select position, agent, date_trunc('hour', start, 'utc'), sum(amount) from views.allocation
            where position > $1 and not moved group by 1, 2, 3 limit $2
            """);
        command.Parameters.Add(new() { Value = position });
        command.Parameters.Add(new() { Value = rowsMax });
        var billed = new List<(long, string, DateTimeOffset, Usd)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            billed.Add((reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), new(checked((long)reader.GetDecimal(3)))));
        return billed;
    }
}
