using JasperFx;
using JasperFx.Events.Daemon;
using Ledger.Contracts;
using Ledger.Service.Spend;
using Marten;
using Npgsql;

namespace Ledger.Service.Operations;

/// <summary>Something that is computed from the log, one event after the other.</summary>
/// <param name="Name"><c>spend</c>, <c>chain</c>, <c>watch</c>.</param>
/// <param name="Position">Up to where it is.</param>
/// <param name="Lag">How many events are missing.</param>
/// <param name="Trouble">What keeps it from going on, in words; null when nothing does.</param>
public sealed record ViewProgress(string Name, long Position, long Lag, string? Trouble);

/// <summary>How far the log and all that is computed from it are.</summary>
/// <param name="Last">The last position.</param>
/// <param name="Mark">The position below which nothing can appear any more; what is computed goes no further.</param>
/// <param name="MarkTrouble">Why the mark stands still, in words; null when it does not.</param>
/// <param name="Broken">What the last comparison with the log found wrong, in words; null: nothing.</param>
/// <param name="Views">Each of what is computed.</param>
/// <param name="Nodes">The services that share the database; empty where one was told that it is alone.</param>
public sealed record LogProgress(long Last, long Mark, string? MarkTrouble, string? Broken, IReadOnlyList<ViewProgress> Views, IReadOnlyList<NodeStatus> Nodes)
{
    /// <summary>Everything that keeps figures from being current.</summary>
    public IEnumerable<string> Troubles => Views.Where(v => !Nodes.Any(n => n.HoldsUp() && n.Runs.Contains(v.Name))).Select(v => v.Trouble).Prepend(Broken).Prepend(MarkTrouble).Concat(HeldUp).OfType<string>();

    /// <summary>What nodes hold up that are silent, in words.</summary>
    public IEnumerable<string> HeldUp => Nodes.Where(n => n.HoldsUp()).Select(n => n.Trouble());
}

/// <summary>Looks how far the log and the views are. The database knows it of all nodes; why a view of this node has stopped, its daemon knows too.</summary>
public sealed class LogProgressReader(IDocumentStore store, NpgsqlDataSource db, Marten.Events.Daemon.Coordination.IProjectionCoordinator coordinator, Nodes nodes, TimeProvider clock)
{
    /// <summary>A burnt number is proven dead within this; when not, something lives that could still use it.</summary>
    private static readonly TimeSpan markPatience = TimeSpan.FromSeconds(5);

    /// <summary>A page of events takes less than this, unless an edit moves very much.</summary>
    private static readonly TimeSpan viewPatience = TimeSpan.FromSeconds(30);

    private const int detailMax = 300;
    private const string highWater = "HighWaterMark";

    /// <summary>The views there are, in this order, also where nothing was computed yet.</summary>
    private static readonly string[] names = [SpendProjection.Progress, ChainProjection.Progress];

    public async Task<LogProgress> Read(CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        var last = await Last(connection, ct);
        var rows = await Rows(connection, ct);
        var mark = rows.FirstOrDefault(r => r.Name == highWater)?.Position ?? 0;
        // Those that run on this node.
        var agents = coordinator.DaemonForMainDatabase().CurrentAgents();
        await using var session = store.QuerySession();
        var check = await session.LoadAsync<BooksCheck>(BooksCheck.Only, ct);
        var services = await nodes.Read(ct);
        var heldUp = services.Where(n => n.HoldsUp()).SelectMany(n => n.Runs.Select(r => (r, n))).ToLookup(h => h.r, h => h.n, StringComparer.Ordinal);
        var views = rows.Where(r => IsView(r.Name)).Select(r => View(r, agents, heldUp)).ToArray();
        // The node that computes moves the mark too; where it is silent, no transaction is to blame.
        var isHeldUp = Array.Exists(views, v => heldUp.Contains(v.Name));
        return new(last, mark, isHeldUp ? null : await MarkTrouble(connection, last, mark, ct), check?.Broken, views, services);
    }

    /// <summary>Rows of Marten's own, such as the mark and the gap it waits at, have no shard in their name.</summary>
    private static bool IsView(string name) => name.Contains(':', StringComparison.Ordinal);

    private ViewProgress View(Row row, IReadOnlyList<ISubscriptionAgent> agents, ILookup<string, NodeStatus> heldUp)
    {
        var name = row.Name.Split(':')[0].ToLowerInvariant();
        if (heldUp[name].FirstOrDefault() is { } silent)
            return new(name, row.Position, row.Lag, row.Lag == 0 ? null : $"{name} stands still at position {row.Position}: it runs on node {silent.Number}, which has not been heard since {silent.Seen.ToText()}");
        // What stopped here may run elsewhere by now.
        var failure = row.RunsOn is { } node && node != nodes.Own ? null : agents.FirstOrDefault(a => a.Name.Identity == row.Name && a.Status == AgentStatus.Paused)?.Failure;
        var (reason, poison) = row.Reason is not null || failure is null ? (row.Reason, row.Poison) : (failure.Message, failure.Event?.Sequence);
        var isStuck = row.Lag > 0 && row.Waiting is { } waiting && clock.GetUtcNow() - waiting > viewPatience && row.IsQuiet;
        // Where no event is missing it has gone on by now.
        var trouble = row.Lag == 0 || (reason is null && !isStuck) ? null
            : $"{name} stopped {(poison is { } at ? $"at the event at position {at}" : $"after position {row.Position}")}: {(reason is null ? "it does not go on, and nobody said why; the service's log may" : OneLine(reason))}";
        return new(name, row.Position, row.Lag, trouble);
    }

    private static async Task<long> Last(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select coalesce(max(seq_id), 0) from mt_events", connection);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task<List<Row>> Rows(NpgsqlConnection connection, CancellationToken ct)
    {
        var rows = new List<Row>();
        await using var command = new NpgsqlCommand("""
            select n.name, coalesce(p.last_seq_id, 0), p.agent_status in ('Paused', 'Stopped') and p.pause_reason is not null, p.pause_reason, p.failure_event_sequence,
                   (select count(*) from mt_events e where e.seq_id > coalesce(p.last_seq_id, 0)),
                   (select min(timestamp) from mt_events e where e.seq_id > coalesce(p.last_seq_id, 0)),
                   coalesce(p.last_updated < clock_timestamp() - $2, true), case when p.agent_status = 'Running' then p.running_on_node end
            from (select name, ordinality from unnest($1) with ordinality as n (name, ordinality)
                  union all select name, 100 from mt_event_progression where not name = any ($1)) n
            left join mt_event_progression p on p.name = n.name
            order by n.ordinality, n.name
            """, connection);
        command.Parameters.Add(new() { Value = names });
        command.Parameters.Add(new() { Value = viewPatience });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var isPaused = !reader.IsDBNull(2) && reader.GetBoolean(2);
            rows.Add(new(
                reader.GetString(0), reader.GetInt64(1), isPaused ? reader.GetString(3) : null, isPaused && !reader.IsDBNull(4) ? reader.GetInt64(4) : null,
                reader.GetInt64(5), reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6), reader.GetBoolean(7), reader.IsDBNull(8) ? null : reader.GetInt32(8)));
        }
        return rows;
    }

    /// <summary>
    /// The mark stops below a number that nobody has written yet, for as long as a transaction lives that might: also one that only reads, such
    /// as a dump. No event is passed over so; everything that is computed waits.
    /// </summary>
    private async Task<string?> MarkTrouble(NpgsqlConnection connection, long last, long mark, CancellationToken ct)
    {
        if (last <= mark) return null;
        await using var command = new NpgsqlCommand("""
            select (select min(timestamp) from mt_events where seq_id > $1), a.pid, a.application_name, a.xact_start
            from (select 1) one left join (
                select pid, application_name, xact_start from pg_stat_activity s
                where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null and backend_type = 'client backend'
                    -- A session that only keeps a lock, as the daemon's own does, writes nothing and holds up nothing.
                    and (backend_xid is not null or not exists (select from pg_locks l where l.pid = s.pid and l.locktype = 'advisory'))
                -- Whoever is about to append, then who is at work, then who sleeps in a transaction.
                order by exists (select from pg_locks l where l.pid = s.pid and l.locktype = 'relation' and l.relation = 'mt_events'::regclass and l.mode = 'RowExclusiveLock') desc,
                    state like 'idle in transaction%', xact_start limit 1) a on true
            """, connection);
        command.Parameters.Add(new() { Value = mark });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        if (reader.IsDBNull(0) || clock.GetUtcNow() - reader.GetFieldValue<DateTimeOffset>(0) < markPatience) return null;
        var holder = reader.IsDBNull(1) ? "a transaction that is still open" : $"the transaction of {Names.Printable(reader.GetString(2) is { Length: > 0 } name ? name : "somebody")} (process {reader.GetInt32(1)}), open since {reader.GetFieldValue<DateTimeOffset>(3).ToText()}";
        return $"everything computed from the log waits at position {mark} of {last} for {holder}; it goes on when that ends";
    }

    /// <summary>The first line: what follows is a stack trace.</summary>
    private static string OneLine(string reason)
    {
        var line = Names.Printable(reason.Split('\n', 2)[0].Trim());
        return line.Length <= detailMax ? line : line[..detailMax] + "…";
    }

    /// <param name="Name">The row's name.</param>
    /// <param name="Position">How far it is.</param>
    /// <param name="Reason">Why it is paused; null when it is not.</param>
    /// <param name="Poison">The event that stopped it, where it was one.</param>
    /// <param name="Lag">Events that are missing.</param>
    /// <param name="Waiting">When the first of them was recorded.</param>
    /// <param name="IsQuiet">It did not move lately.</param>
    /// <param name="RunsOn">The node that said last that it runs it; null: none.</param>
    private sealed record Row(string Name, long Position, string? Reason, long? Poison, long Lag, DateTimeOffset? Waiting, bool IsQuiet, int? RunsOn);
}
