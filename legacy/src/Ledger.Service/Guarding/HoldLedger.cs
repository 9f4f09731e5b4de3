using Ledger.Guard;
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
        var all = holds.OrderBy(h => h.After).ThenBy(h => h.At).ThenBy(h => h.Hold, StringComparer.Ordinal).ToArray();
        if (!all.Any(h => h.Until > now)) return [];
        // One that is over keeps nothing free; but what was billed in its time was its own, and settles none that was taken beside it.
        var oldest = all.Where(h => h.Until > now).Min(h => h.At);
        var counted = all.Where(h => h.Until > oldest).ToArray();
        var billed = await BilledAfter(counted[0].After, ct);
        var left = new List<HeldMoney>();
        var usedByAll = Usd.Zero;
        // Those of nobody in particular come last: any dollar settles them that has not settled an agent's own.
        foreach (var same in counted.GroupBy(h => h.Agent).OrderBy(g => g.Key is null))
        {
            var used = same.Key is null ? usedByAll : Usd.Zero;
            foreach (var hold in same)
            {
                // Buckets that were over when it was taken are other work, billed late or restated.
                var from = hold.At.AddHours(-1);
                var since = billed.Where(b => b.Position > hold.After && b.Hour > from && b.At < hold.Until && (hold.Agent is null || b.Agent == hold.Agent)).Aggregate(Usd.Zero, (sum, b) => sum + b.Amount) - used;
                var rest = HoldsBook.Left(hold, since, hold.Until > now ? now : hold.At);
                used += hold.Amount - rest;
                if (hold.Until > now) left.Add(new(hold, rest));
            }
            if (same.Key is not null) usedByAll += used;
        }
        return left;
    }

    private async Task<List<Billed>> BilledAfter(long position, CancellationToken ct)
    {
        await using var command = db.CreateCommand("""
            select b.position, b.agent, b.hour, b.amount, e.timestamp from (
                select position, agent, date_trunc('hour', start, 'utc') as hour, sum(amount) as amount from views.allocation
                where position > $1 and not moved group by 1, 2, 3 limit $2) b
            join mt_events e on e.seq_id = b.position
            """);
        command.Parameters.Add(new() { Value = position });
        command.Parameters.Add(new() { Value = rowsMax });
        var billed = new List<Billed>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            billed.Add(new(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), new(checked((long)reader.GetDecimal(3))), reader.GetFieldValue<DateTimeOffset>(4)));
        return billed;
    }

    /// <summary>What an agent was billed in an hour, by one reading, and when that was recorded.</summary>
    private readonly record struct Billed(long Position, string Agent, DateTimeOffset Hour, Usd Amount, DateTimeOffset At);
}
