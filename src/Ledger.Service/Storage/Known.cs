using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Marten;

namespace Ledger.Service.Storage;

/// <summary>What people call accounts, agents and keys, wherever that was read.</summary>
/// <param name="Labels">Labels of accounts by id.</param>
/// <param name="Agents">Agents by id.</param>
/// <param name="Keys">Keys that were seen or assigned.</param>
public record KnownNames(IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, Agent> Agents, IReadOnlyDictionary<(string Account, string Key), KeyOwnership> Keys)
{
    /// <summary>The ownership of a key; nobody's when it was never assigned.</summary>
    public KeyOwnership Ownership(string account, string? key) => Keys.TryGetValue((account, key ?? ""), out var known) ? known : new() { Account = account, Key = key ?? "" };
}

/// <summary>The accounts, agents and keys there are, read from their snapshots in one round trip. A command reads what it wrote.</summary>
public sealed record Known(IReadOnlyDictionary<string, Account> Accounts, IReadOnlyDictionary<string, Agent> Agents, IReadOnlyDictionary<(string Account, string Key), KeyOwnership> Keys)
    : KnownNames(Accounts.ToDictionary(a => a.Key, a => a.Value.Label, StringComparer.Ordinal), Agents, Keys)
{
    /// <summary>Most of each that are read at once. Teams have tens.</summary>
    public const int Max = 10_000;
}

public static class KnownQueries
{
    public static async Task<Known> Known(this IQuerySession session, CancellationToken ct)
    {
        var batch = session.CreateBatchQuery();
        var accounts = batch.Query<Account>().Take(Storage.Known.Max).ToList();
        var agents = batch.Query<Agent>().Take(Storage.Known.Max).ToList();
        var keys = batch.Query<KeyOwnership>().Take(Storage.Known.Max).ToList();
        await batch.Execute(ct);
        return new(
            (await accounts).ToDictionary(a => a.Id, StringComparer.Ordinal),
            (await agents).ToDictionary(a => a.Id, StringComparer.Ordinal),
            (await keys).ToDictionary(k => (k.Account, k.Key)));
    }
}
