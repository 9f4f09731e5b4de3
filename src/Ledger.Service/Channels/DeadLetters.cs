using Ledger.Contracts;
using Npgsql;
using Wolverine;
using Wolverine.Persistence.Durability;
using Wolverine.Persistence.Durability.DeadLetterManagement;
using Wolverine.RDBMS;
using Wolverine.Runtime;
using Wolverine.Runtime.Serialization;

namespace Ledger.Service.Channels;

/// <summary>What waits in the channels' queues and what became a dead letter, read from Wolverine's own tables.</summary>
public sealed class DeadLetters(IWolverineRuntime runtime, ChannelHealth health)
{
    /// <summary>Messages listed of each kind; more are counted.</summary>
    public const int ListedMax = 500;

    private static readonly Dictionary<string, string> channels = new(StringComparer.Ordinal)
    {
        ["send-mail.v1"] = ChannelNames.Email,
        ["send-slack.v1"] = ChannelNames.Slack,
        ["send-webhook.v1"] = ChannelNames.Webhook,
        ["run-program.v1"] = ChannelNames.Exec,
    };

    private IMessageDatabase Database => runtime.Storage as IMessageDatabase ?? throw new InvalidOperationException("The messages are not kept in PostgreSQL.");

    private IDeadLetters Letters => runtime.Storage.DeadLetters;

    /// <summary>Messages that wait for their next attempt: how many, and the most often tried of them.</summary>
    public async Task<(long Count, IReadOnlyList<OutboxMessage> Listed)> Waiting(DateTimeOffset now, CancellationToken ct)
    {
        var database = Database;
        await using var command = database.DataSource.CreateCommand();
        command.CommandText = $"""
            select body, execution_time, attempts, count(*) over ()
            from {database.TableNameFor(DatabaseConstants.IncomingTable)}
            where status in ('{EnvelopeStatus.Incoming}', '{EnvelopeStatus.Scheduled}') and message_type = any ($1)
            order by attempts desc, execution_time nulls first, id
            limit {ListedMax}
            """;
        command.Parameters.Add(new NpgsqlParameter { Value = channels.Keys.ToArray() });
        var (count, listed) = (0L, new List<OutboxMessage>());
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var envelope = EnvelopeSerializer.Deserialize(await reader.GetFieldValueAsync<byte[]>(0, ct));
            var due = await reader.IsDBNullAsync(1, ct) ? now : await reader.GetFieldValueAsync<DateTimeOffset>(1, ct);
            var note = health.NoteOf(envelope.Id);
            listed.Add(Of(envelope, envelope.MessageType, reader.GetInt32(2), note?.Unknown ?? 0, note?.Reason, due, now));
            count = reader.GetInt64(3);
        }
        return (count, listed);
    }

    /// <summary>Messages that are set aside: how many, and some of them. Those of other queues are among them.</summary>
    public async Task<(long Count, IReadOnlyList<OutboxMessage> Listed)> Dead(DateTimeOffset now, CancellationToken ct)
    {
        var found = await Letters.QueryAsync(new() { PageSize = ListedMax, Replayable = false }, ct);
        return (found.TotalCount, [.. found.Envelopes.Select(d => Of(d.Envelope, d.MessageType, d.Envelope.Attempts, health.NoteOf(d.Id)?.Unknown ?? 0, Reason.Of(d.ExceptionMessage), null, now) with { Id = d.Id })]);
    }

    /// <summary>Makes a dead letter wait again, as if it were new.</summary>
    /// <exception cref="Refused">There is no such message, or it is no dead letter.</exception>
    public async Task Retry(Guid id, CancellationToken ct)
    {
        var dead = await Letters.DeadLetterEnvelopeByIdAsync(id);
        if (dead is { Replayable: false })
            await Letters.ReplayAsync(new DeadLetterEnvelopeQuery([id]), ct);
        else if (dead is not null || await IsQueued(id, ct))
            throw new Refused("message.not_dead", $"The message {id} is no dead letter.", "id", id.ToString());
        else
            throw new Refused("message.unknown", $"There is no message {id} in the outbox.", "id", id.ToString());
    }

    private async Task<bool> IsQueued(Guid id, CancellationToken ct)
    {
        var database = Database;
        await using var command = database.DataSource.CreateCommand();
        command.CommandText = $"select exists (select from {database.TableNameFor(DatabaseConstants.IncomingTable)} where id = $1)";
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private static OutboxMessage Of(Envelope envelope, string? type, int attempts, int unknown, string? reason, DateTimeOffset? due, DateTimeOffset now)
    {
        var said = Said.Of(envelope);
        return new(
            envelope.Id, channels.GetValueOrDefault(type ?? "", type ?? "unknown"), said?.To is { } to ? Cut(to) : null, said?.Notification, said?.Class,
            attempts, unknown, reason, Math.Max(0, (long)(now - (said?.At ?? envelope.SentAt)).TotalSeconds), due);
    }

    private static string Cut(string address) => address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? $"{address[0]}…{address[at..]}" : "…";
}
