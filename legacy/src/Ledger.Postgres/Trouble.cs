using Npgsql;

namespace Ledger.Postgres;

/// <summary>What a failed transaction asks for.</summary>
internal enum Trouble
{
    /// <summary>Rolled back; the same again may work (deadlock, serialisation, lock or statement timeout).</summary>
    TryAgain,

    /// <summary>The connection or the server is gone.</summary>
    Away,

    /// <summary>The server refuses writes for now: full, read-only, out of connections or memory.</summary>
    Busy,

    /// <summary>Something in one request.</summary>
    Request,

    /// <summary>Anything else: a bug, a missing table, a guard.</summary>
    Fault,
}

internal static class Troubles
{
    public static Trouble Of(Exception e) => e switch
    {
        PostgresException p => Of(p),
        NpgsqlException or IOException or System.Net.Sockets.SocketException or ObjectDisposedException or TimeoutException => Trouble.Away,
        _ => Trouble.Fault,
    };

    private static Trouble Of(PostgresException p) => p.SqlState switch
    {
        "40001" or "40P01" or "55P03" or "57014" => Trouble.TryAgain,
        "25006" => Trouble.Busy,
        ['5', '3', ..] or ['5', '8', ..] => Trouble.Busy,
        ['5', '7', 'P', ..] or ['0', '8', ..] or "25P03" => Trouble.Away,
        ['2', '2', ..] or ['2', '3', ..] or ['5', '4', ..] => Trouble.Request,
        _ => Trouble.Fault,
    };

    /// <summary>
    /// The server answered with an ordinary error, so the transaction is rolled back for certain. A FATAL may arrive after the
    /// commit was done (a backend told to end), so it proves nothing.
    /// </summary>
    public static bool ProvesRollback(Exception e) => e is PostgresException { InvariantSeverity: "ERROR" };
}

/// <summary>The connection was cut after the commit had been sent.</summary>
internal sealed class CommitCutException(Exception inner) : Exception("The connection was cut during commit.", inner);
