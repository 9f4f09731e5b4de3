using System.Text.Json;
using Ledger.Alerts;
using Npgsql;
using Wolverine;
using Wolverine.RDBMS;
using Wolverine.Runtime;
using Wolverine.Runtime.Serialization;

namespace Ledger.Service.Channels;

/// <summary>A message's place among those of the same subject.</summary>
/// <param name="Subjects">What it tells of: <c>budget:b-1</c>, <c>runway:xai-1</c>, <c>stale:xai-1</c>, or an alert's own key.</param>
/// <param name="Follows">People may have been told of a subject before, so it leaves after what still waits.</param>
/// <param name="GoodNews">It tells only what is over.</param>
public sealed record MessageOrder(IReadOnlyList<string> Subjects, bool Follows, bool GoodNews)
{
    public static string SubjectOf(IAlert alert) => alert switch
    {
        BudgetThresholdCrossed e => $"budget:{e.Budget}",
        RunwayShort e => $"runway:{e.Account}",
        SourceStale e => $"stale:{e.Account}",
        _ => alert.Key,
    };

    public static string SubjectOf(IRecovery recovery) => recovery switch
    {
        BudgetRecovered e => $"budget:{e.Budget}",
        RunwayRecovered e => $"runway:{e.Account}",
        SourceRecovered e => $"stale:{e.Account}",
        _ => recovery.Alert,
    };
}

/// <summary>
/// Messages of one subject leave in order, on each channel and to each reader: a younger one waits for an older one that waits for its next attempt.
/// Good news of trouble that could never be told is not told either.
/// </summary>
public sealed class OlderMessages(IWolverineRuntime runtime)
{
    private const int lookedAtMax = 2_000;
    private static readonly TimeSpan shortest = TimeSpan.FromSeconds(2);

    /// <summary>False: it is not to be sent at all.</summary>
    /// <exception cref="DeliveryFailed">An older one has to leave first.</exception>
    public async Task<bool> Allow(INotification message, Envelope envelope)
    {
        if (message.Order is not { Follows: true } order || runtime.Storage is not IMessageDatabase database) return true;
        var me = Said.Of(envelope);
        bool IsOlder(Said? other) => other is { At: { } at, Order: { } place } && at < message.At && other.To == me?.To && place.Subjects.Intersect(order.Subjects, StringComparer.Ordinal).Any();

        await using var command = database.DataSource.CreateCommand();
        command.CommandText = $"""
            select body, coalesce(execution_time - now(), interval '0') from {database.TableNameFor(DatabaseConstants.IncomingTable)}
            where status in ('{EnvelopeStatus.Incoming}', '{EnvelopeStatus.Scheduled}') and message_type = $1 and id <> $2 order by execution_time limit {lookedAtMax}
            """;
        command.Parameters.Add(new NpgsqlParameter { Value = envelope.MessageType! });
        command.Parameters.Add(new NpgsqlParameter { Value = envelope.Id });
        // Wolverine's schedules go by the database's clock.
        TimeSpan? due = null;
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                if (IsOlder(Said.Of(EnvelopeSerializer.Deserialize(await reader.GetFieldValueAsync<byte[]>(0)))))
                    due = reader.GetFieldValue<TimeSpan>(1);
        if (due is { } left) throw new DeliveryFailed("an older message of the same matter has to leave first") { Wait = (left > TimeSpan.Zero ? left : TimeSpan.Zero) + shortest };
        if (!order.GoodNews) return true;
        var dead = await runtime.Storage.DeadLetters.QueryAsync(new() { PageSize = DeadLetters.ListedMax, Replayable = false }, default);
        return !dead.Envelopes.Any(d => d.MessageType == envelope.MessageType && IsOlder(Said.Of(d.Envelope)));
    }
}

/// <summary>What the messages of all channels say of themselves.</summary>
internal sealed record Said(string? To, string? Notification, string? Class, DateTimeOffset? At, MessageOrder? Order)
{
    /// <summary>Null: it can't be read, which may be why it waits.</summary>
    public static Said? Of(Envelope envelope)
    {
        try
        {
            return envelope.Data is { Length: > 0 } json ? JsonSerializer.Deserialize<Said>(json, JsonSerializerOptions.Web) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
