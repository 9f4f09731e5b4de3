using System.Text.RegularExpressions;
using Npgsql;

namespace Ledger.Postgres;

/// <summary>
/// The database with the books: connections for reading, and a small pool of their own for the one writer, so that readers
/// can't starve it. Every connection has the schema as its whole search path, in UTC.
/// </summary>
/// <remarks>Connections are not reset when they return to the pool (speed): change settings with <c>set local</c> only.</remarks>
public sealed partial class LedgerDatabase : IAsyncDisposable
{
    private volatile TaskCompletionSource messages = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LedgerDatabase(string schema, NpgsqlDataSource readers, NpgsqlDataSource writers)
    {
        Schema = schema;
        DataSource = readers;
        Writers = writers;
    }

    /// <summary>Name of the schema that holds all tables.</summary>
    public string Schema { get; }

    /// <summary>For everybody: views, queries, the outbox. Statements are prepared by themselves after two uses.</summary>
    public NpgsqlDataSource DataSource { get; }

    /// <summary>For the one writer and for finding out what became of its last commit.</summary>
    internal NpgsqlDataSource Writers { get; }

    /// <summary>Names a database; connects lazily.</summary>
    /// <param name="connectionString">An Npgsql connection string.</param>
    /// <param name="schema">Schema of all tables: lower-case letters, digits, underscores, at most 63.</param>
    /// <exception cref="ArgumentException">The schema's name has other characters.</exception>
    public static LedgerDatabase Connect(string connectionString, string schema = "public")
    {
        if (!SchemaName().IsMatch(schema))
            throw new ArgumentException($"Schema name '{schema}' must match {SchemaName()}.", nameof(schema));

        var common = new NpgsqlConnectionStringBuilder(connectionString)
        {
            SearchPath = schema,
            Timezone = "UTC",
            NoResetOnClose = true,
            IncludeErrorDetail = false,
        };
        var readers = new NpgsqlConnectionStringBuilder(common.ConnectionString)
        {
            ApplicationName = "ledger",
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
        };
        var writers = new NpgsqlConnectionStringBuilder(common.ConnectionString)
        {
            ApplicationName = "ledger-writer",
            // The writer's connection, one to resolve an unknown commit, one for a declared switch of the writer.
            MaxPoolSize = 3,
            TcpKeepAlive = true,
            WriteBufferSize = 64 * 1024,
        };
        return new LedgerDatabase(schema, NpgsqlDataSource.Create(readers), NpgsqlDataSource.Create(writers));
    }

    /// <summary>Wakes whoever delivers: this process has committed messages.</summary>
    internal void MessagesCame()
    {
        var signal = messages;
        messages = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        signal.TrySetResult();
    }

    /// <summary>Ends when this process commits messages after this call.</summary>
    internal Task NextMessages() => messages.Task;

    /// <summary>Closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await Writers.DisposeAsync();
        await DataSource.DisposeAsync();
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}$")]
    private static partial Regex SchemaName();
}
