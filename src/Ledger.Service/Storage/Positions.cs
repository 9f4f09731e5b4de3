using Npgsql;

namespace Ledger.Service.Storage;

/// <summary>Positions of the log: Marten's global sequence numbers.</summary>
/// <remarks>The position that counts is the high-water mark: below it nothing can appear any more. Numbers may be missing where an append was rolled back.</remarks>
public sealed class Positions(NpgsqlDataSource db)
{
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(20);

    /// <summary>The position below which nothing changes any more; 0 for empty books.</summary>
    public async Task<long> HighWater(CancellationToken ct) =>
        await Scalar("select coalesce((select last_seq_id from mt_event_progression where name = 'HighWaterMark'), 0)", null, ct);

    /// <summary>The last event's position, whether or not the views have seen it; 0 for empty books.</summary>
    public async Task<long> Last(CancellationToken ct) => await Scalar("select coalesce(max(seq_id), 0) from mt_events", null, ct);

    /// <summary>The position before the first event that was recorded at or after an instant.</summary>
    public async Task<long> Before(DateTimeOffset time, CancellationToken ct) =>
        await Scalar("select coalesce((select min(seq_id) - 1 from mt_events where timestamp >= $1), (select max(seq_id) from mt_events), 0)", time.ToUniversalTime(), ct);

    /// <summary>When the last event up to a position was recorded; null when there is none.</summary>
    public async Task<DateTimeOffset?> TimeOf(long position, CancellationToken ct)
    {
        await using var command = db.CreateCommand("select timestamp from mt_events where seq_id <= $1 order by seq_id desc limit 1");
        command.Parameters.Add(new() { Value = position });
        return await command.ExecuteScalarAsync(ct) is DateTime at ? new DateTimeOffset(at.ToUniversalTime(), TimeSpan.Zero) : null;
    }

    /// <summary>Waits until a projection holds a position, whichever node runs it. False: it did not in time.</summary>
    /// <param name="progress">Its row of <c>mt_event_progression</c>.</param>
    /// <param name="wanted">The position.</param>
    /// <param name="patience">How long.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> WaitFor(string progress, long wanted, TimeSpan patience, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await Scalar("select coalesce((select last_seq_id from mt_event_progression where name = $1), 0)", progress, ct) < wanted)
        {
            if (TimeProvider.System.GetElapsedTime(began) >= patience) return false;
            await Task.Delay(pause, ct);
        }
        return true;
    }

    private async Task<long> Scalar(string sql, object? value, CancellationToken ct)
    {
        await using var command = db.CreateCommand(sql);
        if (value is not null) command.Parameters.Add(new() { Value = value });
        return await command.ExecuteScalarAsync(ct) as long? ?? 0;
    }
}
