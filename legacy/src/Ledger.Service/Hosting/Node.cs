namespace Ledger.Service.Hosting;

/// <summary>One running service among those on a database: holder of its leases, member of the schedule's cluster.</summary>
/// <param name="Id">New at every start, so that a node that comes back is not taken for the one that died.</param>
internal sealed record Node(string Id)
{
    public static Node New() => new($"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}");
}
