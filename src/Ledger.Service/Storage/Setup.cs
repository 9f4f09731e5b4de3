using JasperFx.Events.Daemon;
using JasperFx.OpenTelemetry;
using Ledger.Service.Http;
using Ledger.Service.Operations;
using Ledger.Service.Alerts;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wolverine.Marten;

namespace Ledger.Service.Storage;

public static class Setup
{
    /// <summary>Where the queues are that nodes share.</summary>
    public const string QueueSchema = "queues";

    /// <summary>Marten on one PostgreSQL, its daemon, and Wolverine's inbox and outbox beside it.</summary>
    public static void AddBooks(this IServiceCollection services, LedgerOptions options, TimeProvider clock)
    {
        // Made by the container, so that it is closed with it.
        services.AddSingleton(_ => Sessions(options.Database!));
        services.AddSingleton<Positions>();
        services.AddHttpContextAccessor();
        services.AddMarten(o =>
            {
                o.Books();
                o.Documents();
                o.Spend(options.People.Zone);
                o.Chain();
                o.Events.TimeProvider = clock;
                // Each costs a little at every commit, so only where somebody listens.
                if (options.Telemetry.Traces) o.OpenTelemetry.TrackConnections = TrackLevel.Normal;
                if (options.Telemetry.Metrics) o.OpenTelemetry.TrackEventCounters();
                o.Listeners.Add(new PositionHeader());
                o.Listeners.Add(new LostRaces());
            })
            .UseLightweightSessions()
            .UseNpgsqlDataSource()
            .ApplyAllDatabaseChangesOnStartup()
            .IntegrateWithWolverine(w => w.TransportSchemaName = QueueSchema)
            .AddAsyncDaemon(options.IsSolo ? DaemonMode.Solo : DaemonMode.HotCold)
            .SubscribeToAlerts();
        services.ConfigureMarten((provider, o) => o.Logger(new StatementLog(provider.GetRequiredService<ILogger<IDocumentStore>>())));
    }

    private static NpgsqlDataSource Sessions(string given)
    {
        var builder = new NpgsqlDataSourceBuilder(Connection(given));
        builder.UsePhysicalConnectionInitializer(EndSoon, EndSoonAsync);
        return builder.Build();
    }

    /// <summary>A session that a cut left in a transaction would hold the views back; the server ends it after a minute.</summary>
    private static string Connection(string given)
    {
        var text = new NpgsqlConnectionStringBuilder(given)
        {
            ApplicationName = "ledger",
            KeepAlive = 30,
            NoResetOnClose = true,
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
        };
        if (text.Options is null) text.Options = "-c idle_in_transaction_session_timeout=60000";
        return text.ConnectionString;
    }

    /// <summary>
    /// The session whose locks say who computes the views sleeps in the server. When its service is killed, or its machine or the network
    /// is gone, the server must notice within seconds: until then the locks are held and nobody can go on.
    /// </summary>
    /// <remarks>PostgreSQL has the first of these settings since version 14, and not on every system; without it that takes up to a minute.</remarks>
    private const string endSoon = """
        do $$ begin
            perform set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false);
            perform set_config('client_connection_check_interval', '1s', false);
        exception when others then null;
        end $$
        """;

    private static void EndSoon(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(endSoon, connection);
        command.ExecuteNonQuery();
    }

    private static async Task EndSoonAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(endSoon, connection);
        await command.ExecuteNonQueryAsync();
    }
}
