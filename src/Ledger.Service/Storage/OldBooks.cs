using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Service.Polling;
using Marten;
using Npgsql;

namespace Ledger.Service.Storage;

/// <summary>
/// Books of version 0.1, opened in place at the first start. Their events stay as they are; what is not an event starts anew. A later
/// version may delete this file and <see cref="OldChain"/>.
/// </summary>
/// <remarks>
/// Everything is checked before anything is changed. Then one transaction removes the tables of the old engine and takes the books over;
/// what Marten keeps beside the events is made after it, and again at the next start if that was cut short.
/// </remarks>
public static class OldBooks
{
    /// <summary>The last step of each part of 0.1's tables. Others are of a program that is neither 0.1 nor this one.</summary>
    private const string lastSteps = "engine 4, service 3";

    private static readonly TimeSpan lockPatience = TimeSpan.FromSeconds(10);

    /// <summary>What 0.1 kept beside the events. Its chain stays, as the proof of what it wrote.</summary>
    private const string remove = """
        drop trigger ledger_guard_insert on mt_events;
        drop trigger ledger_guard_change on mt_events;
        drop function ledger_guard_insert();
        drop schema if exists views, views_next, views_before, quartz cascade;
        drop table ledger_coverage, ledger_credential, ledger_engine, ledger_gap, ledger_head, ledger_held_back, ledger_idem, ledger_lease,
            ledger_outbox, ledger_outbox_home, ledger_source, ledger_time, ledger_token_grant, ledger_watch;
        drop sequence ledger_token;
        """;

    /// <summary>Numbers go on where the events end; what is missing below is recorded as Marten records it. The last line keeps 0.1 from starting here again.</summary>
    private const string takeOver = """
        insert into mt_high_water_skips (starting_sequence, ending_sequence) select first, last from ledger_gap on conflict do nothing;
        insert into mt_event_progression (name, last_seq_id) select 'HighWaterMark', position from ledger_head
            on conflict (name) do update set last_seq_id = excluded.last_seq_id;
        select setval('mt_events_sequence', greatest(position, 1), position > 0) from ledger_head;
        insert into ledger_migration (component, id, name, sha256) values ('engine', 1000, 'marten-and-wolverine', '');
        """;

    /// <summary>The aggregates whose documents commands read.</summary>
    private static readonly string[] snapshots = [nameof(Account), nameof(Agent), nameof(KeyOwnership), nameof(Mission), nameof(Budget), nameof(HoldsBook), nameof(Alert)];

    /// <summary>Whether the tables of version 0.1 are here.</summary>
    public static async Task<bool> Are(NpgsqlConnection db, CancellationToken ct) =>
        await Scalar(db, "select to_regclass('ledger_head') is not null and to_regclass('ledger_chain') is not null and to_regclass('ledger_migration') is not null", ct) is true;

    /// <summary>Checks them, and takes them over in one transaction.</summary>
    /// <exception cref="Refused">They are in use, of a program that is not known, or not what 0.1 wrote. Nothing was changed.</exception>
    public static async Task TakeOver(NpgsqlConnection db, Action<string> say, CancellationToken ct)
    {
        await using var transaction = await db.BeginTransactionAsync(ct);
        await RefuseOtherPrograms(db, ct);
        await RefuseRunning(db, ct);
        await Lock(db, ct);
        await RefuseUnknownEvents(db, ct);
        say("these books are of version 0.1; checking every event before anything is changed");
        if (await OldChain.Verify(db, ct) is { } fault)
            throw new Refused("log.broken", $"The books of version 0.1 are not what it wrote, at position {fault.Position}: {fault.What} Nothing was changed. Version 0.1's `ledger verify` says the same; restore a backup.");
        var left = await Left(db, ct);
        await Execute(db, takeOver, ct);
        await Execute(db, remove, ct);
        await BooksVersion.Create(db, BooksVersion.TakenOver, ct);
        await transaction.CommitAsync(ct);
        say($"{left.Events} events are as they were written; they keep their positions");
        if (left.Messages > 0) say($"{left.Messages} messages that 0.1 had not delivered were dropped");
        if (left.Tokens > 0) say($"{left.Tokens} tokens do not work any more; `ledger token create` makes new ones");
    }

    /// <summary>Makes what Marten keeps beside the events: its own tables, and a document of each aggregate.</summary>
    public static async Task Complete(string connectionString, Action<string> say, CancellationToken ct)
    {
        await using var store = DocumentStore.For(o =>
        {
            o.Connection(connectionString);
            o.Books();
            o.Documents();
        });
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        using (var daemon = await store.BuildProjectionDaemonAsync())
            foreach (var snapshot in snapshots)
                await daemon.RebuildProjectionAsync(snapshot, ct);
        await using var session = store.LightweightSession();
        foreach (var account in await session.Query<Account>().OrderBy(a => a.Label).Take(Known.Max).ToListAsync(ct))
        {
            await HoldReadings(session, account, ct);
            await session.SaveChangesAsync(ct);
            if (!account.Removed) say($"the key of {account.Label} is needed again: `ledger account rotate {account.Label}`");
        }
        say("the books of version 0.1 are open");
    }

    /// <summary>The lines that the next reading is compared with, and how far the account was read, as its snapshots tell.</summary>
    private static async Task HoldReadings(IDocumentSession session, Account account, CancellationToken ct)
    {
        var source = await session.SourceOf(account.Id, ct);
        if (source.Covered.Stretches is [.., var newest]) session.Store(source with { Asked = newest.Asked, Answered = newest.Answered });
    }

    private static async Task RefuseOtherPrograms(NpgsqlConnection db, CancellationToken ct)
    {
        var steps = await Scalar(db, "select string_agg(step, ', ' order by step) from (select component || ' ' || max(id) as step from ledger_migration group by component) s", ct) as string;
        if (steps != lastSteps)
            throw new Refused("database.unknown", $"These books are not of version 0.1: their tables are at {steps}, 0.1's at {lastSteps}. Start the program that made them; nothing was changed.");
    }

    private static async Task RefuseUnknownEvents(NpgsqlConnection db, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select type from mt_events where not type = any($1) order by seq_id limit 1", db) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = EventNames.All.Values.ToArray() });
        if (await command.ExecuteScalarAsync(ct) is string type)
            throw new Refused("database.unknown", $"These books hold events that this program does not know ({Names.Printable(type)}). Start the program that wrote them; nothing was changed.");
    }

    /// <summary>0.1 holds leases while it runs, and connections under these names.</summary>
    private static async Task RefuseRunning(NpgsqlConnection db, CancellationToken ct)
    {
        if (await Scalar(db, """
            select exists (select from ledger_lease where holder is not null and until > clock_timestamp())
                or exists (select from pg_stat_activity where datname = current_database() and application_name in ('ledger', 'ledger-writer') and pid <> pg_backend_pid())
            """, ct) is true)
            throw Running();
    }

    /// <summary>Nobody reads or writes these books until they are open.</summary>
    private static async Task Lock(NpgsqlConnection db, CancellationToken ct)
    {
        try
        {
            await Execute(db, $"set local lock_timeout = {(int)lockPatience.TotalMilliseconds}; lock table ledger_head, ledger_chain, mt_events, mt_streams; set local lock_timeout = 0", ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw Running();
        }
    }

    private static Refused Running() => new("log.busy", "Version 0.1 still runs on these books, or stopped less than a minute ago, or somebody else reads them. Stop it everywhere, then start this again; nothing was changed.");

    /// <summary>What does not go along, for people.</summary>
    private static async Task<(long Events, long Messages, long Tokens)> Left(NpgsqlConnection db, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select (select count(*) from mt_events), (select count(*) from ledger_outbox where state <> 'delivered'),
                   (select count(*) from ledger_token_grant where revoked_at is null and (expires_at is null or expires_at > now()))
            """, db)
        { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    private static async Task<object?> Scalar(NpgsqlConnection db, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, db) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(ct) is var value and not DBNull ? value : null;
    }

    private static async Task Execute(NpgsqlConnection db, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, db) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
