using Ledger.Service.Storage;
using Marten;
using Marten.Services;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Ledger.Service.Http;

/// <summary>
/// A command that lost a race is no fault: its caller gets the winner's answer, or is told to send it again. Marten would log every statement
/// of its transaction as a failure.
/// </summary>
public sealed class LostRaces : DocumentSessionListenerBase
{
    private static readonly HttpContextAccessor accessor = new();

    public override Task BeforeSaveChangesAsync(IDocumentSession session, CancellationToken token)
    {
        if (accessor.HttpContext?.Items.ContainsKey(Idempotency.Began) == true) session.Logger = new Log(session.Logger);
        return Task.CompletedTask;
    }

    private sealed class Log(IMartenSessionLogger marten) : IMartenSessionLogger
    {
        /// <summary>What Marten's append says when the stream has another version than the command read.</summary>
        private const string streamMoved = "MT003";

        public void LogFailure(NpgsqlCommand command, Exception ex)
        {
            if (!IsLostRace(ex)) marten.LogFailure(command, ex);
        }

        public void LogFailure(NpgsqlBatch batch, Exception ex)
        {
            if (!IsLostRace(ex)) marten.LogFailure(batch, ex);
        }

        public void LogFailure(Exception ex, string message) => marten.LogFailure(ex, message);

        public void LogSuccess(NpgsqlCommand command) => marten.LogSuccess(command);

        public void LogSuccess(NpgsqlBatch batch) => marten.LogSuccess(batch);

        public void OnBeforeExecute(NpgsqlCommand command) => marten.OnBeforeExecute(command);

        public void OnBeforeExecute(NpgsqlBatch batch) => marten.OnBeforeExecute(batch);

        public void RecordSavedChanges(IDocumentSession session, IChangeSet commit) => marten.RecordSavedChanges(session, commit);

        private static bool IsLostRace(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation or streamMoved } || DatabaseErrors.IsConflict(e);
    }
}
