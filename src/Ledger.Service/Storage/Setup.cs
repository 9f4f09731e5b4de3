using JasperFx;
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
    public static void AddBooks(this IServiceCollection services, LedgerOptions options, TimeProvider clock, bool tablesAreMade)
    {
        // Made by the container, so that it is closed with it.
        services.AddSingleton(_ => Sessions(options.Database!));
        services.AddSingleton<Positions>();
        var writes = new RefusedWrites(clock);
        services.AddSingleton(writes);
        services.AddHttpContextAccessor();
        var marten = services.AddMarten(o =>
            {
                if (tablesAreMade) o.AutoCreateSchemaObjects = AutoCreate.None;
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
                writes.Watch(o);
            })
            .UseLightweightSessions()
            .UseNpgsqlDataSource();
        // Before what works with the tables.
        if (!tablesAreMade) marten.ApplyAllDatabaseChangesOnStartup();
        marten.IntegrateWithWolverine(w => w.TransportSchemaName = QueueSchema)
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
            KeepAlive = saysSomethingEverySeconds,
            NoResetOnClose = true,
            // All questions that answers are made of: planning takes as long as most of them do.
            MaxAutoPrepare = 250,
            AutoPrepareMinUsages = 2,
        };
        if (text.Options is null) text.Options = "-c idle_in_transaction_session_timeout=60000";
        return text.ConnectionString;
    }

    /// <summary>
    /// The sessions whose locks say who leads and who computes the views sleep in the server. When their service is killed, or its machine or the
    /// network is gone, the server must notice within seconds: until then the locks are held and nobody can go on. Of a service that is only
    /// stopped the connections live on and its machine still answers for them; such sessions are ended once they have said nothing for a while.
    /// Those of a service that runs are never idle for so long: <see cref="saysSomethingEverySeconds"/>.
    /// </summary>
    /// <remarks>PostgreSQL has these settings since version 14, and the first of them not on every system. Without it a killed service is noticed after up to a minute, and without the other a stopped one is not.</remarks>
    private const string endSoon = """
        do $$ begin
            perform set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false);
            begin
                perform set_config('client_connection_check_interval', '1s', false);
            exception when others then null;
            end;
            perform set_config('idle_session_timeout', '30s', false);
        exception when others then null;
        end $$
        """;

    private const int saysSomethingEverySeconds = 10;

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
