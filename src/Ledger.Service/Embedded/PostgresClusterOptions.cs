namespace Ledger.Service.Embedded;

/// <summary>Where and how a private PostgreSQL runs.</summary>
public sealed record PostgresClusterOptions
{
    /// <summary>Folder that holds the cluster (<c>pg</c>), its socket and its log. Created when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Folder with <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c>; null: <c>LEDGER_PG_BIN</c>, PATH, then the usual places.</summary>
    public string? BinFolder { get; init; }

    /// <summary>Name of the database.</summary>
    /// <value>The default is <c>ledger</c>.</value>
    public string Database { get; init; } = "ledger";

    /// <summary>Connections the server takes.</summary>
    /// <value>The default is 60.</value>
    public int ConnectionsMax { get; init; } = 60;

    /// <summary>Memory for shared buffers, as PostgreSQL spells it.</summary>
    /// <value>The default is 64MB: small when idle, ample for these books.</value>
    public string SharedBuffers { get; init; } = "64MB";

    /// <summary>Further settings; they win over ours.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long a start may take, recovery after a crash included.</summary>
    /// <value>The default is 60 seconds.</value>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a stop may take.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the remains of a killed server are waited out.</summary>
    /// <value>The default is 10 seconds.</value>
    public TimeSpan RemainsPatience { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>The private PostgreSQL can't run; the message says what to do.</summary>
public sealed class PostgresClusterException(string message, Exception? inner = null) : Exception(message, inner);
