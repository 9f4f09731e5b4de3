using Npgsql;

namespace Ledger.Service.Embedded;

/// <summary>The embedded PostgreSQL, started again when it is gone: somebody killed it, or the machine ran out of memory.</summary>
internal sealed class EmbeddedServer : IAsyncDisposable
{
    private static readonly TimeSpan lookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan pauseMax = TimeSpan.FromMinutes(1);

    private readonly PostgresClusterOptions options;
    private readonly TimeProvider clock;
    private readonly Action<string> say;
    private readonly CancellationTokenSource stopping = new();
    private PostgresCluster cluster;
    private Task watching = Task.CompletedTask;

    private EmbeddedServer(PostgresClusterOptions options, PostgresCluster cluster, TimeProvider clock, Action<string> say) =>
        (this.options, this.cluster, this.clock, this.say) = (options, cluster, clock, say);

    /// <summary>The same after a restart: the socket stays where it is.</summary>
    public string ConnectionString => cluster.ConnectionString;

    public static async Task<EmbeddedServer> Start(string folder, TimeProvider clock, Action<string> say, CancellationToken ct)
    {
        var options = new PostgresClusterOptions { DataFolder = await PostgresCluster.ReachableFolder(folder) };
        var server = new EmbeddedServer(options, await PostgresCluster.Start(options, say, ct), clock, say);
        server.watching = Task.Run(() => server.Watch(server.stopping.Token), CancellationToken.None);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await cluster.DisposeAsync();
        stopping.Dispose();
    }

    // Nobody else starts a private server again, and no message could ask for it: messages live in its database.
    private async Task Watch(CancellationToken ct)
    {
        var pause = lookEvery;
        while (true)
        {
            await Task.Delay(pause, clock, ct);
            if (await cluster.Listens(ct)) continue;
            try
            {
                say("PostgreSQL is gone; starting it again");
                await cluster.DisposeAsync();
                cluster = await PostgresCluster.Start(options, say, ct);
                say("PostgreSQL is back");
                pause = lookEvery;
            }
            catch (Exception e) when (e is PostgresClusterException or IOException or TimeoutException or NpgsqlException && !ct.IsCancellationRequested)
            {
                say(e.Message);
                pause = pause * 2 < pauseMax ? pause * 2 : pauseMax;
            }
        }
    }
}
