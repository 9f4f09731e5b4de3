using JasperFx.Events.Daemon;
using Ledger.Service.Http;
using Ledger.Service.Operations;
using Ledger.Service.Alerts;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wolverine.Marten;

namespace Ledger.Service.Storage;

public static class Setup
{
    /// <summary>Marten on one PostgreSQL, its daemon, and Wolverine's inbox and outbox beside it.</summary>
    public static void AddBooks(this IServiceCollection services, LedgerOptions options, TimeProvider clock)
    {
        services.AddSingleton(NpgsqlDataSource.Create(Connection(options.Database!)));
        services.AddSingleton<Positions>();
        services.AddHttpContextAccessor();
        services.AddMarten(o =>
            {
                o.Books();
                o.Documents();
                o.Spend(options.People.Zone);
                o.Chain();
                o.Events.TimeProvider = clock;
                o.Listeners.Add(new PositionHeader());
            })
            .UseLightweightSessions()
            .UseNpgsqlDataSource()
            .ApplyAllDatabaseChangesOnStartup()
            .IntegrateWithWolverine(w => w.TransportSchemaName = "queues")
            .AddAsyncDaemon(options.IsSolo ? DaemonMode.Solo : DaemonMode.HotCold)
            .SubscribeToAlerts();
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
}
