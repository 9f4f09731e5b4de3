using Marten;
using Npgsql;

namespace Ledger.Service.Storage;

/// <summary>
/// A page counts only where its transaction has moved the progress. Marten moves it from where the page began, and where another node has moved it
/// meanwhile it moves nothing and only logs that; the page would be committed nevertheless, and so would all that follow. It happens when a node was
/// stopped, taken for dead, and goes on. The page is rolled back instead, and the daemon of whoever holds the lock starts anew from where the progress is.
/// </summary>
/// <param name="progress">The row of <c>mt_event_progression</c>.</param>
/// <param name="last">The last event of the page.</param>
public sealed class ProgressFence(string progress, long last) : ITransactionParticipant
{
    public async Task BeforeCommitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken token)
    {
        await using var command = new NpgsqlCommand("select last_seq_id from mt_event_progression where name = $1", connection, transaction);
        command.Parameters.Add(new() { Value = progress });
        if (await command.ExecuteScalarAsync(token) is long reached && reached < last)
            throw new InvalidOperationException($"Another node has moved {progress} to {reached}; the page up to {last} does not count.");
    }
}
