using Ledger.Postgres;
using Ledger.Service.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Quartz;

namespace Ledger.Service.Scheduling;

/// <summary>Where the schedule is kept: Quartz's own tables, in a schema of their own in the books' database.</summary>
internal sealed class ScheduleTables(LedgerDatabase database)
{
    public const string Schema = "quartz";

    // Everybody's lock while tables are looked for and made. The number is arbitrary and ours.
    private const long provisioning = 7_171_000_003;

    /// <summary>Makes what is missing, one node at a time; Quartz makes and checks its tables when it is opened.</summary>
    public async Task<IScheduler> Provide(Func<Task<IScheduler>> open, CancellationToken ct)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(ct);
        // Given back with the transaction, whatever happens.
        await using var held = await connection.BeginTransactionAsync(ct);
        await Execute(connection, held, $"select pg_advisory_xact_lock({provisioning})", ct);
        await CreateSchema(ct);
        try
        {
            return await open();
        }
        catch (SchedulerException e) when (e.GetBaseException() is not NpgsqlException { IsTransient: true })
        {
            throw new SchemaMismatchException($"The tables of the schedule are not this version's: {e.Message} Nothing in them is needed: with every node stopped, `drop schema {Schema} cascade`, and they are made anew.");
        }
    }

    /// <summary>Quartz keeps a node that has stopped until another one misses it, and warns. Ours says goodbye, unless it left something to take over.</summary>
    public async Task Leave(Node node)
    {
        try
        {
            await using var leave = database.DataSource.CreateCommand($"""
                delete from {Schema}.qrtz_scheduler_state s where s.instance_name = $1
                    and not exists (select from {Schema}.qrtz_fired_triggers f where f.sched_name = s.sched_name and f.instance_name = s.instance_name)
                """);
            leave.Parameters.Add(new() { Value = node.Id });
            await leave.ExecuteNonQueryAsync();
        }
        catch (NpgsqlException)
        {
            // Then it will be missed.
        }
    }

    /// <summary>Quartz as it runs here: small, in the database, one of many.</summary>
    public static void Configure(IQuartzBuilder quartz, Node node)
    {
        quartz.ConfigureScheduler(o =>
        {
            o.InstanceName = "ledger";
            o.InstanceId = node.Id;
            // How soon a node finds what another one set, or what another's clock made due.
            o.IdleWaitTime = TimeSpan.FromSeconds(2);
            o.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            o.DefaultMisfireHandling = DefaultMisfireHandling.FireAndProceed;
            o.PropagateTraceContext = false;
        });
        // Jobs wait for others most of the time, so these are tasks rather than threads.
        quartz.UseDefaultThreadPool(8);
        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(o => o.DataSourceFactory = services => services.GetRequiredService<LedgerDatabase>().DataSource);
            store.UseSystemTextJsonSerializer();
            store.ProvisionSchema();
            store.ConfigureStore(o =>
            {
                o.TablePrefix = $"{Schema}.qrtz_";
                o.StoreJobDataAsStrings = true;
                o.MisfireThreshold = TimeSpan.FromMinutes(1);
                o.MisfireHandlerFrequency = TimeSpan.FromSeconds(2);
                o.DbRetryInterval = TimeSpan.FromSeconds(5);
                // A start that fails later must not be kept alive by them.
                o.UseBackgroundThreads = true;
                o.RecoverFiringsCancelledByShutdown = true;
            });
            store.UseClustering(o =>
            {
                // A node that died is missed after half a minute; a machine that was asleep is back by then or rightly missed.
                o.CheckinInterval = TimeSpan.FromSeconds(10);
                o.CheckinMisfireThreshold = TimeSpan.FromSeconds(20);
            });
        });
    }

    private async Task CreateSchema(CancellationToken ct)
    {
        await using var create = database.DataSource.CreateCommand($"create schema if not exists {Schema}");
        await create.ExecuteNonQueryAsync(ct);
    }

    private static async Task Execute(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(ct);
    }
}
