using JasperFx;
using JasperFx.Events;
using Marten.Exceptions;
using Npgsql;

namespace Ledger.Service.Storage;

/// <summary>What an exception of the database means, however Marten wrapped it: one answer for commands and for messages.</summary>
public static class DatabaseErrors
{
    /// <summary>Somebody else wrote at the same moment; nothing of this was written. It may be tried again at once.</summary>
    public static bool IsConflict(Exception e) => e switch
    {
        // Marten throws several conflicts of a transaction in one exception.
        AggregateException all => all.InnerExceptions.All(IsConflict),
        MartenCommandException { InnerException: PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } } => true,
        MartenCommandException { InnerException: { } inner } => IsConflict(inner),
        _ => e is ConcurrencyException or EventStreamUnexpectedMaxEventIdException
            or JasperFx.Events.ExistingStreamIdCollisionException or Marten.Exceptions.ExistingStreamIdCollisionException or DocumentAlreadyExistsException,
    };

    /// <summary>The database can't take it just now; it may be tried again in a while.</summary>
    public static bool IsTransient(Exception e) => e switch
    {
        AggregateException all => all.InnerExceptions.All(IsTransient),
        MartenCommandException { InnerException: { } inner } => IsTransient(inner),
        // Where a connection breaks in a transaction, Marten throws what rolling it back said; what broke it is inside.
        ObjectDisposedException { InnerException: { } inner } => IsTransient(inner),
        _ => e is TimeoutException or NpgsqlException { IsTransient: true } or PostgresException { SqlState: "57P03" or "53300" or "57014" or "25006" or "57P01" or "53100" },
    };
}
