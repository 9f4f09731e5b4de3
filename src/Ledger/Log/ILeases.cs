namespace Ledger.Log;

/// <summary>Leases with fencing tokens, so that several nodes can share work. Holding one is a hint; the fence in the append is the truth.</summary>
public interface ILeases
{
    /// <summary>Takes or renews the lease. Null: somebody else holds it.</summary>
    /// <param name="name">What is leased, such as <c>poll:xai-1b2c</c>.</param>
    /// <param name="holder">Who asks; a holder that asks again keeps its token and gets more time.</param>
    /// <param name="length">For how long from now.</param>
    /// <param name="ct">Cancels.</param>
    Task<Fence?> Take(string name, string holder, TimeSpan length, CancellationToken ct);

    /// <summary>Gives the lease back early. A stale fence is ignored.</summary>
    Task Release(Fence fence, CancellationToken ct);
}
