using Ledger.Log;
using Npgsql;

namespace Ledger.Service.Notifying;

/// <summary>What went out by one way lately.</summary>
/// <param name="InTheHour">Notifications of the last hour.</param>
/// <param name="HeldBack">Alerts held back since the last notification.</param>
internal readonly record struct SentLately(int InTheHour, long HeldBack);

/// <summary>
/// Counts notifications, so that a storm does not become a storm of mails. It counts what stands in the outbox, so restarts and other nodes
/// don't make it forget; what was held back stands in a table of its own and is told with the next notification.
/// </summary>
internal sealed class Sent(NpgsqlDataSource db, IEventLog log)
{
    private static readonly TimeSpan window = TimeSpan.FromHours(1);
    private static readonly TimeSpan remembered = TimeSpan.FromDays(7);

    public async Task<SentLately> Lately(string kind, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = db.CreateCommand("""
            with sent as (
                select position, body::jsonb ->> 'notification' as notification, (body::jsonb ->> 'at')::timestamptz as at
                from ledger_outbox where kind = $1 and position >= $2 and body::jsonb ->> 'class' = 'alert'),
            last as (
                select (body::jsonb ->> 'at')::timestamptz as at
                from ledger_outbox where kind = $1 and body::jsonb ->> 'class' = 'alert' order by position desc limit 1)
            select (select count(distinct notification) from sent where at > $3),
                   (select count(*) from ledger_held_back h where h.kind = $1 and h.at > greatest((select at from last), $4))
            """);
        command.Parameters.Add(new() { Value = kind });
        command.Parameters.Add(new() { Value = await log.PositionBefore(now - window, ct) });
        command.Parameters.Add(new() { Value = (now - window).ToUniversalTime() });
        // What told of them may have left the outbox since: messages are not kept for ever.
        command.Parameters.Add(new() { Value = (now - remembered).ToUniversalTime() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new((int)reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>Remembers alerts that nobody is told of by this way. They are in the log like all others.</summary>
    public async Task HoldBack(string kind, IEnumerable<string> alerts, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = db.CreateCommand("""
            with old as (delete from ledger_held_back where at < $3 - $4)
            insert into ledger_held_back (kind, alert, at) select $1, a, $3 from unnest($2) a on conflict do nothing
            """);
        command.Parameters.Add(new() { Value = kind });
        command.Parameters.Add(new() { Value = alerts.Distinct(StringComparer.Ordinal).ToArray() });
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = remembered });
        await command.ExecuteNonQueryAsync(ct);
    }
}
