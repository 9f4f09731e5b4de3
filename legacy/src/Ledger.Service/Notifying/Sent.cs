using Npgsql;

namespace Ledger.Service.Notifying;

/// <summary>What went out by one way lately.</summary>
/// <param name="InTheHour">Notifications of the last hour.</param>
/// <param name="HeldBack">Alerts held back since the last notification.</param>
internal readonly record struct SentLately(int InTheHour, long HeldBack);

/// <summary>
/// Counts notifications, so that a storm does not become a storm of mails. It counts what stands in the outbox, so restarts and other nodes
/// don't make it forget; what was held back stands in a table of its own and is told with the next notification. Mail is counted for each
/// reader: one reader's storm is no reason to leave another in the dark.
/// </summary>
internal sealed class Sent(NpgsqlDataSource db, IEventLog log)
{
    private static readonly TimeSpan window = TimeSpan.FromHours(1);
    private static readonly TimeSpan remembered = TimeSpan.FromDays(7);

    /// <summary>By reader; the ways that know no readers have one, the empty text.</summary>
    public async Task<Dictionary<string, SentLately>> Lately(string kind, IReadOnlyCollection<string> readers, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = db.CreateCommand("""
            with sent as (
                select coalesce(body::jsonb ->> 'to', '') as reader, count(distinct body::jsonb ->> 'notification') as notifications
                from ledger_outbox where kind = $1 and position >= $2 and body::jsonb ->> 'class' = 'alert' and (body::jsonb ->> 'at')::timestamptz > $3
                group by 1),
            held as (
                select r.reader, count(*) as alerts
                from unnest($4, $5) r (reader, way) join ledger_held_back h on h.kind = r.way
                where h.at > coalesce((
                    select (body::jsonb ->> 'at')::timestamptz from ledger_outbox
                    where kind = $1 and position >= $6 and body::jsonb ->> 'class' = 'alert' and coalesce(body::jsonb ->> 'to', '') = r.reader
                    order by position desc limit 1), $7)
                group by 1)
            select reader, coalesce(s.notifications, 0), coalesce(h.alerts, 0)
            from unnest($4) r (reader) left join sent s using (reader) left join held h using (reader)
            """);
        command.Parameters.Add(new() { Value = kind });
        command.Parameters.Add(new() { Value = await log.PositionBefore(now - window, ct) });
        command.Parameters.Add(new() { Value = (now - window).ToUniversalTime() });
        command.Parameters.Add(new() { Value = readers.ToArray() });
        command.Parameters.Add(new() { Value = readers.Select(r => Way(kind, r)).ToArray() });
        command.Parameters.Add(new() { Value = await log.PositionBefore(now - remembered, ct) });
        // What told of older ones may have left the outbox since, and was told then.
        command.Parameters.Add(new() { Value = (now - remembered).ToUniversalTime() });
        var lately = new Dictionary<string, SentLately>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) lately[reader.GetString(0)] = new((int)reader.GetInt64(1), reader.GetInt64(2));
        return lately;
    }

    /// <summary>Remembers alerts that a reader is not told of by this way. They are in the log like all others.</summary>
    public async Task HoldBack(string kind, string reader, IEnumerable<string> alerts, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = db.CreateCommand("""
            with old as (delete from ledger_held_back where at < $3 - $4)
            insert into ledger_held_back (kind, alert, at) select $1, a, $3 from unnest($2) a on conflict do nothing
            """);
        command.Parameters.Add(new() { Value = Way(kind, reader) });
        command.Parameters.Add(new() { Value = alerts.Distinct(StringComparer.Ordinal).ToArray() });
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = remembered });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static string Way(string kind, string reader) => reader.Length == 0 ? kind : $"{kind} {reader}";
}
