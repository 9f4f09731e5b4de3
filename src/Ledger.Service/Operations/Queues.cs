using Npgsql;
using Wolverine;
using Wolverine.RDBMS;
using Wolverine.Runtime;

namespace Ledger.Service.Operations;

/// <summary>A message that is due and was not handled yet.</summary>
/// <param name="Message">Its kind, such as <c>send-mail.v1</c>.</param>
/// <param name="Waited">How long it has been due.</param>
public sealed record Overdue(string Message, TimeSpan Waited)
{
    /// <summary>Longer than any handler or any pause of a channel takes.</summary>
    private static readonly TimeSpan waitMax = TimeSpan.FromMinutes(5);

    public bool IsLong => Waited > waitMax;

    public string ToText() => $"{Message} should have been handled {(long)Waited.TotalMinutes} minutes ago";
}

/// <summary>Looks into Wolverine's inbox, outbox and queues. What waits for its next attempt is not due.</summary>
public sealed class Queues(IWolverineRuntime runtime, NpgsqlDataSource db)
{
    /// <summary>The one that has been due for longest; null: none is.</summary>
    public async Task<Overdue?> Oldest(CancellationToken ct)
    {
        var messages = runtime.Storage as IMessageDatabase ?? throw new InvalidOperationException("The messages are not kept in PostgreSQL.");
        await using var command = db.CreateCommand($"""
            select message_type, clock_timestamp() - due from (
                select message_type, coalesce(execution_time, timestamp) as due from {messages.TableNameFor(DatabaseConstants.IncomingTable)} where status in ('{EnvelopeStatus.Incoming}', '{EnvelopeStatus.Scheduled}')
                union all select message_type, timestamp from {messages.TableNameFor(DatabaseConstants.OutgoingTable)}
                {string.Concat(Polling.Setup.Slots.Select(slot => $"""
                    union all select message_type, timestamp from {Storage.Setup.QueueSchema}.wolverine_queue_{slot}
                    union all select message_type, execution_time from {Storage.Setup.QueueSchema}.wolverine_queue_{slot}_scheduled

                    """))}
            ) waiting
            where due <= clock_timestamp()
            order by due
            limit 1
            """);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new(reader.GetString(0), reader.GetTimeSpan(1)) : null;
    }
}
