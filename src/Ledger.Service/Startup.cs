using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Ledger.Accounts;
using Ledger.Service.Embedded;
using Ledger.Service.Messaging;
using Ledger.Service.Operations;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Tokens;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wolverine.Runtime.Handlers;

namespace Ledger.Service;

/// <summary>Starts the service, serves until it is told to stop, and says in one line why when it can't.</summary>
public static class Startup
{
    private static readonly TimeSpan databasePatience = TimeSpan.FromSeconds(30);

    private static LogFormat format;

    public static async Task<int> Run(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
        try
        {
            var options = LedgerOptions.Read(args, Environment.GetEnvironmentVariable);
            format = options.LogFormat;
            await Serve(options, stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (Explained(e) is { } why)
        {
            Say(why.Text);
            return why.Exit;
        }
    }

    private static async Task Serve(LedgerOptions options, CancellationToken ct)
    {
        RefuseTakenPort(options);
        Directory.CreateDirectory(options.Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Say($"data folder {options.Home}");
        await using var server = options.Database is null ? await EmbeddedServer.Start(Path.Combine(options.Home, "postgres"), TimeProvider.System, Say, ct) : null;
        if (server is not null) options = options with { Database = server.ConnectionString };
        await WaitForDatabase(options.Database!, ct);
        Say(server is null ? "database ready" : "embedded PostgreSQL ready");

        GeneratedCode.Check(typeof(Startup).Assembly);
        var tablesAreMade = await BooksVersion.Open(options, Say, ct);
        IDocumentStore? store = null;
        try
        {
            await using var app = LedgerService.Compose(options, TimeProvider.System, tablesAreMade).Build();
            store = app.Services.GetRequiredService<IDocumentStore>();
            LedgerService.Map(app);
            await app.StartAsync(ct);
            if (!tablesAreMade) await BooksVersion.TablesAreMade(options, app.Services.GetRequiredService<NpgsqlDataSource>(), ct);
            await FirstToken.Ensure(app.Services, Say, ct);
            var isNew = options.XaiKey is null && await HasNoAccount(store, ct);
            Say($"listening on {options.Url.ToString().TrimEnd('/')}");
            if (isNew) Say("no accounts yet; next: `ledger account add xai --label prod --key-stdin < key.txt`");
            await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Say("stopping");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await app.StopAsync(patience.Token);
        }
        finally
        {
            // Marten leaves its LISTEN connection open; the embedded server's end would then look like a fault.
            if (store is DocumentStore { Options.Projections.Wakeup: IDisposable listening }) listening.Dispose();
        }
    }

    private static async Task<bool> HasNoAccount(IDocumentStore store, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return !await session.Query<Account>().AnyAsync(ct);
    }

    /// <summary>The port is opened last, when everything else runs already; that it is taken is said before anything is made.</summary>
    private static void RefuseTakenPort(LedgerOptions options)
    {
        var address = options.Bind ?? (IPAddress.TryParse(options.Url.Host.Trim('[', ']'), out var given) ? given : IPAddress.Loopback);
        try
        {
            using var listener = new TcpListener(address, options.Url.Port);
            listener.Start();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw PortIsTaken();
        }
    }

    private static ConfigurationException PortIsTaken() => new("LEDGER_URL", "something else listens on that port already.");

    /// <summary>A server of the operator's own may still be starting.</summary>
    private static async Task WaitForDatabase(string connectionString, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(databasePatience);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(ct);
                return;
            }
            catch (NpgsqlException e) when (e.IsTransient && !patience.IsCancellationRequested)
            {
                Say("waiting for the database");
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    /// <summary>What the database or the way to it said, whichever library passed it on.</summary>
    private static NpgsqlException? DatabaseError(Exception? e)
    {
        while (e is not (null or NpgsqlException)) e = e.InnerException;
        return e as NpgsqlException;
    }

    /// <summary>What the service says of its start and end is on the same stream as its log, so it has the same form.</summary>
    private static void Say(string text) => Console.Error.WriteLine(format == LogFormat.Json ? LogLines.Json(TimeProvider.System.GetUtcNow(), "info", "ledger", 0, text, null, null) : $"ledger: {text}");

    /// <summary>Failures an operator can do something about, in one line, with the exit code that says whose turn it is.</summary>
    internal static (string Text, int Exit)? Explained(Exception e) => e switch
    {
        ConfigurationException => (e.Message, ConfigurationException.Exit),
        Refused refused => (refused.Why.Detail, Ledger.Refusals.All[refused.Why.Code].Exit),
        PostgresClusterException => (e.Message, 69),
        NotGeneratedException or MissingPreBuiltTypesException => ($"{e.Message} Run eng/codegen and build again.", 70),
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } => (PortIsTaken().Message, ConfigurationException.Exit),
        _ when DatabaseError(e) is { } refused => ($"the database can't be used: {refused.Message}", 69),
        UnauthorizedAccessException or IOException => ($"LEDGER_HOME: {e.Message}", ConfigurationException.Exit),
        _ => null,
    };
}
