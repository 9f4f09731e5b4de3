using Marten;
using Marten.Services;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Service.Storage;

/// <summary>Logs statements that failed, as Marten's own logger does, but never their parameters: those are names, answers and sealed credentials.</summary>
public sealed partial class StatementLog(ILogger<IDocumentStore> log) : IMartenLogger, IMartenSessionLogger
{
    private const int statementMax = 500;

    public IMartenSessionLogger StartSession(IQuerySession session) => this;

    public void LogFailure(NpgsqlCommand command, Exception ex) => Failed(log, Cut(command.CommandText), ex);

    /// <summary>PostgreSQL says which statement of a batch it refused; the others did nothing wrong.</summary>
    public void LogFailure(NpgsqlBatch batch, Exception ex) =>
        Failed(log, Cut((ex as NpgsqlException ?? ex.InnerException as NpgsqlException)?.BatchCommand?.CommandText ?? (batch.BatchCommands.Count > 0 ? batch.BatchCommands[0].CommandText : "")), ex);

    public void LogFailure(Exception ex, string message) => Failed(log, message, ex);

    public void SchemaChange(string sql)
    {
    }

    public void LogSuccess(NpgsqlCommand command)
    {
    }

    public void LogSuccess(NpgsqlBatch batch)
    {
    }

    public void RecordSavedChanges(IDocumentSession session, IChangeSet commit)
    {
    }

    public void OnBeforeExecute(NpgsqlCommand command)
    {
    }

    public void OnBeforeExecute(NpgsqlBatch batch)
    {
    }

    private static string Cut(string statement) => statement.Length <= statementMax ? statement : $"{statement.AsSpan(0, statementMax)}…";

    [LoggerMessage(LogLevel.Error, "A statement failed: {Statement}")]
    private static partial void Failed(ILogger log, string statement, Exception e);
}
