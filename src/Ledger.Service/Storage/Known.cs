using System.Runtime.CompilerServices;
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

    /// <summary>Keys by the agents who own them or ever did.</summary>
    public ILookup<string, KeyOwnership> KeysByAgent => field ??=
        (from key in Keys.Values from agent in key.Assignments.SelectMany(a => a.Owners, (_, o) => o.Agent).Distinct() select (agent, key)).ToLookup(k => k.agent, k => k.key, StringComparer.Ordinal);

    /// <summary>Position of the last event of the accounts and keys, or later: views that hold it know all of this.</summary>
    public long Position { get; init; }
}

public static class KnownQueries
{
    /// <summary>The last of each store, and what it was read at.</summary>
    private static readonly ConditionalWeakTable<IDocumentStore, Read> last = [];

    /// <summary>
    /// Reads them, or answers what was read before: snapshots are never deleted, and each of their events raises a version by one, so how many there are and
    /// their versions added up say whether anything changed. Thousands of them take tens of milliseconds to read, that takes one.
    /// </summary>
    public static async Task<Known> Known(this IQuerySession session, CancellationToken ct)
    {
        var stamp = (await session.AdvancedSql.QueryAsync<string>(stampSql, ct))[0];
        if (last.TryGetValue(session.DocumentStore, out var read) && read.Stamp == stamp) return read.Known;
        var batch = session.CreateBatchQuery();
        var accounts = batch.Query<Account>().Take(Storage.Known.Max).ToList();
        var agents = batch.Query<Agent>().Take(Storage.Known.Max).ToList();
        var keys = batch.Query<KeyOwnership>().Take(Storage.Known.Max).ToList();
        await batch.Execute(ct);
        var known = new Known(
            (await accounts).ToDictionary(a => a.Id, StringComparer.Ordinal),
            (await agents).ToDictionary(a => a.Id, StringComparer.Ordinal),
            (await keys).ToDictionary(k => (k.Account, k.Key)));
        string[] streams = [.. known.Accounts.Keys.Select(Account.StreamOf), .. known.Keys.Values.Select(k => k.Stream)];
        known = known with { Position = (await session.AdvancedSql.QueryAsync<long>(lastSql, ct, [streams]))[0] };
        // What was written between the two questions is newer than its stamp, which then is not found again.
        last.AddOrUpdate(session.DocumentStore, new(stamp, known));
        return known;
    }

    private const string stampSql = """
        select concat_ws(' ', (select count(*) || ':' || coalesce(sum(mt_version), 0) from mt_doc_account), (select count(*) || ':' || coalesce(sum(mt_version), 0) from mt_doc_agent),
            (select count(*) || ':' || coalesce(sum(mt_version), 0) from mt_doc_keyownership))
        """;

    private const string lastSql = """
        select coalesce(max(e.seq_id), 0) from unnest(?) s (id) cross join lateral (select seq_id from mt_events where stream_id = s.id order by version desc limit 1) e
        """;

    private sealed record Read(string Stamp, Known Known);
}
