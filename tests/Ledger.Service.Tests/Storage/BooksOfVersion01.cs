using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Storage;

/// <summary>The demo's books as version 0.1 left them (a dump), and what it answered from them.</summary>
internal static class BooksOfVersion01
{
    private static readonly string folder = Path.Combine(Repository.Root, "tests", "Ledger.Service.Tests", "fixtures", "books-0.1");

    /// <summary>A moment after 0.1 stopped.</summary>
    public static DateTimeOffset Stopped { get; } = new(2026, 11, 27, 13, 46, 30, TimeSpan.Zero);

    /// <summary>What 0.1 answered, by the file's name.</summary>
    public static JsonNode Answer(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name + ".json")))!;

    /// <summary>A new database that holds the books.</summary>
    public static async Task<string> Restore(TestDatabases databases)
    {
        var database = await databases.Create();
        await using var db = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await db.OpenAsync();
        using var dump = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(folder, "books.sql.gz")), CompressionMode.Decompress));
        var sql = new StringBuilder();
        while (await dump.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("COPY ", StringComparison.Ordinal))
            {
                sql.Append(line).Append('\n');
                continue;
            }
            await Execute(db, sql.ToString());
            sql.Clear();
            await using var rows = await db.BeginTextImportAsync(line.TrimEnd(';'));
            while (await dump.ReadLineAsync() is { } row && row != "\\.") await rows.WriteAsync(row + "\n");
        }
        await Execute(db, sql.ToString());
        return database;
    }

    public static async Task Execute(string database, string sql)
    {
        await using var db = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await db.OpenAsync();
        await Execute(db, sql);
    }

    public static async Task<T> Scalar<T>(string database, string sql)
    {
        await using var db = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await db.OpenAsync();
        await using var command = new NpgsqlCommand(sql, db);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Every row of every table and every other object by name, as one hash: what is equal before and after was not touched.</summary>
    public static async Task<string> Fingerprint(string database)
    {
        var tables = await Scalar<string[]>(database, """
            select coalesce(array_agg(format('%I.%I', schemaname, tablename) order by 1), '{}') from pg_tables where schemaname not in ('pg_catalog', 'information_schema')
            """);
        var all = new StringBuilder(await Scalar<string>(database, """
            select coalesce(string_agg(what, e'\n' order by what), '') from (
                select 'trigger ' || tgname || ' ' || tgrelid::regclass as what from pg_trigger where not tgisinternal
                union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
                union all select 'sequence ' || c.oid::regclass || coalesce(' ' || pg_sequence_last_value(c.oid), '') from pg_class c where relkind = 'S'
                union all select 'column ' || attrelid::regclass || ' ' || attname from pg_attribute join pg_class on pg_class.oid = attrelid join pg_namespace n on n.oid = relnamespace
                    where relkind = 'r' and attnum > 0 and nspname !~ '^pg_' and nspname <> 'information_schema') o
            """));
        foreach (var table in tables)
            all.Append(table).Append(await Scalar<string>(database, $"select md5(coalesce(string_agg(t::text, e'\\n' order by t::text), '')) from {table} t"));
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())));
    }

    private static async Task Execute(NpgsqlConnection db, string sql)
    {
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync();
    }
}
