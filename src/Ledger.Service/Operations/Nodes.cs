using Ledger.Contracts;
using Ledger.Service.Settings;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wolverine.Runtime;

namespace Ledger.Service.Operations;

/// <summary>The services that share this database, and what each of them runs.</summary>
public sealed class Nodes(IWolverineRuntime runtime, NpgsqlDataSource db, LedgerOptions options, TimeProvider clock)
{
    private const int nodesMax = 100;

    /// <summary>Empty where the service was told that it is alone.</summary>
    public async Task<IReadOnlyList<NodeStatus>> Read(CancellationToken ct)
    {
        if (options.IsSolo) return [];
        var views = await Views(ct);
        var silentAfter = runtime.Options.Durability.StaleNodeTimeout;
        var now = clock.GetUtcNow();
        return [.. (await runtime.Storage.Nodes.LoadAllNodesAsync(ct)).OrderBy(n => n.AssignedNodeNumber).Take(nodesMax).Select(n => new NodeStatus(
            n.AssignedNodeNumber, n.Description ?? "", n.Started, n.LastHealthCheck, now - n.LastHealthCheck > silentAfter,
            [.. n.ActiveAgents.Select(WordOf).Concat(views[n.AssignedNodeNumber]).Order(StringComparer.Ordinal)]))];
    }

    /// <summary>What a node is told to run, by the last part of its address: <c>leader</c>, <c>poll-sweep</c>, <c>polls3</c>.</summary>
    private static string WordOf(Uri agent) => agent switch
    {
        { Scheme: "wolverinedb" } => "recovery",
        { Scheme: "wolverine-recurring" } => "schedules",
        { AbsolutePath: "/" } => agent.Host,
        _ => agent.AbsolutePath.Trim('/').Split('/')[^1],
    };

    /// <summary>Which views run where: their daemon takes them by locks of its own.</summary>
    private async Task<ILookup<int, string>> Views(CancellationToken ct)
    {
        var views = new List<(int Node, string Name)>();
        await using var command = db.CreateCommand("select running_on_node, split_part(name, ':', 1) from mt_event_progression where running_on_node is not null and agent_status = 'Running'");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) views.Add((reader.GetInt32(0), reader.GetString(1).ToLowerInvariant()));
        return views.ToLookup(v => v.Node, v => v.Name);
    }
}

/// <summary>Tells the daemon the number that Wolverine gave this node, so that the views' progress says where they run.</summary>
public sealed class NodeNumber(IWolverineRuntime runtime, Marten.Events.Daemon.Coordination.IProjectionCoordinator coordinator) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        coordinator.DaemonForMainDatabase().Tracker.AssignedNodeNumber = runtime.Options.Durability.AssignedNodeNumber;
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
