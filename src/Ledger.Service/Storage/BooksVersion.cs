using Ledger.Service.Settings;
using Npgsql;

namespace Ledger.Service.Storage;

/// <summary>
/// Looks at the database before anything is composed: whether the books in it are this program's, whether there are none yet, and whether
/// the server keeps what it acknowledges. Nothing is changed where the answer is no.
/// </summary>
public static class BooksVersion
{
    /// <summary>The version of the books this program writes.</summary>
    public const int Current = 2;

    /// <summary>Books of version 0.1 that were taken over, but are not complete yet.</summary>
    public const int TakenOver = 1;

    /// <summary>The lock that version 0.1 takes when it starts: neither starts while the other does.</summary>
    private const string startLock = "hashtextextended('ledger_migration:public', 0)";

    private const int tablesNamedMax = 5;

    /// <summary>Same sources and same libraries: same tables. Nodes that share the work have tables that one alone has not.</summary>
    private static string ProgramOf(LedgerOptions options) => $"{typeof(BooksVersion).Module.ModuleVersionId:N}{(options.IsSolo ? "-solo" : "")}";

    /// <summary>Lets the service start, or says why not. Books of version 0.1 are opened.</summary>
    /// <returns>Whether the tables are as this very program made them, so that it need not compare them again.</returns>
    /// <exception cref="Refused"><c>database.unknown</c>, <c>log.broken</c>, <c>log.busy</c>.</exception>
    public static async Task<bool> Open(LedgerOptions options, Action<string> say, CancellationToken ct)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(options.Database!) { ApplicationName = "ledger-start", Pooling = false }.ConnectionString;
        // The lock ends with the connection.
        await using var db = new NpgsqlConnection(connectionString);
        await db.OpenAsync(ct);
        await Execute(db, $"select pg_advisory_lock({startLock})", ct);
        if (!options.AllowUnsafeDatabase) await RefuseUnsafe(db, ct);
        switch (await Find(db, ct))
        {
            case > Current and var found:
                throw new Refused("database.unknown", $"These books are newer than this program: they are of version {found}, it knows {Current}. Start the newer program, or restore an older backup.");
            case Current:
                await RemoveOldViews(db, ct);
                await Execute(db, "alter table ledger_books add column if not exists tables_by text", ct);
                return await Scalar(db, "select max(tables_by) from ledger_books", ct) is string program && program == ProgramOf(options);
            case null when await OldBooks.Are(db, ct):
                await OldBooks.TakeOver(db, say, ct);
                break;
            case null:
                await RefuseForeign(db, ct);
                await Create(db, Current, ct);
                return false;
        }
        await OldBooks.Complete(connectionString, say, ct);
        await Execute(db, $"update ledger_books set version = {Current}, at = now()", ct);
        return false;
    }

    /// <summary>The service has started, so the tables are as it wants them. Comparing all of them takes as long as half of a start.</summary>
    public static async Task TablesAreMade(LedgerOptions options, NpgsqlDataSource db, CancellationToken ct)
    {
        await using var command = db.CreateCommand("update ledger_books set tables_by = $1");
        command.Parameters.Add(new() { Value = ProgramOf(options) });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The money views of programs between 0.1 and this one. Those in force are filled from the log.</summary>
    private static async Task RemoveOldViews(NpgsqlConnection db, CancellationToken ct)
    {
        if (await Scalar(db, "select coalesce(to_regnamespace('spend_v1'), to_regnamespace('spend_v2'))::text", ct) is null) return;
        await Execute(db, """
            drop schema if exists spend_v1, spend_v1_next, spend_v1_before, spend_v2, spend_v2_next, spend_v2_before cascade;
            delete from mt_event_progression where name in ('Spend:All', 'Spend:V2:All')
            """, ct);
    }

    /// <summary>Writes down whose the books in this database are.</summary>
    internal static Task Create(NpgsqlConnection db, int version, CancellationToken ct) => Execute(db, $"""
        create table ledger_books (one boolean primary key default true check (one), version int not null, at timestamptz not null default now(), tables_by text);
        insert into ledger_books (version) values ({version})
        """, ct);

    private static async Task<int?> Find(NpgsqlConnection db, CancellationToken ct) =>
        await Scalar(db, "select to_regclass('ledger_books')::text", ct) is null ? null : (int)(await Scalar(db, "select max(version) from ledger_books", ct))!;

    /// <summary>A database that somebody else uses is not written to. What extensions bring is nobody's.</summary>
    private static async Task RefuseForeign(NpgsqlConnection db, CancellationToken ct)
    {
        var tables = await Scalar(db, $"""
            select string_agg(name, ', ') from (
                select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
                order by name limit {tablesNamedMax}) t
            """, ct);
        if (tables is string found)
            throw new Refused("database.unknown", $"This database holds tables that are not Ledger's ({Names.Printable(found)}). Give Ledger a database of its own; nothing was changed.");
    }

    private static async Task RefuseUnsafe(NpgsqlConnection db, CancellationToken ct)
    {
        if (await Scalar(db, "select string_agg(name || '=' || setting, ', ') from pg_settings where name in ('fsync', 'full_page_writes') and setting <> 'on'", ct) is string off)
            throw new Refused("database.unknown", $"This server can lose what it acknowledged: {off}. Turn that on.");
    }

    private static async Task<object?> Scalar(NpgsqlConnection db, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, db);
        return await command.ExecuteScalarAsync(ct) is var value and not DBNull ? value : null;
    }

    private static async Task Execute(NpgsqlConnection db, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, db) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
