using Ledger.Contracts;
using Ledger.Service.Settings;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wolverine.Runtime;
using Wolverine.Runtime.Agents;

namespace Ledger.Service.Operations;

/// <summary>The services that share this database, and what each of them runs.</summary>
public sealed class Nodes(IWolverineRuntime runtime, NpgsqlDataSource db, LedgerOptions options, TimeProvider clock)
{
    private const int nodesMax = 100;
    private const int recordsRead = 1_000;

    /// <summary>This node's number.</summary>
    public int Own => runtime.Options.Durability.AssignedNodeNumber;

    /// <summary>Empty where the service was told that it is alone.</summary>
    public async Task<IReadOnlyList<NodeStatus>> Read(CancellationToken ct)
    {
        if (options.IsSolo) return [];
        var views = await Views(ct);
        var silentAfter = runtime.Options.Durability.StaleNodeTimeout;
        var now = clock.GetUtcNow();
        var known = (await runtime.Storage.Nodes.LoadAllNodesAsync(ct)).Select(n => new NodeStatus(
            n.AssignedNodeNumber, n.Description ?? "", n.Started, n.LastHealthCheck, now - n.LastHealthCheck > silentAfter,
            [.. n.ActiveAgents.Select(WordOf).Concat(views[n.AssignedNodeNumber].Select(v => v.Name)).Order(StringComparer.Ordinal)])).ToList();
        var forgotten = views.Where(v => known.TrueForAll(n => n.Number != v.Key)).ToList();
        if (forgotten.Count > 0) known.AddRange(await Forgotten(forgotten, silentAfter, now));
        return [.. known.OrderBy(n => n.Number).Take(nodesMax)];
    }

    /// <summary>
    /// Nodes that were silent for so long that the others took over what is handed out, and that still hold the locks of views: a process that is
    /// stopped, not ended. Wolverine keeps of them what it wrote down when they came and when they were given up.
    /// </summary>
    private async Task<IEnumerable<NodeStatus>> Forgotten(IReadOnlyList<IGrouping<int, (string Name, DateTimeOffset? Moved)>> held, TimeSpan silentAfter, DateTimeOffset now)
    {
        var records = (await runtime.Storage.Nodes.FetchRecentRecordsAsync(recordsRead)).ToLookup(r => r.NodeNumber);
        return held.Select(views =>
        {
            var came = records[views.Key].LastOrDefault(r => r.RecordType == NodeRecordType.NodeStarted);
            var gone = records[views.Key].FirstOrDefault(r => r.RecordType == NodeRecordType.DormantNodeEjected);
            // Of when exactly it fell silent nothing was kept.
            DateTimeOffset? seen = gone is null ? views.Max(v => v.Moved) : gone.Timestamp - silentAfter;
            return new NodeStatus(views.Key, came?.Description ?? "", came?.Timestamp ?? seen ?? now, seen ?? now, true, [.. views.Select(v => v.Name).Order(StringComparer.Ordinal)]);
        });
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
    private async Task<ILookup<int, (string Name, DateTimeOffset? Moved)>> Views(CancellationToken ct)
    {
        var views = new List<(int Node, string Name, DateTimeOffset? Moved)>();
        await using var command = db.CreateCommand("select running_on_node, split_part(name, ':', 1), last_updated from mt_event_progression where running_on_node is not null and agent_status = 'Running'");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) views.Add((reader.GetInt32(0), reader.GetString(1).ToLowerInvariant(), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2)));
        return views.ToLookup(v => v.Node, v => (v.Name, v.Moved));
    }
}

public static class SilentNodes
{
    /// <summary>A node that says nothing and holds up what only it may run.</summary>
    public static bool HoldsUp(this NodeStatus node) => node is { Silent: true, Runs.Count: > 0 };

    /// <summary>Since when it is silent, and what stands still.</summary>
    public static string Trouble(this NodeStatus node)
    {
        var slots = Polling.Setup.Slots.ToArray();
        var runs = node.Runs.Except(slots).ToList();
        if (node.Runs.Count - runs.Count is > 0 and var polls) runs.Add($"{polls} of {slots.Length} slots for polls");
        return $"node {node.Number}{(node.Machine.Length > 0 ? $" on {node.Machine}" : "")} has not been heard since {node.Seen.ToText()}; what it runs stands still until it answers or is ended, or until PostgreSQL ends its sessions (90 s): {string.Join(", ", runs)}";
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
